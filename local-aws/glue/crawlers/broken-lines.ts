// How much of a text may be broken before it counts as another format.

/** What is odd about an object that can be read all the same. */
export interface Warning {
  readonly text: string
  /** How many lines it is true of. */
  readonly lines?: number
}

/** One stray line among some, or at most a fifth of them. */
export function isMostlyGood(good: number, broken: number): boolean {
  if (broken === 0) return good > 0
  return good >= 4 * broken || (broken === 1 && good >= 2)
}

/** Undefined where nothing was broken. */
export function brokenLines(lines: number, what: string): Warning | undefined {
  return lines === 0 ? undefined : { text: `lines that are no ${what}`, lines }
}
