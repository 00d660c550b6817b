// A table's row in the store, found by name, and the table that Glue shows for it.
import { tableNotFound } from '../api/errors.ts'
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

/** The table's row. @throws GlueError EntityNotFoundException, for the database first */
export function findTable(store: Store, database: string, name: string): TableRow {
  const row = store.one<TableRow>(
    'SELECT * FROM tables WHERE database = ? AND name = ?',
    storedName(database),
    storedName(name),
  )
  if (row) return row
  needDatabase(store, database)
  throw tableNotFound(name)
}

/** The members that Glue shows even when they were not given. */
export function completeDescriptor(descriptor: StorageDescriptor): StorageDescriptor {
  return { Compressed: false, NumberOfBuckets: 0, StoredAsSubDirectories: false, ...descriptor }
}

/** The table as Glue shows it: what was given, and what Glue adds. */
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
