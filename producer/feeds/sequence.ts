// Sequence numbers of ticks: finds duplicates and gaps.

/** How many missing numbers are remembered, in case they come late. */
const MAX_REMEMBERED = 10_000

/** A missing range, both ends included. */
export interface Range {
  readonly from: number
  readonly to: number
}

export class Sequence {
  #last: number | undefined
  readonly #missing = new Set<number>()

  /** The highest number so far; undefined before the first. */
  get last(): number | undefined {
    return this.#last
  }

  /** Whether to send a tick with that number: it was not sent yet, in whatever order it comes. */
  take(id: number): boolean {
    if (this.#missing.delete(id)) return true
    if (this.#last !== undefined && id <= this.#last) return false
    this.#last = id
    return true
  }

  /** The missing range between the last number and this one; undefined if there is none. */
  missingBefore(id: number): Range | undefined {
    if (this.#last === undefined || id <= this.#last + 1) return undefined
    return { from: this.#last + 1, to: id - 1 }
  }

  /** These numbers were not found: they are accepted if they come late. */
  giveUp({ from, to }: Range, found: ReadonlySet<number>): void {
    this.#last = Math.max(this.#last ?? to, to)
    for (let id = to; id >= from && this.#missing.size < MAX_REMEMBERED; id--) {
      if (!found.has(id)) this.#missing.add(id)
    }
  }
}
