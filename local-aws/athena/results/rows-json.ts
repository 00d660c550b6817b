// Writes the rows of a page as GetQueryResults shows them, in JSON, so that a page that was made ahead only needs to be sent.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'

/** After so many characters other requests are answered. */
const pieceCharacters = 64 * 1024

export interface RowsJson {
  readonly count: number
  /** Adds a row; NULL is a value without text. */
  add(values: readonly (string | null)[]): void | Promise<void>
  /** The whole list, in pieces. */
  end(): string[]
}

export function rowsJson(): RowsJson {
  const pieces: string[] = []
  // Joined at once: a text that grows by additions is a tree of them, which costs more than it all.
  let rows: string[] = []
  let characters = 0
  let count = 0

  function endPiece(): void {
    pieces.push(`${pieces.length === 0 ? '[' : ','}${rows.join(',')}`)
    rows = []
    characters = 0
  }

  return {
    get count() {
      return count
    },
    add(values) {
      const row = JSON.stringify({
        Data: values.map((value) => (value === null ? {} : { VarCharValue: value })),
      })
      rows.push(row)
      count++
      characters += row.length
      if (characters < pieceCharacters) return
      endPiece()
      return yieldToEventLoop()
    },
    end() {
      if (rows.length > 0 || pieces.length === 0) endPiece()
      return [...pieces, ']']
    },
  }
}
