// Compares the last record of each partition's newest claim with the record that Kafka has at its offset: after a power
// cut it may be another record, which counts as landed by its offset.
import { type Claim, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import type { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import type { TopicPartition } from '@ticklake/kafka/topic.ts'
import { compareRecord } from '@ticklake/lake/chain-end.ts'
import { claimKeys, readLink } from '@ticklake/lake/claims.ts'
import type { ObjectSource } from '@ticklake/lake/object-source.ts'
import { counted, type Finding, finding, truncationRemedy } from './finding.ts'

type Lookup = Pick<RecordLookup, 'find' | 'epochEnd'>

/**
 * The findings of all partitions. There is nothing to compare if an earlier release wrote the claim, or Kafka has
 * deleted the record.
 * @throws Failure KAFKA_UNREACHABLE
 */
export async function checkChainEnds(
  newest: ReadonlyMap<number, Claim>,
  partitions: readonly TopicPartition[],
  lookup: Lookup,
): Promise<Finding[]> {
  const checks = partitions.map(async (partition) => {
    const claim = newest.get(partition.partition)
    return claim && checkChainEnd(claim, partition, lookup)
  })
  return (await Promise.all(checks)).filter((found) => found !== undefined)
}

/** A partition that is shorter than its chain is another finding. */
export async function checkChainEnd(
  claim: Claim,
  { partition, low, end }: TopicPartition,
  lookup: Lookup,
): Promise<Finding | undefined> {
  const { contract, aliases } = claim
  const shift = shiftOf(claim)
  const last = claim.last && { ...claim.last, offset: claim.last.offset - shift }
  if (!last || contract > CONTRACT_VERSION || last.offset < low || claim.E - shift > end) return undefined
  const found = await lookup.find(partition, last.offset)
  const comparison = compareRecord({ ...last, contract, aliases }, found)
  if (comparison.result !== 'replaced') return undefined
  const from = await firstReplaced(partition, last, lookup)
  const lost = last.offset + 1 - from
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
  { offset, leaderEpoch }: NonNullable<Claim['last']>,
  lookup: Lookup,
): Promise<number> {
  if (leaderEpoch === undefined) return offset
  const epochEnd = await lookup.epochEnd(partition, leaderEpoch)
  return epochEnd >= 0 ? Math.min(epochEnd, offset) : offset
}

/** The newest claim by partition; partitions without a readable one are absent. */
export async function newestClaims(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<number, Claim>> {
  const newest = new Map<number, Claim>()
  await Promise.all(
    partitions.map(async ({ partition }) => {
      for await (const key of claimKeys(source, lake, topicId, partition, { limit: 1 })) {
        const { claim } = await readLink(source, key)
        if (claim) newest.set(partition, claim)
      }
    }),
  )
  return newest
}
