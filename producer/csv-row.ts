// What the cells of one CSV row mean: a tick, or the column and the reason why not.
import { type Tick, tickColumns } from '@ticklake/contract/columns.ts'
import { canonicalTime, isDay } from '@ticklake/contract/time.ts'
import { Failure } from '@ticklake/runtime/errors.ts'

export const dateFormats = ['iso', 'day-first'] as const
export type DateFormat = (typeof dateFormats)[number]

export interface CsvOptions {
  /** The index of every row, for a file without the Index column. */
  readonly index?: string | undefined
  readonly dateFormat: DateFormat
  /** Who sends the rows, where the file does not say it in a column of its own. */
  readonly source?: string | undefined
}

export interface Fault {
  readonly column: string
  readonly reason: string
  readonly detail: string
}

export type RowReader = (cells: readonly string[]) => { readonly tick: Tick } | { readonly fault: Fault }

/** What the market file has: a file need not have what was added to the contract since. */
const fileColumns = tickColumns.filter(({ since }) => since === 1)
/** Columns that a file may lack as a whole. */
const mayBeMissing = new Set(['Index', 'Adj Close', 'CloseUSD'])
const numberForm = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/**
 * Reads a header, in any order of its columns, and gives back the reader of the rows below it.
 * @param file its name, for errors
 * @throws Failure CSV_HEADER when a column is missing or there twice
 */
export function rowReader(header: readonly string[], file: string, options: CsvOptions): RowReader {
  const problem = problemOf(header, options)
  if (problem) {
    throw new Failure({
      code: 'CSV_HEADER',
      what: `${file} is not read: ${problem}`,
      why: `its first line is ${JSON.stringify(header.join(',').slice(0, 300))}`,
      remedy: `give the file the header ${fileColumns.map((column) => column.csv).join(',')} (any order; Adj Close and CloseUSD may be missing, Index too with --index NAME)`,
    })
  }
  const readers = { double: readNumber, date: dateReader(options), timestamp: readTime, string: readText }
  const cellReaders = tickColumns.map((column) => ({
    column,
    at: header.indexOf(column.csv),
    read: readers[column.glue],
  }))
  return (cells) => {
    if (cells.length !== header.length) return { fault: wrongLength(cells, header) }
    const tick: Record<string, string | number | null> = {}
    for (const { column, at, read } of cellReaders) {
      const cell = at === -1 ? '' : cells[at]!
      let value: string | number | null
      if (at === -1 && column.name === 'index') value = options.index!
      else if (cell === '' || cell === 'null') {
        if (!column.nullable) {
          return {
            fault: { column: column.csv, reason: 'missing_value', detail: 'the cell is empty or null' },
          }
        }
        value = column.name === 'source' ? (options.source ?? null) : null
      } else {
        const found = read(cell)
        if (typeof found === 'object') return { fault: { column: column.csv, ...found } }
        value = found
      }
      tick[column.name] = value
    }
    return { tick: tick as Tick }
  }
}

function problemOf(header: readonly string[], options: CsvOptions): string | undefined {
  const twice = header.find((name, at) => name !== '' && header.indexOf(name) !== at)
  if (twice) return `its header has the column ${twice} twice`
  const missing = fileColumns.map((column) => column.csv as string).filter((name) => !header.includes(name))
  const needed = missing.filter((name) => !mayBeMissing.has(name))
  if (needed.length > 0) return `its header lacks ${needed.join(', ')}`
  if (missing.includes('Index') && !options.index) return 'its header lacks Index, and --index is not given'
  if (!missing.includes('Index') && options.index) return 'it has an Index column, and --index is given too'
  return undefined
}

function wrongLength(cells: readonly string[], header: readonly string[]): Fault {
  const counts = `${cells.length} cells under a header of ${header.length}`
  return cells.length < header.length
    ? { column: header[cells.length]!, reason: 'too_few_cells', detail: `the row is cut: ${counts}` }
    : { column: '', reason: 'too_many_cells', detail: counts }
}

type Misread = { reason: string; detail: string }

function readNumber(cell: string): number | Misread {
  if (!numberForm.test(cell)) return { reason: 'bad_number', detail: `${shown(cell)} is not a number` }
  const number = Number(cell)
  if (!Number.isFinite(number))
    return { reason: 'not_finite', detail: `${shown(cell)} is too large for a double` }
  return number
}

function readText(cell: string): string | Misread {
  // The decoder puts U+FFFD where bytes are not UTF-8.
  if (cell.includes('\ufffd')) return { reason: 'not_utf8', detail: `${shown(cell)} is not UTF-8` }
  return cell
}

function readTime(cell: string): string | Misread {
  return (
    canonicalTime(cell) ?? {
      reason: 'bad_timestamp',
      detail: `${shown(cell)} is not a real time as 2026-11-21T09:30:00.000Z`,
    }
  )
}

function dateReader({ dateFormat }: CsvOptions): (cell: string) => string | Misread {
  const dayFirst = (cell: string) => {
    const match = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})$/.exec(cell)
    return match ? `${match[4]}-${match[3]!.padStart(2, '0')}-${match[1]!.padStart(2, '0')}` : ''
  }
  if (dateFormat === 'iso') {
    return (cell) => {
      if (isDay(cell)) return cell
      const hint = isDay(dayFirst(cell)) ? '; --date-format day-first reads such dates' : ''
      return { reason: 'bad_date', detail: `${shown(cell)} is not a real day as YYYY-MM-DD${hint}` }
    }
  }
  return (cell) => {
    const day = dayFirst(cell)
    return isDay(day) ? day : { reason: 'bad_date', detail: `${shown(cell)} is not a real day as DD/MM/YYYY` }
  }
}

function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell)
}
