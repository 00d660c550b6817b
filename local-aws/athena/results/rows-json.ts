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
  let piece = '['
  let count = 0
  return {
    get count() {
      return count
    },
    add(values) {
      piece += count++ === 0 ? '{"Data":[' : ',{"Data":['
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!
        if (i > 0) piece += ','
        piece += value === null ? '{}' : `{"VarCharValue":${JSON.stringify(value)}}`
      }
      piece += ']}'
      if (piece.length < pieceCharacters) return
      pieces.push(piece)
      piece = ''
      return yieldToEventLoop()
    },
    end() {
      pieces.push(`${piece}]`)
      return pieces
    },
  }
}
