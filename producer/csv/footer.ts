// Distinguishes a file's footer (a total, a disclaimer) from truncated rows.
import type { ReaderEvents, SkippedRow } from '../message.ts'
import { dateForm } from './dates.ts'

/** A footer has at most this many lines. */
const MAX_LINES = 20

/** Reports skipped rows in order; those that may be a footer once it is known whether a row follows. */
export class Footer {
  readonly #events: Pick<ReaderEvents, 'rowSkipped'>
  #waiting: SkippedRow[] = []
  #hasRow = false

  constructor(events: Pick<ReaderEvents, 'rowSkipped'>) {
    this.#events = events
  }

  /** @param mayBeFooter whether the row lacks cells, or its day */
  skip(row: SkippedRow, mayBeFooter: boolean): void {
    if (mayBeFooter && !hasDate(row.text)) {
      this.#waiting.push(row)
      if (this.#waiting.length > MAX_LINES) this.#report()
      return
    }
    this.#report()
    this.#events.rowSkipped(row)
  }

  goodRow(): void {
    this.#hasRow = true
    this.#report()
  }

  #report(): void {
    if (this.#waiting.length === 0) return
    for (const row of this.#waiting) this.#events.rowSkipped(row)
    this.#waiting = []
  }

  end(): void {
    // Behind no row there is no footer: these were meant to be rows.
    const footer = this.#hasRow
      ? { column: '', reason: 'footer', detail: 'text after the last row' }
      : undefined
    for (const row of this.#waiting) this.#events.rowSkipped({ ...row, ...footer })
    this.#waiting = []
  }
}

/** A truncated row still has its date in one of its first cells. */
function hasDate(text: string): boolean {
  return text.split(/[,;\t|]/, 6).some((cell) => dateForm(cell.replaceAll('"', '').trim()) !== undefined)
}
