// Reads which Glue tables describe the dataset: each is recorded in the bucket, because compaction has to switch them all.

import { type Lake, tablesPrefix } from '@ticklake/contract/keys.ts'
import type { ObjectSource } from './object-source.ts'

export interface TableName {
  readonly database: string
  readonly table: string
}

/** Every recorded table; some may no longer exist in Glue. */
export async function listTables(source: ObjectSource, lake: Lake): Promise<TableName[]> {
  const tables: TableName[] = []
  for await (const { key } of source.list(tablesPrefix(lake))) {
    const [database, name] = key.slice(tablesPrefix(lake).length).split('/')
    if (database && name?.endsWith('.json')) tables.push({ database, table: name.slice(0, -'.json'.length) })
  }
  return tables
}
