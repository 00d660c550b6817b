// How much of a text may be broken before it counts as another format.

/** What is unusual about an object that can still be read. */
export interface Warning {
  readonly text: string
  /** How many lines are affected. */
  readonly lines?: number
}

/** One broken line among at least three, or at most a fifth of them. */
export function isMostlyGood(good: number, broken: number): boolean {
  if (broken === 0) return good > 0
  return good >= 4 * broken || (broken === 1 && good >= 2)
}

/** Undefined if nothing is broken. */
export function brokenLines(lines: number, what: string): Warning | undefined {
  return lines === 0 ? undefined : { text: `lines that are no ${what}`, lines }
}
