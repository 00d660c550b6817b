// Compares the last record of each partition's chain with the record that Kafka has at its offset: after a power cut it
// may be another record, which counts as landed by its offset.
import { type Claim, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import type { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import type { TopicPartition } from '@ticklake/kafka/topic.ts'
import { type ChainEnd, chainEnd, compareEnd, landedRecord } from '@ticklake/lake/chain-end.ts'
import { type ChainLink, newestLinks } from '@ticklake/lake/claims.ts'
import type { ObjectSource } from '@ticklake/lake/object-source.ts'
import { counted, type Finding, finding, truncationRemedy } from './finding.ts'

type Lookup = Pick<RecordLookup, 'find' | 'epochEnd'>

/**
 * The findings of all partitions. There is nothing to compare if an earlier release wrote the claim, or Kafka has
 * deleted the record.
 * @throws Failure KAFKA_UNREACHABLE
 */
export async function checkChainEnds(
  ends: ReadonlyMap<number, ChainEnd>,
  partitions: readonly TopicPartition[],
  lookup: Lookup,
): Promise<Finding[]> {
  const checks = partitions.map(async (partition) => {
    const chain = ends.get(partition.partition)
    return chain && checkChainEnd(chain, partition, lookup)
  })
  return (await Promise.all(checks)).filter((found) => found !== undefined)
}

/** A partition that is shorter than its chain is another finding. */
export async function checkChainEnd(
  { newest, landed }: ChainEnd,
  { partition, low, end }: TopicPartition,
  lookup: Lookup,
): Promise<Finding | undefined> {
  const last = landed && landedRecord(landed)
  if (!last || last.contract > CONTRACT_VERSION || last.offset < low) return undefined
  if (newest.E - shiftOf(newest) > end) return undefined
  const comparison = await compareEnd(last, (from, to) => lookup.find(partition, from, to))
  if (comparison.result !== 'replaced') return undefined
  const from = await firstReplaced(partition, comparison.offset, landed.claim.last?.leaderEpoch, lookup)
  const lost = comparison.offset + 1 - from
  return finding(
    'broker',
    `partition ${partition}: ${comparison.why}: ${counted(lost, 'record')} or more since then count as landed but are not in the lake`,
    truncationRemedy,
    { lost },
  )
}

/** The first offset that Kafka has given to another record; if the leader epoch does not show it, the compared one. */
async function firstReplaced(
  partition: number,
  offset: number,
  leaderEpoch: number | undefined,
  lookup: Lookup,
): Promise<number> {
  if (leaderEpoch === undefined) return offset
  const epochEnd = await lookup.epochEnd(partition, leaderEpoch)
  return epochEnd >= 0 ? Math.min(epochEnd, offset) : offset
}

/** The end of each partition's chain; partitions without a readable newest claim are absent. */
export async function chainEnds(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<number, ChainEnd>> {
  const ends = new Map<number, ChainEnd>()
  await Promise.all(
    partitions.map(async ({ partition }) => {
      const end = await chainEnd(readable(newestLinks(source, lake, topicId, partition)))
      if (end) ends.set(partition, end)
    }),
  )
  return ends
}

/** The claims before an unreadable one, which is another finding. */
async function* readable(links: AsyncIterable<ChainLink>): AsyncGenerator<Claim> {
  for await (const { claim } of links) {
    if (!claim) return
    yield claim
  }
}
