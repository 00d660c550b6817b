// The landed offset of each partition: everything below it is in the lake.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { controlPrefix, type Lake } from '@ticklake/contract/keys.ts'
import { readChainTail } from './chain-tail.ts'
import { readDataset } from './dataset.ts'
import type { ObjectSource } from './object-source.ts'

/** The end of each partition's last complete claim, by partition; a partition without claims is absent. */
export type LandedOffsets = ReadonlyMap<number, number>

/** The landed offset of one partition; 0 when nothing has landed. */
export async function readLandedOffset(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partition: number,
): Promise<number> {
  return (await readChainTail(source, lake, topicId, partition)).landedOffset
}

/**
 * The landed offsets of a dataset; asks S3 alone. Undefined when nothing was ever written.
 * @throws Failure DATASET_UNREADABLE, DATASET_DIFFERS
 */
export async function readLandedOffsets(
  bucket: Bucket,
  lake: LakeConfig,
): Promise<{ readonly topicId: string; readonly landedOffsets: LandedOffsets } | undefined> {
  const dataset = await readDataset(bucket, lake)
  if (!dataset) return undefined
  const { topicId } = dataset
  const landedOffsets = new Map<number, number>()
  for await (const folder of bucket.folders(`${controlPrefix(lake)}claims/${topicId}/`)) {
    const partition = Number(folder.slice(0, -1).split('/').at(-1))
    landedOffsets.set(partition, await readLandedOffset(bucket, lake, topicId, partition))
  }
  return { topicId, landedOffsets }
}
