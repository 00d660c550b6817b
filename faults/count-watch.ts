// What a reader of the table must never see: a duplicate row, or a falling count. Pure.

export class CountWatch {
  #last = 0
  #answers = 0

  get answers(): number {
    return this.#answers
  }

  /** The newest count. */
  get last(): number {
    return this.#last
  }

  /** Checks an answer of Athena. @returns what is wrong with it, or undefined */
  take(rows: number, identities: number): string | undefined {
    const before = this.#last
    this.#answers++
    this.#last = Math.max(rows, before)
    if (identities !== rows) return `a reader saw duplicates of ${rows - identities} of ${rows} rows`
    if (rows < before) return `a reader saw the count fall from ${before} to ${rows}`
    return undefined
  }
}
