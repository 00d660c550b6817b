// Says how many rows may go out now, so that the rate is exact over a minute whatever the timers do.

/** Time since some start, in ms; a test gives its own. */
export type Clock = () => number

export interface Pace {
  /** How many of these rows may go now; takes them. */
  take(wanted: number): number
  /** How long until the next row may go. */
  waitMs(): number
}

/** After a longer stall (a broker away, a machine asleep) the rows that were missed are not made up for. */
const MOST_BEHIND_MS = 10_000

/** @param rowsPerSecond above 0, may be below 1; `max` holds nothing back */
export function makePace(rowsPerSecond: number | 'max', clock: Clock = () => performance.now()): Pace {
  if (rowsPerSecond === 'max') return { take: (wanted) => wanted, waitMs: () => 0 }
  const msPerRow = 1000 / rowsPerSecond
  let start = clock()
  let taken = 0
  // Rows are due by the clock since the start, not since the last row: so no timer's delay adds up.
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
