// A table's row in the store, found by name, and the table as Glue shows it.
import { tableNotFound } from '../api/errors.ts'
import { pick } from '../api/request.ts'
import type { Column, StorageDescriptor, Table, TableInput } from '../api/shapes.ts'
import { needDatabase, storedName } from './databases.ts'
import { inMapOrder } from './map-order.ts'
import type { Store } from './store.ts'

export interface TableRow {
  id: number
  database: string
  name: string
  version: number
  created: number
  updated: number
  data: string
}

function rowOf(store: Store, database: string, name: string): TableRow | undefined {
  const find = 'SELECT * FROM tables WHERE database = ? AND name = ?'
  return store.one<TableRow>(find, storedName(database), storedName(name))
}

/**
 * The row of that name, for a table or a resource link to one. A link to a database contains nothing: its target is
 * searched.
 * @throws GlueError EntityNotFoundException if there is no such database
 */
export function entryIn(store: Store, database: string, name: string): TableRow | undefined {
  return rowOf(store, database, name) ?? rowOf(store, needDatabase(store, database), name)
}

/** The same. @throws GlueError EntityNotFoundException, for the database first */
export function findEntry(store: Store, database: string, name: string): TableRow {
  const row = entryIn(store, database, name)
  if (!row) throw tableNotFound(name)
  return row
}

/** The row of the table, which for a resource link is its target's. @throws GlueError EntityNotFoundException, for the database first */
export function findTable(store: Store, database: string, name: string): TableRow {
  const row = findEntry(store, database, name)
  const target = targetOf(row)
  if (!target) return row
  const { DatabaseName = '', Name = '' } = target
  const found = findEntry(store, DatabaseName, Name)
  // A link to a link leads nowhere.
  if (targetOf(found)) throw tableNotFound(Name)
  return found
}

/** Searches for the word first: parsing each table's JSON for the few links would take too long. */
function targetOf({ data }: TableRow): TableInput['TargetTable'] {
  return data.includes('"TargetTable"') ? (JSON.parse(data) as TableInput).TargetTable : undefined
}

/** The members that Glue shows even if they were not given. */
export function completeDescriptor(descriptor: StorageDescriptor): StorageDescriptor {
  return { Compressed: false, NumberOfBuckets: 0, StoredAsSubDirectories: false, ...descriptor }
}

/** The table as Glue shows it; a resource link shows its target's properties, or only its own if the target is gone. */
export function shownTable(store: Store, row: TableRow, accountId: string): Table {
  const entry = toTable(row, accountId)
  const { DatabaseName = '', Name = '' } = entry.TargetTable ?? {}
  const target = entry.TargetTable && rowOf(store, DatabaseName, Name)
  if (!target || targetOf(target)) return entry
  const own = pick(entry, ['Name', 'DatabaseName', 'TargetTable', 'CreateTime'])
  return { ...entry, ...toTable(target, accountId), ...own }
}

/** An entry as it is stored: what was given, and what Glue adds. */
export function toTable(row: TableRow, accountId: string): Table {
  const input = JSON.parse(row.data) as TableInput
  return {
    Retention: 0,
    ...input,
    ...(input.Parameters ? { Parameters: inMapOrder(input.Parameters) } : {}),
    ...(input.StorageDescriptor ? { StorageDescriptor: completeDescriptor(input.StorageDescriptor) } : {}),
    DatabaseName: row.database,
    CreateTime: row.created,
    UpdateTime: row.updated,
    CreatedBy: `arn:aws:iam::${accountId}:root`,
    IsRegisteredWithLakeFormation: false,
    CatalogId: accountId,
    VersionId: String(row.version),
  }
}

/** The partition keys of a table. */
export function keysOf(table: TableRow): Column[] {
  return (JSON.parse(table.data) as TableInput).PartitionKeys ?? []
}
