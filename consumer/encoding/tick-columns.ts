// Reads accepted rows straight from their canonical bytes into typed columns, without an object per row.
import { tickColumns } from '@ticklake/contract/columns.ts'
import type { ChosenRows } from '../batching/slab.ts'
import { type Column, clear, newColumn } from './column.ts'
import { readNumber } from './number.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const N = 0x6e
const BACKSLASH = 0x5c
const ZERO = 0x30
const DAY_MS = 86_400_000

const firstColumns = tickColumns.filter(({ since }) => since === 1)

/**
 * For columns that every message has: the number of bytes before the value, such as `,"open":`, with the quote of
 * strings.
 */
const steps = firstColumns.map(({ name, glue }, i) => {
  const closing = i > 0 && firstColumns[i - 1]!.glue !== 'double' ? 1 : 0
  return { glue, skip: closing + 1 + name.length + 3 + (glue === 'double' ? 0 : 1) }
})

/** What precedes the value of a column that was added later: `,"source":"`. Each may be missing. */
const addedSteps = tickColumns
  .filter(({ since }) => since > 1)
  .map(({ name, glue }) => ({ glue, lead: Buffer.from(`,"${name}":${glue === 'double' ? '' : '"'}`) }))

/** The columns of a tick for one row group after another. */
export class TickColumns {
  /** In the contract's order. */
  readonly columns: readonly Column[]

  /** @param capacity the most rows that a group may have */
  constructor(capacity: number) {
    this.columns = tickColumns.map(() => newColumn(capacity))
  }

  /**
   * Replaces the columns' values with those of the chosen rows. Validation has made the rows canonical, so positions
   * are computed and nothing is checked again.
   */
  read(blocks: readonly ChosenRows[]): void {
    for (const column of this.columns) clear(column)
    let first = 0
    for (const block of blocks) {
      this.#readBlock(block, first)
      first += block.indexes.length
    }
  }

  #readBlock({ rows: { bytes, ends }, indexes }: ChosenRows, first: number): void {
    const { columns } = this
    for (let i = 0; i < indexes.length; i++) {
      const row = indexes[i]!
      let at = row === 0 ? 0 : ends[row - 1]!
      for (let c = 0; c < steps.length; c++) {
        const { glue, skip } = steps[c]!
        at = readValue(columns[c]!, glue, bytes, at + skip, first + i)
      }
      for (let a = 0; a < addedSteps.length; a++) {
        const { glue, lead } = addedSteps[a]!
        const column = columns[steps.length + a]!
        if (!startsAt(bytes, at, lead)) column.isPresent[first + i] = 0
        else {
          at = readValue(column, glue, bytes, at + lead.length, first + i)
          if (glue !== 'double') at++
        }
      }
    }
  }
}

/** @returns the position after the value: the closing quote of a string */
function readValue(
  column: Column,
  glue: (typeof tickColumns)[number]['glue'],
  bytes: Uint8Array,
  start: number,
  row: number,
): number {
  const { values, isPresent } = column
  if (glue === 'double') {
    if (bytes[start] === N) {
      isPresent[row] = 0
      return start + 4
    }
    isPresent[row] = 1
    return readNumber(bytes, start, values, column.count++)
  }
  isPresent[row] = 1
  if (glue === 'date') {
    values[column.count++] = daysAt(bytes, start)
    return start + 10
  }
  if (glue === 'timestamp') {
    values[column.count++] = timeAt(bytes, start)
    return start + 23
  }
  let end = start
  while (bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1
  values[column.count++] = column.texts.add(bytes, start, end)
  return end
}

function startsAt(bytes: Uint8Array, at: number, lead: Uint8Array): boolean {
  if (bytes[at] !== COMMA) return false
  for (let i = 1; i < lead.length; i++) if (bytes[at + i] !== lead[i]) return false
  return true
}

/** Days from 1970 to `YYYY-MM-DD`, in the Gregorian calendar for all years from 1 on. */
function daysAt(bytes: Uint8Array, at: number): number {
  const month = twoDigits(bytes, at + 5)
  // Years begin in March here, so that a leap day is the last of its year.
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2) - (month <= 2 ? 1 : 0)
  const century = Math.floor(year / 100)
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + twoDigits(bytes, at + 8) - 1
  return 365 * year + Math.floor(year / 4) - century + Math.floor(century / 4) + dayOfYear - 719_468
}

/** Milliseconds since 1970 of `YYYY-MM-DD HH:mm:ss.SSS`. */
function timeAt(bytes: Uint8Array, at: number): number {
  const seconds =
    (twoDigits(bytes, at + 11) * 60 + twoDigits(bytes, at + 14)) * 60 + twoDigits(bytes, at + 17)
  const ms = twoDigits(bytes, at + 20) * 10 + bytes[at + 22]! - ZERO
  return daysAt(bytes, at) * DAY_MS + seconds * 1000 + ms
}

function twoDigits(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 10 + bytes[at + 1]! - 11 * ZERO
}
