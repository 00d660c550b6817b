// The columns of delimited text, and whether its first line names them.
import { type HiveType, mergeTypes, primitive, unknownType } from '../../hive/column-type.ts'
import { isMostlyGood } from '../broken-lines.ts'
import type { Schema } from '../schema.ts'

export interface CsvFinding {
  readonly schema: Schema
  readonly records: number
  /** Lines with another number of cells. */
  readonly broken: number
  readonly delimiter: string
  readonly quote: string
  readonly hasHeader: boolean
  readonly isQuoted: boolean
}

/** The settings of a custom classifier; without one, everything is detected. */
export interface CsvOptions {
  readonly delimiter?: string
  readonly quote?: string
  readonly hasHeader?: boolean
  readonly names?: readonly string[]
  readonly types?: readonly string[]
  readonly preservesBlanks?: boolean
  readonly allowsOneColumn?: boolean
}

const delimiters = [',', '|', '\t', ';', '\u0001']
const longestHeaderCell = 150
const rowsToType = 1_000

interface Cell {
  readonly text: string
  readonly isQuoted: boolean
}
type Row = readonly Cell[]

/**
 * In: text, whose last line may be truncated. Out: undefined if it is not delimited text: at least two columns, two
 * lines, and the same number of cells in almost all lines.
 */
export function csvSchema(text: string, isCut: boolean, options: CsvOptions = {}): CsvFinding | undefined {
  const content = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const candidates = (options.delimiter ? [options.delimiter] : delimiters)
    .map((delimiter) => table(content, isCut, delimiter, options))
    .filter((found) => found !== undefined)
  // `id;px` above `1;2,5` has as many cells as its rows only with semicolons.
  return candidates.toSorted(
    (a, b) => a.broken - b.broken || Number(a.isShortHeader) - Number(b.isShortHeader),
  )[0]
}

interface Candidate extends CsvFinding {
  /** Whether the first line has one cell less than the rows. */
  readonly isShortHeader: boolean
}

function table(text: string, isCut: boolean, delimiter: string, options: CsvOptions): Candidate | undefined {
  const { quote = '"' } = options
  if (!text.includes(delimiter) && !options.allowsOneColumn) return undefined
  const { rows, count } = rowsOf(text, isCut, delimiter, quote)
  const [first] = rows
  if (!first || (rows.length < 2 && !options.names)) return undefined
  const width = Math.max(commonWidth(rows), options.names?.length ?? 0)
  if (width < 2 && !options.allowsOneColumn) return undefined
  // Lines with a trailing delimiter below a header without one: the last cell is empty.
  const isWidth = (row: Row) => row.length === width || (row.length === width - 1 && row === first)
  const good = rows.filter(isWidth)
  const broken = rows.length - good.length
  if (!isMostlyGood(good.length, broken)) return undefined
  const trailing = emptyAtEnd(good, width)
  const columns = first.length < width && trailing ? first.length : width
  const below = good.filter((row) => row !== first)
  const types = Array.from({ length: columns }, (_, i) => columnType(below, i))
  const hasHeader =
    options.hasHeader ??
    (isWidth(first) && isHeader(first, columns, trailing) && types.some((type) => !isText(type)))
  return {
    schema: types
      .map((type, i) => ({
        name: options.names?.[i] ?? (hasHeader ? named(first[i], options) : '') ?? '',
        type: declared(options.types?.[i]) ?? (hasHeader ? type : mergeTypes(type, cellType(first[i]))),
      }))
      .map(({ name, type }, i) => ({ name: name === '' ? `col${i}` : name, type })),
    records: count - (hasHeader ? 1 : 0),
    broken,
    isShortHeader: first.length < width,
    delimiter,
    quote,
    hasHeader,
    isQuoted: rows.some((row) => row.some((cell) => cell.isQuoted)),
  }
}

const named = (cell: Cell | undefined, { preservesBlanks }: CsvOptions) =>
  preservesBlanks ? cell?.text : cell?.text.trim()
const declared = (type: string | undefined) => (type ? primitive(type.toLowerCase()) : undefined)
const isText = (type: HiveType) =>
  type.kind === 'unknown' || (type.kind === 'primitive' && type.name === 'string')

/** The number of cells that most rows have. */
function commonWidth(rows: readonly Row[]): number {
  const counts = new Map<number, number>()
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1)
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0]
}

/** Whether the last column has no value in any row, as with a delimiter at the end of each line. */
function emptyAtEnd(rows: readonly Row[], width: number): boolean {
  return rows.every((row) => row.length < width || row[width - 1]!.text.trim() === '')
}

