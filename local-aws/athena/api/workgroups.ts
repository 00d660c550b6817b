// Workgroups: who queries, where results go, and how much a query may scan.
import type { LocalAwsConfig } from '../../config.ts'
import { AwsError } from '../../http/aws-error.ts'
import type { Definitions } from '../engine/definitions.ts'
import { invalidInput } from './errors.ts'
import type { Operations } from './request.ts'
import { type Tags, tagsOf } from './tags.ts'
import {
  type Configuration,
  defaultConfiguration,
  updatedConfiguration,
  usableConfiguration,
} from './workgroup-configuration.ts'

export const primaryWorkgroup = 'primary'

/** AWS's own limit for an account in a region. */
const mostWorkgroups = 1_000

export interface Workgroup {
  readonly Name: string
  readonly State: string
  readonly Description?: string
  readonly Configuration: Configuration
  readonly CreationTime: number
  readonly Tags: Tags
}

/** The contents of workgroups: they keep a workgroup from being deleted, or are deleted with it. */
export interface WorkgroupContents {
  isEmpty(workgroup: string): boolean
  removeAll(workgroup: string): void
}

export interface Workgroups {
  /** The workgroup that a request names, or the primary one. @throws AwsError when it does not exist */
  of(name: string | undefined): Workgroup
  get(name: string): Workgroup | undefined
  retag(name: string, tags: Tags): void
  readonly operations: Operations
}

/** Opens the workgroups; creates the primary one if it is missing. */
export function openWorkgroups(
  stored: Definitions<Workgroup>,
  contents: readonly WorkgroupContents[],
  { defaultResults }: Pick<LocalAwsConfig, 'defaultResults'>,
): Workgroups {
  // Read first: a start must not need to write.
  if (!stored.get('', primaryWorkgroup)) stored.add('', primaryWorkgroup, primary())
  /** A cache, since each query needs its workgroup. No other process writes the file. */
  const known = new Map<string, Workgroup>()

  function get(name: string): Workgroup | undefined {
    const found = known.get(name) ?? stored.get('', name)
    if (found) known.set(name, found)
    return found
  }

  function change(name: string, changed: Partial<Workgroup>): void {
    const after = { ...get(name)!, ...changed }
    stored.change('', name, after)
    known.set(name, after)
  }

  function of(name: string = primaryWorkgroup): Workgroup {
    const found = get(name)
    if (!found) throw invalidInput('WorkGroup is not found.')
    if (name !== primaryWorkgroup || defaultResults === undefined) return found
    const { Configuration } = found
    if (Configuration.ManagedQueryResultsConfiguration?.Enabled) return found
    const ResultConfiguration = { OutputLocation: defaultResults, ...Configuration.ResultConfiguration }
    return { ...found, Configuration: { ...Configuration, ResultConfiguration } }
  }

  const operations: Operations = {
    CreateWorkGroup({ Name, Configuration, Description, Tags }) {
      if (Name === primaryWorkgroup) throw invalidInput('primary workGroup could not be created')
      if (stored.count('') >= mostWorkgroups)
        throw new AwsError('InvalidRequestException', `An account has at most ${mostWorkgroups} workgroups`)
      const isNew = stored.add('', Name, {
        Name,
        State: 'ENABLED',
        ...(Description === undefined ? {} : { Description }),
        Configuration: usableConfiguration({
          ...defaultConfiguration,
          EnforceWorkGroupConfiguration: true,
          ...Configuration,
        }),
        CreationTime: Date.now() / 1000,
        Tags: tagsOf(Tags),
      })
      if (!isNew) throw invalidInput('WorkGroup is already created')
      return {}
    },
    UpdateWorkGroup({ WorkGroup, Description, ConfigurationUpdates, State }) {
      of(WorkGroup)
      const before = get(WorkGroup)!
      change(WorkGroup, {
        ...(Description === undefined ? {} : { Description }),
        ...(State === undefined ? {} : { State }),
        Configuration: usableConfiguration(
          updatedConfiguration(before.Configuration, ConfigurationUpdates ?? {}),
        ),
      })
      return {}
    },
    GetWorkGroup({ WorkGroup }) {
      const { Tags: _, ...shown } = of(WorkGroup)
      return { WorkGroup: shown }
    },
    ListWorkGroups(page) {
      const { items, next } = stored.page('', page)
      const WorkGroups = items.map(({ Name, State, Description, CreationTime, Configuration }) => ({
        Name,
        State,
        ...(Description === undefined ? {} : { Description }),
        CreationTime,
        EngineVersion: Configuration.EngineVersion,
      }))
      return { WorkGroups, ...next }
    },
    DeleteWorkGroup({ WorkGroup, RecursiveDeleteOption }) {
      of(WorkGroup)
      if (WorkGroup === primaryWorkgroup) throw invalidInput('primary workGroup could not be deleted')
      if (!RecursiveDeleteOption && contents.some((content) => !content.isEmpty(WorkGroup))) {
        throw invalidInput(`WorkGroup ${WorkGroup} is not empty`)
      }
      for (const content of contents) content.removeAll(WorkGroup)
      stored.remove('', WorkGroup)
      known.delete(WorkGroup)
      return {}
    },
  }
  return {
    of,
    get,
    retag: (name, Tags) => {
      of(name)
      change(name, { Tags })
    },
    operations,
  }
}

function primary(): Workgroup {
  return {
    Name: primaryWorkgroup,
    State: 'ENABLED',
    // awswrangler reads EnforceWorkGroupConfiguration and fails if it is absent.
    Configuration: { ...defaultConfiguration, EnforceWorkGroupConfiguration: false },
    CreationTime: Date.now() / 1000,
    Tags: {},
  }
}
