// Maps a file's columns to those of a tick: by name, by alias, or by the user's setting.
import { type ColumnName, columnNamed, nameKey } from '@ticklake/contract/aliases.ts'
import { tickColumns } from '@ticklake/contract/columns.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { dateForm, dateText } from './dates.ts'
import type { Cells } from './dialect.ts'
import { plainNumber } from './numbers.ts'

/** Where a row has a tick's values. */
export interface Group {
  /** The index of every row, if it is in the header or the user gave it. */
  readonly index?: string | undefined
  readonly at: Readonly<Partial<Record<ColumnName, number>>>
}

export interface Header {
  readonly headings: Cells
  /** How many lines the header takes. */
  readonly lines: number
  /** One, or one per symbol if a file has them side by side. */
  readonly groups: readonly Group[]
  readonly constants: Readonly<Partial<Record<ColumnName, number>>>
  /** Columns that are not used. */
  readonly unused: readonly number[]
}

/**
 * Whether a row has a cell under each heading. Trailing separators do not count, in the header or in a row: some
 * programs write them in only one of the two.
 */
export function isWhole(cells: Cells, { headings }: Pick<Header, 'headings'>): boolean {
  if (cells.length === headings.length) return true
  const [shorter, longer] = cells.length < headings.length ? [cells, headings] : [headings, cells]
  return longer.slice(shorter.length).every((cell) => cell.trim() === '')
}

export interface HeaderOptions {
  readonly index?: string | undefined
  /** `Close=Price`: a column's heading, or a constant number. */
  readonly columns?: ReadonlyMap<ColumnName, string> | undefined
}

