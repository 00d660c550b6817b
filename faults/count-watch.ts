// What a reader of the table may never see: a row twice, or a count that falls. Pure.

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

  /** Takes an answer of Athena. @returns what is wrong with it, or undefined */
  take(rows: number, identities: number): string | undefined {
    const before = this.#last
    this.#answers++
    this.#last = Math.max(rows, before)
    if (identities !== rows) return `a reader saw ${rows - identities} of ${rows} rows twice`
    if (rows < before) return `a reader saw the count fall from ${before} to ${rows}`
    return undefined
  }
}
