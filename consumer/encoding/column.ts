// One column of a row group: its values in a typed array, which rows have a value, and the distinct strings of a text
// column.

/** Numbers, days since 1970, milliseconds since 1970, or for strings their index in `texts`. */
export interface Column {
  /** The values of the rows that have one, in order; valid up to `count`. */
  readonly values: Float64Array<ArrayBuffer>
  count: number
  /** 1 for each row that has a value, 0 for null. */
  readonly isPresent: Uint8Array
  readonly texts: TextSet
}

/** How many rows fit. */
export function newColumn(rows: number): Column {
  return {
    values: new Float64Array(rows),
    count: 0,
    isPresent: new Uint8Array(rows),
    texts: new TextSet(),
  }
}

/** Empties the column for the next row group. */
export function clear(column: Column): void {
  column.count = 0
  column.texts.clear()
}

/** A column with the same value in all rows. */
export function fill(column: Column, rows: number, value: number): void {
  column.values.fill(value, 0, rows)
  column.isPresent.fill(1, 0, rows)
  column.count = rows
}

const BACKSLASH = 0x5c

/** Distinct strings, numbered in order of first appearance. */
export class TextSet {
  /** As UTF-8, with JSON escapes resolved. */
  readonly texts: Uint8Array[] = []
  /** As in the messages. */
  readonly #sources: Uint8Array[] = []
  /** The last string of each hash, and for each string the previous one with the same hash, or -1. */
  readonly #byHash = new Map<number, number>()
  readonly #before: number[] = []

  clear(): void {
    this.texts.length = 0
    this.#sources.length = 0
    this.#before.length = 0
    this.#byHash.clear()
  }

  /** The number of the string that is written as JSON in `bytes` from `start` to `end`, without its quotes. */
  add(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0
    const last = this.#byHash.get(hash) ?? -1
    for (let id = last; id >= 0; id = this.#before[id]!) {
      if (isSame(this.#sources[id]!, bytes, start, end)) return id
    }
    // The rows' memory is reused for other rows.
    const source = bytes.slice(start, end)
    this.#sources.push(source)
    this.texts.push(source.includes(BACKSLASH) ? unescaped(source) : source)
    this.#before.push(last)
    this.#byHash.set(hash, this.texts.length - 1)
    return this.texts.length - 1
  }
}

function isSame(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text[i] !== bytes[start + i]) return false
  return true
}

function unescaped(source: Uint8Array): Uint8Array {
  return Buffer.from(JSON.parse(`"${Buffer.from(source).toString()}"`) as string)
}