/** The header's first line, as the file has it. */
export interface HeaderLine {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** The market file's columns: a file need not have those that were added to the contract later. */
const fileColumns = tickColumns.filter(({ since }) => since === 1)
const mayBeMissing = new Set<ColumnName>(['index', 'adj_close', 'close_usd'])
export const csvNames = Object.fromEntries(tickColumns.map(({ name, csv }) => [name, csv])) as Readonly<
  Record<ColumnName, string>
>

/** How many columns of a tick a line names, which identifies a header. */
export function headerScore(cells: Cells, options: HeaderOptions): number {
  const said = new Set([...(options.columns?.values() ?? [])].map(nameKey))
  const found = new Set<string>()
  for (const cell of cells) {
    if (cell === '') continue
    const column = columnNamed(cell)?.column ?? (said.has(nameKey(cell)) ? cell : undefined)
    if (column !== undefined) found.add(column)
  }
  return found.size
}

/**
 * @param rows the lines' cells, from the header on
 * @throws Failure CSV_HEADER if a column is missing or ambiguous; it asks for --columns or --index
 */
export function readHeader(
  rows: readonly Cells[],
  { file, line, text }: HeaderLine,
  options: HeaderOptions,
): Header {
  const why = `its line ${line} is ${JSON.stringify(text.slice(0, 300))}`
  const refuse = (problem: string, remedy: string) =>
    new Failure({
      code: 'CSV_HEADER',
      what: `${file} is not read: ${problem}`,
      why,
      remedy,
    })
  const [first] = rows
  // A row has a date, and a header of five or more columns may be in an unsupported language.
  const isNoHeader = (cells: Cells) =>
    cells.length < 5 && headerScore(cells, options) === 0 && !cells.some((cell) => dateForm(dateText(cell)))
  if (first?.length === 1 || (first && isNoHeader(first))) {
    throw new Failure({
      code: 'CSV_HEADER',
      what: `${file} is not read: none of its first lines is a header of several columns`,
      why,
      remedy:
        'check whether that is a server’s message; a table has a header, and commas, semicolons, tabs or pipes between its cells',
    })
  }
  const bySymbol = symbolsInHeader(rows)
  if (bySymbol) {
    if (options.index !== undefined) {
      const symbols = [...new Set(bySymbol.symbols.filter(Boolean))].slice(0, 3).join(', ')
      throw refuse(`its header names the symbols (${symbols}), and --index is given too`, 'leave out --index')
    }
    const { fields, symbols, lines } = bySymbol
    const groups = [...new Set(symbols.filter(Boolean))].map((symbol) => {
      const own = fields.map((field, i) => (symbols[i] === '' || symbols[i] === symbol ? field : ''))
      return { index: symbol, ...columnsOf(own, rows.slice(lines), { ...options, index: symbol }, refuse) }
    })
    const used = new Set(groups.flatMap(({ at }) => Object.values(at)))
    return {
      headings: fields,
      lines,
      groups,
      constants: groups[0]!.constants,
      unused: fields.flatMap((field, i) => (used.has(i) || field === '' ? [] : [i])),
    }
  }
  const headings = rows[0]!.map((cell) => cell.trim())
  const { at, constants } = columnsOf(headings, rows.slice(1), options, refuse)
  const used = new Set(Object.values(at))
  return {
    headings,
    lines: 1,
    groups: [{ at, ...(at.index === undefined && { index: options.index }) }],
    constants,
    unused: headings.flatMap((_, i) => (used.has(i) ? [] : [i])),
  }
}

/** yfinance and pandas write two-level columns as two lines, price and ticker, and often a third for the date. */
function symbolsInHeader(
  rows: readonly Cells[],
): { fields: string[]; symbols: string[]; lines: number } | undefined {
  const [first, second, third] = rows
  if (!first || !second || first.length !== second.length || first.length < 3) return undefined
  const isDateLine =
    third !== undefined &&
    columnNamed(third[0]!)?.column === 'date' &&
    third.slice(1).every((cell) => cell.trim() === '')
  if (isDateLine) {
    const isTickerFirst = headerScore(second.slice(1), {}) > headerScore(first.slice(1), {})
    const [fields, symbols] = isTickerFirst ? [second, first] : [first, second]
    return {
      fields: [third[0]!, ...fields.slice(1)].map((cell) => cell.trim()),
      symbols: ['', ...symbols.slice(1)].map((cell) => cell.trim()),
      lines: 3,
    }
  }
  // The same without the third line: the date's heading is in the first, without a ticker.
  const date = first.findIndex((cell) => columnNamed(cell)?.column === 'date')
  const others = second.filter((_, i) => i !== date)
  const isSymbol = (cell: string) => cell.trim() !== '' && !plainNumber.test(cell) && !dateForm(cell)
  if (date === -1 || second[date]!.trim() !== '' || !others.every(isSymbol)) return undefined
  return {
    fields: first.map((cell) => cell.trim()),
    symbols: second.map((cell) => cell.trim()),
    lines: 2,
  }
}

type Refuse = (problem: string, remedy: string) => Failure

function columnsOf(
  headings: Cells,
  below: readonly Cells[],
  options: HeaderOptions,
  refuse: Refuse,
): { at: Partial<Record<ColumnName, number>>; constants: Partial<Record<ColumnName, number>> } {
  const at: Partial<Record<ColumnName, number>> = {}
  const constants: Partial<Record<ColumnName, number>> = {}
  for (const { name, csv } of tickColumns) {
    const said = options.columns?.get(name)
    const candidates = said === undefined ? candidatesFor(name, headings, below) : saidColumn(said, headings)
    if (candidates.length > 1) {
      const [one, two] = candidates.map((i) => headings[i]!) as [string, string]
      if (said !== undefined || one === two)
        throw refuse(`its header has the column ${one} twice`, 'rename one')
      throw refuse(
        `two of its columns could be ${csv}: ${candidates.map((i) => headings[i]).join(' and ')}`,
        `say which it is: --columns '${csv}=${one}' or --columns '${csv}=${two}'`,
      )
    }
    const heading = headings[candidates[0] ?? -1]
    if (said === undefined && name === 'volume' && mayCountInUnits(heading)) {
      throw refuse(
        `its column ${heading} may count in thousands, millions, lots or money, and volumes are single shares`,
        `--columns '${csv}=${heading}' takes its numbers as written`,
      )
    }
    if (candidates.length === 1) at[name] = candidates[0]!
    else if (said !== undefined) {
      if (!plainNumber.test(said) || typeOf(name) !== 'double') {
        throw refuse(
          `--columns names ${said}, which it does not have`,
          `its columns are ${shownHeadings(headings)}`,
        )
      }
      constants[name] = Number(said)
    }
  }
  const has = (name: ColumnName) => at[name] !== undefined || constants[name] !== undefined
  const needed = fileColumns.filter(({ name }) => !mayBeMissing.has(name) && !has(name))
  if (needed.length > 0 && headings.some((heading) => heading.includes('\ufffd'))) {
    throw refuse(
      `its header lacks ${needed.map((column) => column.csv).join(', ')}, and is not UTF-8`,
      'give its encoding: --encoding latin1 reads Western European files; `producer run --help` lists the others',
    )
  }
  if (needed.length > 0) {
    throw refuse(
      `its header lacks ${needed.map(({ csv }) => csv).join(', ')}`,
      howToName(needed, headings, at),
    )
  }
  if (at.index === undefined && options.index === undefined) {
    throw refuse(
      'its header lacks Index, and --index is not given',
      `give the index of all its rows: --index NAME; or its column: --columns 'Index=HEADING'`,
    )
  }
  if (at.index !== undefined && options.index !== undefined) {
    const heading = headings[at.index]!
    throw refuse(
      nameKey(heading) === 'index'
        ? 'it has an Index column, and --index is given too'
        : `its column ${heading} is the Index, and --index is given too`,
      'leave out --index; or, if that column is not the index, rename it',
    )
  }
  return { at, constants }
}

function howToName(
  needed: readonly (typeof tickColumns)[number][],
  headings: Cells,
  at: Partial<Record<ColumnName, number>>,
): string {
  if (headings.some((cell) => dateForm(dateText(cell)))) {
    return `give it a header: ${fileColumns.map(({ csv }) => csv).join(',')} (any order; Adj Close and CloseUSD may be missing, Index too with --index NAME)`
  }
  const pairs = needed.map(({ csv }) => `${csv}=HEADING`).join(',')
  const volume = needed.some(({ name }) => name === 'volume')
    ? "; a file without volumes: --columns 'Volume=0'"
    : ''
  const close = headings[at.close ?? -1]
  const closeOnly =
    close !== undefined && needed.filter(({ name }) => priceNames.has(name)).length === priceNames.size
      ? `; a file that has only closing prices is read with --columns 'Open=${close},High=${close},Low=${close}${volume ? ',Volume=0' : ''}'`
      : ''
  const which = needed.length === 1 ? 'which column it is' : 'which columns they are'
  return `say ${which}: --columns '${pairs}'${volume}${closeOnly}; its columns are ${shownHeadings(headings)}`
}

const priceNames = new Set<ColumnName>(['open', 'high', 'low'])

/** `Volume (000s)`, `Volume in millions`, `Volume USD`. */
function mayCountInUnits(heading = ''): boolean {
  const key = nameKey(heading)
  if (key.startsWith('volume') && /\p{Sc}/u.test(heading)) return true
  return /^volume.*(?:00|thousand|tsd|million|mio|mln|mn$|lakh|crore|cr$|billion|lot|hand|[kmb]$|usd|eur|gbp|jpy|inr|money|value)/.test(
    key,
  )
}

function typeOf(name: ColumnName): string {
  return tickColumns.find((column) => column.name === name)!.glue
}

function saidColumn(said: string, headings: Cells): number[] {
  const exact = indexesWhere(headings, (heading) => heading === said)
  return exact.length > 0 ? exact : indexesWhere(headings, (heading) => nameKey(heading) === nameKey(said))
}

function candidatesFor(name: ColumnName, headings: Cells, below: readonly Cells[]): number[] {
  const matches = headings.map((heading) => columnNamed(heading))
  const all = indexesWhere(matches, (match) => match?.column === name)
  // A column that only numbers the rows is not the index, whatever its name.
  if (name === 'index') return all.length > 1 ? all.filter((i) => !isCounter(below, i)) : all
  const own = all.filter((i) => !matches[i]!.isAlias)
  if (own.length > 0) return own
  if (all.length > 0) return all
  if (name === 'volume')
    return indexesWhere(headings, (heading) =>
      /^volume(?!weighted|adj|change|24h|ratio|rank|pct|percent|av(?:era)?ge?|s?ma\d*$)/.test(
        nameKey(heading),
      ),
    )
  if (name !== 'date') return []
  const times = indexesWhere(headings, (heading) => nameKey(heading) === 'time')
  if (times.length > 0) return times
  // pandas writes its index as the first column, without a name.
  const isUnnamed = ['', 'unnamed0', 'index'].includes(nameKey(headings[0] ?? ''))
  const isDate = (cells: Cells) => dateForm(dateText(cells[0] ?? '')) !== undefined
  return isUnnamed && below.length > 0 && below.slice(0, 10).every(isDate) ? [0] : []
}

function isCounter(below: readonly Cells[], at: number): boolean {
  const numbers = below.slice(0, 10).map((cells) => Number(cells[at] || Number.NaN))
  return numbers.length > 1 && numbers.every((number, i) => i === 0 || number === numbers[i - 1]! + 1)
}

function indexesWhere<T>(all: readonly T[], has: (one: T) => boolean): number[] {
  return all.flatMap((one, i) => (has(one) ? [i] : []))
}

function shownHeadings(headings: Cells): string {
  return headings.filter(Boolean).slice(0, 30).join(', ')
}
