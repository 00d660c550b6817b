// Turns a stored result, a CSV or lines of text, into the JSON of a page, byte by byte: making a string of each value
// in between would cost more than everything else.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'

/** After this many bytes of JSON, other requests get a turn. */
const pieceBytes = 64 * 1024
/** The most bytes that one byte of a result becomes: a comma, the start of a row and its first value. */
const mostForOneByte = 64

export interface RowsJson {
  /** The list of rows, in pieces. */
  readonly pieces: readonly Uint8Array[]
  readonly count: number
  /** An offset of the object: the end of the last row. */
  readonly bytes: number
}

const quote = 0x22
const comma = 0x2c
const newline = 0x0a

const startRow = Buffer.from('{"Data":[')
const endRow = Buffer.from(']}')
const startValue = Buffer.from('{"VarCharValue":"')
const endValue = Buffer.from('"}')
const noValue = Buffer.from('{}')

/** JSON's escape for a byte that must not be in a string unescaped. */
const escapes: readonly (Uint8Array | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const text = JSON.stringify(String.fromCharCode(byte)).slice(1, -1)
  return text.length === 1 ? undefined : Buffer.from(text)
})

/** The state of the reader. */
const betweenRows = 0
const atValue = 1
const inQuotes = 2
/** After a quote: it ended the value, or is the first of two that stand for one. */
const behindQuote = 3
const inLine = 4

/**
 * The first rows of an object, at most `size`.
 * @param chunks split anywhere; none is requested after the last row
 * @param heading a row of the answer that is not in the object
 */
export async function rowsJson(
  layout: 'csv' | 'lines',
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  heading?: readonly string[],
): Promise<RowsJson> {
  const pieces: Uint8Array[] = []
  let piece = Buffer.allocUnsafe(pieceBytes)
  let length = 0
  let state = betweenRows
  let isFirstValue = true
  let count = 0
  let bytes = 0

  /** Reads until the page or the piece is full, or the chunk ends. Out: where it stopped. */
  function scan(chunk: Uint8Array, from: number): number {
    // Local variables, because those of the closure are slower.
    const out = piece
    let to = length
    let now = state
    let at = from
    const last = out.length - mostForOneByte
    while (at < chunk.length && to < last) {
      const byte = chunk[at++]!
      if (now === betweenRows) {
        if (count > 0) out[to++] = comma
        to = append(out, to, startRow)
        isFirstValue = true
        now = layout === 'csv' ? atValue : inLine
        if (now === inLine) to = append(out, to, startValue)
      }
      if ((now === inQuotes && byte !== quote) || (now === inLine && byte !== newline)) {
        const escaped = escapes[byte]
        if (escaped === undefined) out[to++] = byte
        else to = append(out, to, escaped)
      } else if (now === inQuotes) {
        now = behindQuote
      } else if (now === behindQuote && byte === quote) {
        to = append(out, to, escapes[quote]!)
        now = inQuotes
      } else {
        if (now === atValue) {
          if (!isFirstValue) out[to++] = comma
          isFirstValue = false
          to = append(out, to, byte === quote ? startValue : noValue)
        } else {
          to = append(out, to, endValue)
        }
        now = now === atValue && byte === quote ? inQuotes : atValue
        if (byte === newline) {
          to = append(out, to, endRow)
          now = betweenRows
          if (++count === size) break
        }
      }
    }
    length = to
    state = now
    return at
  }

  function endPiece(): void {
    pieces.push(piece.subarray(0, length))
    piece = Buffer.allocUnsafe(pieceBytes)
    length = 0
  }

  if (heading) {
    pieces.push(Buffer.from(JSON.stringify({ Data: heading.map((VarCharValue) => ({ VarCharValue })) })))
    count = 1
  }
  if (count < size) {
    reading: for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const from = at
        at = scan(chunk, from)
        bytes += at - from
        if (count === size) break reading
        if (at === chunk.length) break
        endPiece()
        await yieldToEventLoop()
      }
    }
    // The last line may have no newline.
    if (state !== betweenRows) {
      endPiece()
      if (state === inQuotes) scan(Buffer.from('"'), 0)
      scan(Buffer.from('\n'), 0)
    }
  }
  endPiece()
  return { pieces: [Buffer.from('['), ...pieces, Buffer.from(']')], count, bytes }
}

function append(out: Uint8Array, to: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) out[to + i] = bytes[i]!
  return to + bytes.length
}
