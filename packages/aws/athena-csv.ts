// Reads the CSV that Athena writes: a quoted field is a value, an empty field without quotes is NULL.

export type Cell = string | null

const COMMA = 0x2c
const NEWLINE = 0x0a
const QUOTE = 0x22

/**
 * Takes the text in pieces, and returns whole rows; memory holds the rows of one piece. `end` throws an Error if the
 * text ends within a quoted field: the object was truncated.
 */
export class AthenaCsv {
  #row: Cell[] = []
  #field = ''
  #quoted = false
  #inQuotes = false
  /** A quote was the last character inside quotes: the end of the field, or the first half of a doubled one. */
  #quotePending = false
  #started = false

  /** The rows that this piece completes. */
  push(text: string): Cell[][] {
    const rows: Cell[][] = []
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (this.#quotePending) {
        this.#quotePending = false
        if (code === QUOTE) {
          from = at
          continue
        }
        this.#inQuotes = false
        from = at
      }
      if (this.#inQuotes) {
        if (code === QUOTE) {
          this.#field += text.slice(from, at)
          from = at + 1
          this.#quotePending = true
        }
        continue
      }
      if (code === QUOTE && !this.#quoted && this.#field === '' && from === at) {
        this.#quoted = this.#inQuotes = this.#started = true
        from = at + 1
      } else if (code === COMMA) {
        this.#endField(text.slice(from, at))
        this.#started = true
        from = at + 1
      } else if (code === NEWLINE) {
        this.#endField(text.slice(from, at))
        from = at + 1
        rows.push(this.#endRow())
      }
    }
    if (!this.#quotePending) this.#field += text.slice(from)
    if (this.#field !== '') this.#started = true
    return rows
  }

  /** The last row, if no newline ended it. */
  end(): Cell[][] {
    if (this.#quotePending) {
      this.#quotePending = false
      this.#inQuotes = false
    }
    if (this.#inQuotes) throw new Error('the result ends in the middle of a value: the object is incomplete')
    if (!this.#started) return []
    this.#endField('')
    return [this.#endRow()]
  }

  #endField(rest: string): void {
    const value = this.#field + rest
    this.#row.push(value === '' && !this.#quoted ? null : value)
    this.#field = ''
    this.#quoted = false
  }

  #endRow(): Cell[] {
    const row = this.#row
    this.#row = []
    this.#started = false
    return row
  }
}
