// Reads again the records that Kafka still has, and compares the claims with them: a gap must really be one.

import { type Claim, claimRows } from '@ticklake/contract/claim.ts'
import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { heldOffsets, type TopicPartition } from '@ticklake/kafka/topic.ts'
import { counted, type Finding, finding } from './finding.ts'

export interface DeepCheck {
  /** Records that were read again. */
  readonly records: number
  readonly findings: readonly Finding[]
}

/** @throws Failure KAFKA_UNREACHABLE when the partition cannot be read to its landed offset */
export async function checkPartition(
  config: KafkaConfig,
  partition: TopicPartition,
  claims: readonly Claim[],
): Promise<DeepCheck> {
  const held = claims.filter((claim) => claim.S >= partition.low)
  const [first, last] = [held[0], held.at(-1)]
  if (!first || !last) return { records: 0, findings: [] }
  return checkRecords(held, heldOffsets(config, partition.partition, first.S, last.E))
}

/** Pure but for its source: `claims` ascend without a hole, `offsets` are the committed records in their range. */
export async function checkRecords(
  claims: readonly Claim[],
  offsets: AsyncIterable<number[]> | Iterable<number[]>,
): Promise<DeepCheck> {
  const findings: Finding[] = []
  let at = 0
  let inClaim = 0
  let records = 0
  const close = () => {
    const found = checkClaim(claims[at]!, inClaim)
    if (found) findings.push(found)
    at++
    inClaim = 0
  }
  for await (const batch of offsets) {
    for (const offset of batch) {
      while (at < claims.length && offset >= claims[at]!.E) close()
      if (at === claims.length) break
      inClaim++
      records++
    }
  }
  while (at < claims.length) close()
  return { records, findings }
}

function checkClaim(claim: Claim, records: number): Finding | undefined {
  const accounted = claimRows(claim) + claim.dead + claim.skipped
  // Skipped offsets may have been markers; nothing read them.
  if (records === accounted || (claim.skipped > 0 && records <= accounted)) return undefined
  const where = `partition ${claim.partition}, offsets ${claim.S} to ${claim.E - 1}`
  if (records > accounted) {
    return finding(
      'gap',
      `${where}: Kafka holds ${counted(records, 'record')}, the claim accounts for ${accounted} and calls the rest gaps`,
      'land the topic again as a second dataset while Kafka holds it (LAKE_DATASET), and keep both',
      { lost: records - accounted },
    )
  }
  return finding(
    'gap',
    `${where}: Kafka holds ${counted(records, 'record')}, the claim accounts for ${accounted}`,
    'a compacted topic? Its older records go after they have landed; otherwise see which rows have no record',
  )
}
