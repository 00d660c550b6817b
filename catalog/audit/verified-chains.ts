// How far a closed hour and those before it cover the chains of claims. Pure.

import type { Claim } from '@ticklake/contract/claim.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import { hoursOfClaim } from '@ticklake/lake/closed-hours.ts'
import { addSums, type ChainBase, noSums, sumsOf } from './chain-check.ts'

/** For each partition, the sums and the end of its claims before the first that reaches into a later hour. */
export function chainsThrough(
  hour: string,
  base: ChainBase,
  { lake, partitions, claims }: { lake: Lake; partitions: readonly number[]; claims: readonly Claim[] },
): ChainBase {
  const through: [number, ChainBase extends ReadonlyMap<number, infer V> ? V : never][] = []
  for (const partition of partitions) {
    let { landedOffset, ...sums } = base.get(partition) ?? { ...noSums, landedOffset: 0 }
    for (const claim of claims) {
      if (claim.partition !== partition) continue
      if (hoursOfClaim(lake, claim).some((other) => other > hour)) break
      sums = addSums(sums, sumsOf(claim))
      landedOffset = claim.E
    }
    through.push([partition, { landedOffset, ...sums }])
  }
  return new Map(through)
}
