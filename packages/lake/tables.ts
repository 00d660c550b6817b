// Which Glue tables describe the dataset: each is written down in the bucket, because compaction has to switch them all.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type Lake, tableKey, tablesPrefix } from '@ticklake/contract/keys.ts'

export interface TableName {
  readonly database: string
  readonly table: string
}

/** Writes down that the table describes the dataset. Before its partitions are registered, or it could be missed. */
export async function keepTable(bucket: Bucket, lake: LakeConfig): Promise<void> {
  const { database, table } = lake
  await bucket.putOnce(tableKey(lake, database, table), `${JSON.stringify({ v: 1, database, table })}\n`)
}

/** Every table that was ever written down; some may be gone from Glue. */
export async function listTables(bucket: Bucket, lake: Lake): Promise<TableName[]> {
  const tables: TableName[] = []
  for await (const { key } of bucket.list(tablesPrefix(lake))) {
    const [database, name] = key.slice(tablesPrefix(lake).length).split('/')
    if (database && name?.endsWith('.json')) tables.push({ database, table: name.slice(0, -'.json'.length) })
  }
  return tables
}
