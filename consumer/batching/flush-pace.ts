// How long records wait in memory before they are flushed. Pure.

/** The flush age grows to this share of the consumer's running time. */
const SHARE_OF_AGE = 1 / 60

export interface FlushPace {
  /** The shortest flush age, in ms. */
  readonly flushAfterMs: number
  /** The longest flush age, in ms; 0, or less than the shortest: it does not grow. */
  readonly flushSlowsToMs: number
}

/**
 * Frequent flushes keep rows fresh, but leave thousands of small objects after an hour, and a count that opens all of
 * them would take longer than a flush. So the flush age may grow while the consumer runs.
 * @param ageMs how long the consumer has run
 * @returns how long a record may wait now, in ms
 */
export function flushAfter({ flushAfterMs, flushSlowsToMs }: FlushPace, ageMs: number): number {
  return Math.max(flushAfterMs, Math.min(flushSlowsToMs, ageMs * SHARE_OF_AGE))
}
