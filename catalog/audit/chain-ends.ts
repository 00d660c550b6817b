// Compares the last record of each partition's newest claim with the record that Kafka has at its offset: after a power
// cut other records may be there, which count as landed by their offsets.
import type { Claim } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import type { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import type { TopicPartition } from '@ticklake/kafka/topic.ts'
import { compareRecord } from '@ticklake/lake/chain-end.ts'
import { claimKeys, readLink } from '@ticklake/lake/claims.ts'
import type { ObjectSource } from '@ticklake/lake/object-source.ts'
import { counted, type Finding, finding } from './finding.ts'

type Lookup = Pick<RecordLookup, 'find' | 'epochEnd'>

/**
 * The findings of all partitions. A claim of an earlier release says nothing of its last record, and Kafka may have deleted it:
 * then there is nothing to compare.
 * @throws Failure KAFKA_UNREACHABLE
 */
export async function checkChainEnds(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partitions: readonly TopicPartition[],
  lookup: Lookup,
): Promise<Finding[]> {
  const checks = partitions.map(async (partition) => {
    const claim = await newestClaim(source, lake, topicId, partition.partition)
    return claim && checkChainEnd(claim, partition, lookup)
  })
  return (await Promise.all(checks)).filter((found) => found !== undefined)
}

/** A partition that is shorter than its chain is another finding. */
export async function checkChainEnd(
  { last, E, contract, aliases }: Claim,
  { partition, low, end }: TopicPartition,
  lookup: Lookup,
): Promise<Finding | undefined> {
  if (!last || contract > CONTRACT_VERSION || last.offset < low || E > end) return undefined
  const found = await lookup.find(partition, last.offset)
  const comparison = compareRecord({ ...last, contract, aliases }, found)
  if (comparison.result !== 'replaced') return undefined
  const from = await firstReplaced(partition, last, lookup)
  const lost = last.offset + 1 - from
  return finding(
    'broker',
    `partition ${partition}: ${comparison.why}: ${counted(lost, 'record')} or more since then count as landed and are not in the lake`,
    'begin a new dataset with LAKE_DATASET for all services, and keep both: it lands what the topic still holds',
    { lost },
  )
}

/** The first offset that Kafka has given to another record; where the leader epoch does not tell it, the one compared. */
async function firstReplaced(
  partition: number,
  { offset, leaderEpoch }: NonNullable<Claim['last']>,
  lookup: Lookup,
): Promise<number> {
  if (leaderEpoch === undefined) return offset
  const epochEnd = await lookup.epochEnd(partition, leaderEpoch)
  return epochEnd >= 0 ? Math.min(epochEnd, offset) : offset
}

async function newestClaim(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partition: number,
): Promise<Claim | undefined> {
  for await (const key of claimKeys(source, lake, topicId, partition, { limit: 1 })) {
    return (await readLink(source, key)).claim
  }
  return undefined
}
