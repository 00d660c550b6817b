// How often a running query is asked for its state. Pure.

const SHORTEST_MS = 40
/** Athena allows an account about a hundred such requests a second. */
const LONGEST_MS = 1_000
/** The wait, as a share of the time that the query has run. */
const SHARE = 1 / 8

/**
 * A query's end is noticed only by asking: short queries are asked about often, so that their rows are not shown much
 * later than they are there, and long ones rarely.
 * @param elapsedMs how long the query has run
 * @returns how long to wait before it is asked again, in ms
 */
export function pollAfter(elapsedMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, elapsedMs * SHARE))
}
