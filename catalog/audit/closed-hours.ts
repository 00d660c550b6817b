// Tells which hours are over for good, and up to where the chains are covered by them. Pure.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Claim } from '@ticklake/contract/claim.ts'
import type { TopicPartition } from '@ticklake/kafka/topic.ts'
import { noSums } from '@ticklake/lake/claims.ts'
import { hourName, hourOfKey } from '@ticklake/lake/partitions.ts'
import { addSums, type ChainBase, sumsOf } from './chain-check.ts'
import type { Verdict } from './hour-verification.ts'

const HOUR_MS = 3_600_000
/** Brokers' clocks differ a little; an hour is over for good this long after its end. */
const MARGIN_MS = 600_000

type LakePlace = Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset'>

export interface ChainsAt {
  readonly lake: LakePlace
  readonly partitions: readonly TopicPartition[]
  readonly claims: readonly Claim[]
  readonly cutOffs: ReadonlyMap<number, number>
  readonly nowMs: number
}

/** Whether every chain is past the hour: it has claims of a later hour, or nothing more to claim. */
export function isClosed(hour: string, at: ChainsAt): boolean {
  if (at.nowMs < endOf(hour) + MARGIN_MS) return false
  const later = new Set<number>()
  for (const claim of at.claims) if (lastHour(at.lake, claim) > hour) later.add(claim.partition)
  return at.partitions.every(
    ({ partition, end }) => later.has(partition) || (at.cutOffs.get(partition) ?? 0) >= end,
  )
}

/** For each partition, the sums and the end of its claims before the first that reaches into a later hour. */
export function chainsThrough(hour: string, base: ChainBase, at: ChainsAt): Verdict['chains'] {
  return at.partitions.map(({ partition }) => {
    let { upTo, ...sums } = base.get(partition) ?? { ...noSums, upTo: 0 }
    for (const claim of at.claims) {
      if (claim.partition !== partition) continue
      if (lastHour(at.lake, claim) > hour) break
      sums = addSums(sums, sumsOf(claim))
      upTo = claim.E
    }
    return { partition, upTo, ...sums }
  })
}

/** The latest hour that the claim's objects lie in; '' when it has none. */
function lastHour(lake: LakePlace, claim: Claim): string {
  const hours = claim.files.map(({ key }) => hourOfKey(lake, key)).filter((hour) => hour !== undefined)
  return hours.map(hourName).sort().at(-1) ?? ''
}

function endOf(hour: string): number {
  return Date.parse(`${hour.slice(0, 10)}T${hour.slice(11)}:00:00Z`) + HOUR_MS
}
