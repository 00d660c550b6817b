// Compares the last record of each partition's chain with the record that Kafka has at its offset: after a power cut it
// may be another record, which counts as landed by its offset.
import { type Claim, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import type { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import type { TopicPartition } from '@ticklake/kafka/topic.ts'
import { comparableClaim, compareRecord } from '@ticklake/lake/chain-end.ts'
import { claimKeys, readLink } from '@ticklake/lake/claims.ts'
import type { ObjectSource } from '@ticklake/lake/object-source.ts'
import { counted, type Finding, finding, truncationRemedy } from './finding.ts'

type Lookup = Pick<RecordLookup, 'find' | 'epochEnd'>

export interface ChainEnd {
  readonly newest: Claim
  /** The claim whose last record is compared; undefined: there is none. */
  readonly landed: Claim | undefined
}

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
  if (!landed?.last || landed.contract > CONTRACT_VERSION) return undefined
  const { contract, aliases } = landed
  const shift = shiftOf(landed)
  const last = { ...landed.last, offset: landed.last.offset - shift }
  if (last.offset < low || newest.E - shift > end) return undefined
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
      const claims = (options = {}) => newestFirst(source, lake, topicId, partition, options)
      for await (const newest of claims({ limit: 1 }))
        ends.set(partition, { newest, landed: await comparableClaim(newest, claims) })
    }),
  )
  return ends
}

/** The claims before an unreadable one, which is another finding. */
async function* newestFirst(
  ...[source, lake, topicId, partition, options]: Parameters<typeof claimKeys>
): AsyncGenerator<Claim> {
  for await (const key of claimKeys(source, lake, topicId, partition, options)) {
    const { claim } = await readLink(source, key)
    if (!claim) return
    yield claim
  }
}
