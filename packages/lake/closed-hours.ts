// Which hours are closed, so that they can get no more records: the one rule, for audit and compaction. Pure.

import type { Claim } from '@ticklake/contract/claim.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import { hourName, hourOfKey } from './partitions.ts'

const HOUR_MS = 3_600_000
/** Brokers' clocks differ a little: an hour closes at the earliest this long after its end. */
const MARGIN_MS = 600_000

/** How far a partition has landed. */
export interface ChainProgress {
  readonly partition: number
  /** Its newest complete claim; undefined: it has none. */
  readonly newest: Claim | undefined
  readonly landedOffset: number
  /** The high watermark. */
  readonly end: number
}

/** Whether the hour is over, and every chain has passed it. @param hour as `2026-11-21-09` */
export function isClosed(lake: Lake, hour: string, chains: readonly ChainProgress[], nowMs: number): boolean {
  return nowMs >= endOfHour(hour) + MARGIN_MS && haveAllPassed(lake, hour, chains)
}

/** Whether each partition's newest claim is of a later hour, or all of the partition's records have landed. */
export function haveAllPassed(lake: Lake, hour: string, chains: readonly ChainProgress[]): boolean {
  return chains.every(
    ({ newest, landedOffset, end }) =>
      landedOffset >= end || hoursOfClaim(lake, newest).some((other) => other > hour),
  )
}

/** The hours of the claim's objects. */
export function hoursOfClaim(lake: Lake, claim: Claim | undefined): string[] {
  return (claim?.files ?? []).flatMap(({ key }) => hourOfKey(lake, key) ?? []).map(hourName)
}

function endOfHour(hour: string): number {
  return Date.parse(`${hour.slice(0, 10)}T${hour.slice(11)}:00:00Z`) + HOUR_MS
}