/** All cells are short texts that could be names, and no two are equal; the last one may be empty with its column. */
function isHeader(row: Row, columns: number, mayEndEmpty: boolean): boolean {
  const cells = row.slice(0, columns).map(({ text }) => text.trim())
  const texts = mayEndEmpty && cells.at(-1) === '' ? cells.slice(0, -1) : cells
  return (
    new Set(texts.map((text) => text.toLowerCase())).size === texts.length &&
    texts.every((text, i) => {
      const type = textType(text)
      const isShort = text.length < longestHeaderCell || i === columns - 1
      return text !== '' && type.kind === 'primitive' && type.name === 'string' && isShort
    })
  )
}

function columnType(rows: readonly Row[], column: number): HiveType {
  return rows.reduce<HiveType>((type, row) => mergeTypes(type, cellType(row[column])), unknownType)
}

function cellType(cell: Cell | undefined): HiveType {
  return cell ? textType(cell.text.trim()) : unknownType
}

function textType(text: string): HiveType {
  if (text === '') return unknownType
  if (/^[+-]?\d+$/.test(text)) return primitive(isBigint(text) ? 'bigint' : 'string')
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return primitive('double')
  return primitive(/^[+-]?(?:NaN|Infinity)$/.test(text) ? 'double' : 'string')
}

/** A longer number stays text: a double would round it. */
function isBigint(text: string): boolean {
  if (text.length > 20) return false
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value
}

/** The first rows, and how many rows there are. A quoted cell may hold delimiters, and line ends of its own. */
function rowsOf(
  text: string,
  isCut: boolean,
  delimiter: string,
  quote: string,
): { rows: Row[]; count: number } {
  const rows: Row[] = []
  let count = 0
  let at = 0
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at)
    const end = lineEnd < 0 ? text.length : lineEnd
    if (lineEnd < 0 && isCut && count > 0) break
    if (count >= rowsToType) {
      // Only counted: a line end inside quotation marks makes the estimate one row too high.
      if (text.slice(at, Math.min(end, at + 64)).trim() !== '') count++
      at = end + 1
      continue
    }
    const { row, next } = rowAt(text, at, delimiter, quote)
    at = next
    if (row.length === 1 && row[0]!.text.trim() === '') continue
    rows.push(row)
    count++
  }
  return { rows, count }
}

/** Up to here a quoted cell may continue over line ends; a mark that is never closed is an ordinary character. */
const longestQuoted = 64 * 1024

function rowAt(text: string, start: number, delimiter: string, quote: string): { row: Row; next: number } {
  const row: Cell[] = []
  const lineEnd = text.indexOf('\n', start)
  let end = lineEnd < 0 ? text.length : lineEnd
  let at = start
  for (;;) {
    const closed = text.startsWith(quote, at) ? closingQuote(text, at + 1, quote) : -1
    if (closed >= 0) {
      const cell = text.slice(at + 1, closed).replaceAll(quote + quote, quote)
      row.push({ text: cell, isQuoted: true })
      if (closed >= end) {
        const nextEnd = text.indexOf('\n', closed)
        end = nextEnd < 0 ? text.length : nextEnd
      }
      const after = indexWithin(text, delimiter, closed + 1, end)
      if (after < 0) return { row, next: end + 1 }
      at = after + delimiter.length
    } else {
      const found = indexWithin(text, delimiter, at, end)
      if (found < 0) {
        const cell = text.slice(at, end)
        row.push({ text: cell.endsWith('\r') ? cell.slice(0, -1) : cell, isQuoted: false })
        return { row, next: end + 1 }
      }
      row.push({ text: text.slice(at, found), isQuoted: false })
      at = found + delimiter.length
    }
  }
}

/** Searches in a part of the text only, so that no search runs to the end of the text. */
function indexWithin(text: string, wanted: string, from: number, end: number): number {
  const index = text.slice(from, end).indexOf(wanted)
  return index < 0 ? -1 : from + index
}

/** The end of the cell that begins before `from`: at a mark that is not doubled; -1 if there is none. */
function closingQuote(text: string, from: number, quote: string): number {
  const limit = from + longestQuoted
  for (
    let at = indexWithin(text, quote, from, limit);
    at >= 0;
    at = indexWithin(text, quote, at + 1, limit)
  ) {
    if (text[at + 1] !== quote) return at
    at++
  }
  return -1
}
