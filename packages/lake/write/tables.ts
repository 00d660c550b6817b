// Records which Glue tables describe the dataset.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { tableKey } from '@ticklake/contract/keys.ts'

/**
 * Records that the table describes the dataset. Call it before its partitions are registered, or compaction could miss
 * it.
 */
export async function recordTable(bucket: Bucket, lake: LakeConfig): Promise<void> {
  const { database, table } = lake
  await bucket.putOnce(tableKey(lake, database, table), `${JSON.stringify({ v: 1, database, table })}\n`)
}
