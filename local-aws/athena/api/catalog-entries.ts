// The data catalogs that an account has registered. Only AwsDataCatalog, which always exists, can be queried.
import type { LocalAwsConfig } from '../../config.ts'
import { AwsError } from '../../http/aws-error.ts'
import type { Definitions } from '../engine/definitions.ts'
import { invalidInput } from './errors.ts'
import type { Operations } from './request.ts'
import { type Tags, tagsOf } from './tags.ts'
import type { Workgroups } from './workgroups.ts'

export interface CatalogEntry {
  readonly Name: string
  readonly Type: string
  readonly Description?: string
  readonly Parameters?: Readonly<Record<string, string>>
  readonly Tags: Tags
}

export const catalogName = 'AwsDataCatalog'

/** The parameters that each type needs: one of these sets. */
const parameterSets: Readonly<Record<string, readonly (readonly string[])[]>> = {
  GLUE: [['catalog-id']],
  HIVE: [['metadata-function']],
  LAMBDA: [['function'], ['metadata-function', 'record-function']],
}

export function isOurs(name: string): boolean {
  return name.toLowerCase() === catalogName.toLowerCase()
}

export interface CatalogEntries {
  get(name: string): CatalogEntry | undefined
  retag(name: string, tags: Tags): void
  readonly operations: Operations
}

export function openCatalogEntries(
  stored: Definitions<CatalogEntry>,
  workgroups: Pick<Workgroups, 'of'>,
  { accountId }: Pick<LocalAwsConfig, 'accountId'>,
): CatalogEntries {
  // dbt reads this parameter without checking that it exists.
  const ours: CatalogEntry = {
    Name: catalogName,
    Type: 'GLUE',
    Parameters: { 'catalog-id': accountId },
    Tags: {},
  }
  const get = (name: string) => stored.get('', name) ?? (isOurs(name) ? ours : undefined)

  function existing(name: string): CatalogEntry {
    const found = get(name)
    if (!found) throw invalidInput(`Data catalog ${name} was not found`)
    return found
  }
  function changeable(name: string): CatalogEntry {
    if (isOurs(name)) throw invalidInput(`Data catalog ${name} cannot be changed`)
    return existing(name)
  }

  const operations: Operations = {
    CreateDataCatalog({ Tags: given, ...made }) {
      checkParameters(made)
      if (isOurs(made.Name) || !stored.add('', made.Name, { ...made, Tags: tagsOf(given) })) {
        throw invalidInput(`Data catalog ${made.Name} already exists`)
      }
      return { DataCatalog: { ...made, Status: 'CREATE_COMPLETE' } }
    },
    UpdateDataCatalog(given) {
      const { Tags } = changeable(given.Name)
      checkParameters(given)
      stored.change('', given.Name, { ...given, Tags })
      return {}
    },
    DeleteDataCatalog({ Name }) {
      const { Tags: _, ...gone } = changeable(Name)
      stored.remove('', Name)
      return { DataCatalog: { ...gone, Status: 'DELETE_COMPLETE' } }
    },
    GetDataCatalog({ Name, WorkGroup }) {
      workgroups.of(WorkGroup)
      const { Tags: _, ...shown } = existing(Name)
      return { DataCatalog: { ...shown, Status: 'CREATE_COMPLETE' } }
    },
    ListDataCatalogs({ MaxResults = 50, NextToken, WorkGroup }) {
      workgroups.of(WorkGroup)
      // AwsDataCatalog comes first on the first page.
      const first = NextToken === undefined ? [ours] : []
      const page = {
        MaxResults: MaxResults - first.length,
        ...(NextToken === undefined ? {} : { NextToken }),
      }
      const { items, next } = stored.page('', page)
      const DataCatalogsSummary = [...first, ...items].map(({ Name, Type }) => ({
        CatalogName: Name,
        Type,
        Status: 'CREATE_COMPLETE',
      }))
      return { DataCatalogsSummary, ...next }
    },
  }
  return {
    get,
    retag(name, Tags) {
      if (isOurs(name)) throw new AwsError('InvalidRequestException', `${catalogName} takes no tags`)
      stored.change('', name, { ...existing(name), Tags })
    },
    operations,
  }
}

/** @throws AwsError */
function checkParameters({ Type, Parameters = {} }: Pick<CatalogEntry, 'Type' | 'Parameters'>): void {
  const sets = parameterSets[Type]
  if (!sets) throw invalidInput(`Data catalogs of type ${Type} are not supported by local-aws`)
  if (sets.some((set) => set.every((name) => Parameters[name]))) return
  const wanted = sets.map((set) => set.join(' and ')).join(', or ')
  throw invalidInput(`A data catalog of type ${Type} needs the parameters ${wanted}`)
}
