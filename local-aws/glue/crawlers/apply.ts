// Writes what a crawl found into the Data Catalog, as the crawler's policies say.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import type { StorageDescriptor, Table, TableInput } from '../api/shapes.ts'
import { applyPartitions } from './apply-partitions.ts'
import { tableNameFor } from './naming.ts'
import {
  type Ask,
  asDeprecated,
  type Changes,
  deprecated,
  isOurs,
  type Policies,
  sameParameters,
  structure,
} from './policies.ts'
import type { TableDefinition } from './table-definition.ts'

/**
 * Writes in small batches with a turn of the event loop in between, so that the catalog keeps answering.
 * @param signal a stopped crawl ends after the current batch
 * @throws Error when the database does not exist, or there are more tables than TableThreshold
 */
export async function applyFindings(
  ask: Ask,
  definitions: readonly TableDefinition[],
  policies: Policies,
  signal: AbortSignal,
): Promise<Changes> {
  const changes: Changes = {
    TABLE: { ADD: [], UPDATE: [], DELETE: [] },
    PARTITION: { ADD: [], UPDATE: [], DELETE: [] },
  }
  ask('GetDatabase', { Name: policies.database })
  const { tableThreshold } = policies
  if (tableThreshold !== undefined && definitions.length > tableThreshold) {
    throw new Error(
      `The number of tables detected by crawler: ${definitions.length} is greater than the table threshold value provided: ${tableThreshold}. No table was created. Failing the crawler.`,
    )
  }
  const existing = await allTables(ask, policies.database)
  const named = nameTables(definitions, existing)
  for (const [name, definition] of named) {
    signal.throwIfAborted()
    const table = applyTable(ask, { ...definition.table, Name: name }, existing.get(name), policies, changes)
    await applyPartitions(ask, table, definition.partitions, policies, changes, signal)
  }
  for (const table of existing.values()) {
    if (!named.has(table.Name) && isOurs(table, policies)) removeTable(ask, table, policies, changes)
  }
  return changes
}

async function allTables(ask: Ask, DatabaseName: string): Promise<Map<string, Table>> {
  const tables = new Map<string, Table>()
  let NextToken: string | undefined
  do {
    const page = ask('GetTables', { DatabaseName, NextToken }) as { TableList: Table[]; NextToken?: string }
    for (const table of page.TableList) tables.set(table.Name, table)
    NextToken = page.NextToken
    await yieldToEventLoop()
  } while (NextToken)
  return tables
}

/** If another location has the name, in the catalog or among the found tables, the location's MD5 is added. */
function nameTables(
  definitions: readonly TableDefinition[],
  existing: ReadonlyMap<string, Table>,
): Map<string, TableDefinition> {
  const named = new Map<string, TableDefinition>()
  for (const definition of definitions) {
    const { Name, StorageDescriptor } = definition.table
    const location = StorageDescriptor!.Location!
    const there = existing.get(Name)
    const isTaken = named.has(Name) || (there && !sameLocation(there.StorageDescriptor?.Location, location))
    named.set(isTaken ? tableNameFor(Name, location) : Name, definition)
  }
  return named
}

const sameLocation = (a: string | undefined, b: string) => a?.replace(/\/$/, '') === b.replace(/\/$/, '')

/** Out: the table as it is in the catalog afterwards. */
function applyTable(
  ask: Ask,
  found: TableInput,
  there: Table | undefined,
  policies: Policies,
  changes: Changes,
): TableInput {
  const DatabaseName = policies.database
  if (!there) {
    ask('CreateTable', { DatabaseName, TableInput: found })
    changes.TABLE.ADD.push(found.Name)
    return found
  }
  if (policies.update === 'LOG') return there
  if (policies.mergeNewColumns && isOfAnotherKind(there, found)) {
    // Only columns are added; a table with another format, compression or delimiter is a different table.
    if (!there.Parameters?.[deprecated]) {
      ask('UpdateTable', { DatabaseName, TableInput: asDeprecated(there) })
      changes.TABLE.UPDATE.push(found.Name)
    }
    return there
  }
  const { [deprecated]: _, ...kept } = there.Parameters ?? {}
  const next: TableInput = {
    ...there,
    ...found,
    StorageDescriptor: policies.mergeNewColumns ? withNewColumns(there, found) : found.StorageDescriptor!,
    Parameters: { ...kept, ...found.Parameters },
  }
  const isSame = structure(there) === structure(next) && !there.Parameters?.[deprecated]
  if (isSame && sameParameters(there.Parameters, next.Parameters)) return there
  // New counts alone do not make a new version of the table.
  ask('UpdateTable', { DatabaseName, TableInput: next, SkipArchive: isSame })
  if (!isSame) changes.TABLE.UPDATE.push(found.Name)
  return next
}

/** The parameters that describe a table's kind of objects. */
const kinds = ['classification', 'compressionType', 'delimiter']

function isOfAnotherKind(there: TableInput, found: TableInput): boolean {
  return kinds.some(
    (name) => there.Parameters?.[name] !== undefined && there.Parameters[name] !== found.Parameters?.[name],
  )
}

/** The table's own columns, classes and SerDe stay; SerDe parameters that the crawler sets are updated. */
function withNewColumns(there: TableInput, found: TableInput): StorageDescriptor {
  const { Columns = [], InputFormat, OutputFormat, SerdeInfo } = there.StorageDescriptor ?? {}
  const fresh = found.StorageDescriptor!
  const names = new Set(Columns.map(({ Name }) => Name.toLowerCase()))
  const isSameSerde = SerdeInfo?.SerializationLibrary === fresh.SerdeInfo?.SerializationLibrary
  return {
    ...fresh,
    Columns: [...Columns, ...fresh.Columns!.filter(({ Name }) => !names.has(Name))],
    ...(InputFormat === undefined ? {} : { InputFormat }),
    ...(OutputFormat === undefined ? {} : { OutputFormat }),
    ...(SerdeInfo
      ? {
          SerdeInfo: {
            ...SerdeInfo,
            Parameters: { ...SerdeInfo.Parameters, ...(isSameSerde ? fresh.SerdeInfo?.Parameters : {}) },
          },
        }
      : {}),
  }
}

function removeTable(ask: Ask, table: Table, policies: Policies, changes: Changes): void {
  if (policies.remove === 'LOG') return
  if (policies.remove === 'DELETE_FROM_DATABASE') {
    ask('DeleteTable', { DatabaseName: policies.database, Name: table.Name })
  } else if (table.Parameters?.[deprecated]) return
  else ask('UpdateTable', { DatabaseName: policies.database, TableInput: asDeprecated(table) })
  changes.TABLE.DELETE.push(table.Name)
}
