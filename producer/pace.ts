// Says how many rows may be sent now, so that the rate is exact over a minute even with late timers.

/** Time since some start, in ms; tests pass their own. */
export type Clock = () => number

export interface Pace {
  /** How many of these rows may be sent now; takes them. */
  take(wanted: number): number
  /** How long until the next row may be sent. */
  waitMs(): number
}

/** After a longer stall (broker down, machine asleep) missed rows are not made up for. */
const MOST_BEHIND_MS = 10_000

/** @param rowsPerSecond above 0, may be below 1; `max` does not limit */
export function makePace(rowsPerSecond: number | 'max', clock: Clock = () => performance.now()): Pace {
  if (rowsPerSecond === 'max') return { take: (wanted) => wanted, waitMs: () => 0 }
  const msPerRow = 1000 / rowsPerSecond
  let start = clock()
  let taken = 0
  // Rows are due by the clock since the start, not since the last row, so timer delays do not add up.
  const dueMs = () => start + taken * msPerRow
  return {
    take(wanted) {
      const now = clock()
      const behindMs = now - dueMs()
      if (behindMs < 0) return 0
      if (behindMs > MOST_BEHIND_MS) {
        start = now - MOST_BEHIND_MS
        taken = 0
      }
      const allowed = Math.min(wanted, Math.floor((now - dueMs()) / msPerRow) + 1)
      taken += allowed
      return allowed
    },
    waitMs: () => Math.max(0, dueMs() - clock()),
  }
}
