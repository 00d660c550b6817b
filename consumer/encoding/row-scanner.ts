// Reads accepted rows straight from their canonical bytes into columns, without an object per row.
import { tickColumns } from '@ticklake/contract/columns.ts'
import type { ChosenRows } from '../batching/slab.ts'

/** A column's values, one a row, in the form that Parquet stores. */
export type ColumnValues = (string | number | bigint | null)[] | Float64Array

const QUOTE = 0x22
const COMMA = 0x2c
const BRACE = 0x7d
const N = 0x6e
const BACKSLASH = 0x5c
const DAY_MS = 86_400_000

const firstColumns = tickColumns.filter(({ since }) => since === 1)

/** How many bytes stand between a value and the next: `,"open":`, with the quotes of strings. */
const leads = firstColumns.map((column, i) => {
  const closing = i > 0 && firstColumns[i - 1]!.glue !== 'double' ? 1 : 0
  return closing + 1 + column.name.length + 3 + (column.glue === 'double' ? 0 : 1)
})

/** What stands before the value of a column that was added later: `,"source":"`. Each may be missing. */
const addedColumns = tickColumns
  .filter(({ since }) => since > 1)
  .map(({ name, glue }) => ({
    glue,
    lead: Buffer.from(`,"${name}":${glue === 'double' ? '' : '"'}`),
  }))

/**
 * The tick columns of the chosen rows: strings, days since 1970, doubles, null, in the contract's order.
 * The rows are canonical (validation saw to that), so positions are computed and nothing is checked again.
 */
export function scanColumns(blocks: readonly ChosenRows[]): ColumnValues[] {
  const count = blocks.reduce((sum, { indexes }) => sum + indexes.length, 0)
  const values: ColumnValues[] = tickColumns.map(({ glue, nullable }) =>
    glue === 'double' && !nullable ? new Float64Array(count) : new Array(count),
  )
  const known = { texts: new TextCache(), days: new Map<number, number>() }
  let first = 0
  for (const block of blocks) {
    scanBlock(block, values, first, known)
    first += block.indexes.length
  }
  return values
}

/** Scans one block into the values from index `first` on. */
function scanBlock(
  { rows, indexes }: ChosenRows,
  values: readonly ColumnValues[],
  first: number,
  { texts, days }: { texts: TextCache; days: Map<number, number> },
): void {
  const latin = Buffer.from(rows.bytes.buffer, rows.bytes.byteOffset, rows.bytes.byteLength)
  for (let i = 0; i < indexes.length; i++) {
    const row = indexes[i]!
    let at = row === 0 ? 0 : rows.ends[row - 1]!
    for (let c = 0; c < firstColumns.length; c++) {
      at += leads[c]!
      const start = at
      const glue = firstColumns[c]!.glue
      if (glue === 'double') {
        while (latin[at] !== COMMA && latin[at] !== BRACE) at++
        values[c]![first + i] = latin[start] === N ? null : parseNumber(latin, start, at)
      } else if (glue === 'date') {
        at += 10
        values[c]![first + i] = parseDay(latin, start, days)
      } else {
        while (latin[at] !== QUOTE) at += latin[at] === BACKSLASH ? 2 : 1
        values[c]![first + i] = texts.get(latin, start, at)
      }
    }
    for (let a = 0; a < addedColumns.length; a++) {
      const { glue, lead } = addedColumns[a]!
      const column = values[firstColumns.length + a]!
      if (!startsAt(latin, at, lead)) {
        column[first + i] = null as never
        continue
      }
      at += lead.length
      const start = at
      if (glue === 'double') {
        while (latin[at] !== COMMA && latin[at] !== BRACE) at++
        column[first + i] = parseNumber(latin, start, at)
      } else {
        while (latin[at] !== QUOTE) at += latin[at] === BACKSLASH ? 2 : 1
        const value =
          glue === 'date'
            ? parseDay(latin, start, days)
            : glue === 'timestamp'
              ? parseTime(latin, start, days)
              : texts.get(latin, start, at)
        column[first + i] = value as never
        at++
      }
    }
  }
}

function startsAt(bytes: Buffer, at: number, lead: Buffer): boolean {
  if (bytes[at] !== COMMA) return false
  for (let i = 1; i < lead.length; i++) if (bytes[at + i] !== lead[i]) return false
  return true
}

/** The largest whole number of which every smaller one is a double. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER

/**
 * A double from its text. Up to 15 digits and 22 places the value is one exact division, which IEEE 754 rounds
 * correctly (Clinger's fast path); everything else goes through Number().
 */
function parseNumber(bytes: Buffer, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === 0x2d
  if (negative) at++
  let digits = 0
  let decimals = -1
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0x2e) decimals = 0
    else if (byte >= 0x30 && byte <= 0x39) {
      digits = digits * 10 + (byte - 0x30)
      if (decimals >= 0) decimals++
      if (digits > MAX_EXACT) return Number(bytes.toString('latin1', start, end))
    } else return Number(bytes.toString('latin1', start, end))
  }
  const value = decimals > 0 ? (decimals <= 22 ? digits / POWERS[decimals]! : Number.NaN) : digits
  if (Number.isNaN(value)) return Number(bytes.toString('latin1', start, end))
  return negative ? -value : value
}

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i)

function parseDay(bytes: Buffer, at: number, known: Map<number, number>): number {
  const digit = (i: number) => bytes[at + i]! - 0x30
  const year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3)
  const month = digit(5) * 10 + digit(6)
  const day = digit(8) * 10 + digit(9)
  const key = year * 10_000 + month * 100 + day
  let days = known.get(key)
  if (days === undefined) {
    // setUTCFullYear, because Date.UTC takes the years 0 to 99 for 1900 to 1999.
    days = new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS
    known.set(key, days)
  }
  return days
}

/** Milliseconds since 1970 of `YYYY-MM-DD HH:mm:ss.SSS`. */
function parseTime(bytes: Buffer, at: number, known: Map<number, number>): bigint {
  const two = (i: number) => (bytes[at + i]! - 0x30) * 10 + bytes[at + i + 1]! - 0x30
  const seconds = (two(11) * 60 + two(14)) * 60 + two(17)
  const ms = two(20) * 10 + bytes[at + 22]! - 0x30
  return BigInt(parseDay(bytes, at, known) * DAY_MS + seconds * 1000 + ms)
}

/** Strings of a column with few different values: decoded once each. */
class TextCache {
  readonly #known = new Map<number, { text: string; bytes: Buffer }[]>()
  #count = 0

  get(latin: Buffer, start: number, end: number): string {
    let hash = end - start
    for (let i = start; i < end; i++) hash = (hash * 31 + latin[i]!) | 0
    const candidates = this.#known.get(hash)
    const found = candidates?.find(({ bytes }) => bytes.equals(latin.subarray(start, end)))
    if (found) return found.text
    // Parsed as JSON, because a string in canonical form may have escapes.
    const text = JSON.parse(`"${latin.toString('utf8', start, end)}"`) as string
    if (this.#count < 10_000) {
      const entry = { text, bytes: latin.subarray(start, end) }
      if (candidates) candidates.push(entry)
      else this.#known.set(hash, [entry])
      this.#count++
    }
    return text
  }
}
