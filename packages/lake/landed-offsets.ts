// The landed offset of each partition.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { controlPrefix } from '@ticklake/contract/keys.ts'
import { readChainTail } from './chain-tail.ts'
import { readDataset } from './dataset.ts'

/** The end of each partition's last complete claim, by partition; a partition without claims is absent. */
export type LandedOffsets = ReadonlyMap<number, number>

/**
 * The landed offsets of a dataset; asks only S3. Undefined if there is no dataset.
 * @throws Failure DATASET_UNREADABLE, DATASET_DIFFERS
 */
export async function readLandedOffsets(
  bucket: Bucket,
  lake: LakeConfig,
): Promise<
  | {
      readonly topicId: string
      readonly landedOffsets: LandedOffsets
      /** Partitions in an era, where the lake's offsets differ from Kafka's. */
      readonly inEra: ReadonlySet<number>
    }
  | undefined
> {
  const dataset = await readDataset(bucket, lake)
  if (!dataset) return undefined
  const { topicId } = dataset
  const landedOffsets = new Map<number, number>()
  const inEra = new Set<number>()
  for await (const folder of bucket.folders(`${controlPrefix(lake)}claims/${topicId}/`)) {
    const partition = Number(folder.slice(0, -1).split('/').at(-1))
    const { landedOffset, shift } = await readChainTail(bucket, lake, topicId, partition)
    landedOffsets.set(partition, landedOffset)
    if (shift > 0) inEra.add(partition)
  }
  return { topicId, landedOffsets, inEra }
}
