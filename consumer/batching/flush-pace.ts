// How long records wait in memory before they are flushed. Pure.

/** A flush age is this share of the time that the consumer has run. */
const SHARE_OF_AGE = 1 / 60

export interface FlushPace {
  /** The shortest, in ms. */
  readonly flushAfterMs: number
  /** What it grows to, in ms; 0, or less than the shortest: it does not grow. */
  readonly flushSlowsToMs: number
}

/**
 * Short flushes keep rows fresh, but leave thousands of small objects an hour later, and a count that opens each of
 * them would take longer than a flush: so the flush age may grow with the time that the consumer has run.
 * @param ageMs how long the consumer has run
 * @returns how long a record may wait now, in ms
 */
export function flushAfter({ flushAfterMs, flushSlowsToMs }: FlushPace, ageMs: number): number {
  return Math.max(flushAfterMs, Math.min(flushSlowsToMs, ageMs * SHARE_OF_AGE))
}
