// How far the lake is behind the topic, from the topic's offsets and the landed ones.

import type { ChainTail } from './chain-tail.ts'
import { inLakeOffsets, shiftsOf } from './era-offsets.ts'

/** A partition's earliest offset and high watermark. */
export interface TopicOffsets {
  readonly partition: number
  readonly low: number
  readonly end: number
}

/** The records of a partition that have not landed and that Kafka still has. */
export function partitionLag({ low, end }: Omit<TopicOffsets, 'partition'>, landedOffset: number): number {
  return Math.max(0, end - Math.max(landedOffset, low))
}

export interface Lag {
  /** Records in the topic, end offsets added up. */
  readonly produced: number
  /** Landed offsets added up. */
  readonly landed: number
  /** Records that have not landed and that Kafka still has. */
  readonly records: number
  /**
   * Of each partition that lags: how many landed records Kafka still holds before the first that has not landed. At 0
   * its retention deletes records that have not landed; below 0 it has deleted some.
   */
  readonly marginByPartition: ReadonlyMap<number, number>
  /** Of each partition that ends in Kafka before its landed offset: how many offsets of the lake Kafka lacks. */
  readonly truncatedByPartition: ReadonlyMap<number, number>
}

/** Asks Kafka and S3, never Athena. */
export async function measureLag(
  tails: {
    read(
      topicId: string,
      partitions: readonly number[],
    ): Promise<readonly Pick<ChainTail, 'partition' | 'landedOffset' | 'shift'>[]>
  },
  askTopic: () => Promise<{ readonly topicId: string; readonly partitions: readonly TopicOffsets[] }>,
): Promise<Lag> {
  const topic = await askTopic()
  const numbers = topic.partitions.map(({ partition }) => partition)
  const read = await tails.read(topic.topicId, numbers)
  const shifts = shiftsOf(read)
  const landed = read.map(({ landedOffset }) => landedOffset)
  const partitions = inLakeOffsets(topic.partitions, shifts)
  // Records that landed after Kafka was asked may be beyond its answer; those that had landed before may not.
  const isBeyond = partitions.some(({ end }, i) => landed[i]! > end)
  return lagOf(
    partitions,
    landed,
    isBeyond ? inLakeOffsets((await askTopic()).partitions, shifts) : partitions,
  )
}

/**
 * Pure.
 * @param landed the landed offset of each of the partitions, in their order
 * @param later the topic's offsets, asked for after the landed ones: what landed in between is not truncated
 */
function lagOf(
  partitions: readonly TopicOffsets[],
  landed: readonly number[],
  later: readonly TopicOffsets[],
): Lag {
  const ends = new Map(later.map(({ partition, end }) => [partition, end]))
  const marginByPartition = new Map<number, number>()
  const truncatedByPartition = new Map<number, number>()
  const sums = { produced: 0, landed: 0, records: 0 }
  for (const [i, { partition, low, end }] of partitions.entries()) {
    const landedOffset = landed[i]!
    sums.produced += end
    sums.landed += landedOffset
    sums.records += partitionLag({ low, end }, landedOffset)
    if (landedOffset < end) marginByPartition.set(partition, landedOffset - low)
    const missing = landedOffset - (ends.get(partition) ?? landedOffset)
    if (missing > 0) truncatedByPartition.set(partition, missing)
  }
  return { ...sums, marginByPartition, truncatedByPartition }
}
