// Turns the cells of one row into a tick (or one per symbol), or into the column and reason of its error.
import type { ColumnName } from '@ticklake/contract/aliases.ts'
import { type Tick, tickColumns } from '@ticklake/contract/columns.ts'
import { canonicalTime } from '@ticklake/contract/time.ts'
import {
  dateForm,
  dateFormNames,
  dateText,
  dayReader,
  isYearOfMarkets,
  orderOf,
  otherPlainDay,
} from './dates.ts'
import { type Cells, type Separator, separatorNames } from './dialect.ts'
import { csvNames, type Group, headerScore, isWhole } from './header.ts'
import { isMissing } from './missing-values.ts'
import { numberReader, quoted } from './numbers.ts'
import type { Survey } from './survey.ts'
import { momentReader } from './traded-at.ts'

export interface Fault {
  readonly column: string
  readonly reason: string
  readonly detail: string
}

/** A tick, an error, or (undefined) no values for this symbol on this day. */
export type Row = { readonly tick: Tick } | { readonly fault: Fault } | undefined
export type RowReader = (cells: Cells) => Row

type Misread = { readonly reason: string; readonly detail: string }
type Read = (cell: string) => string | number | Misread

/**
 * The readers of a surveyed file: one per symbol in its header, otherwise one. @param source the source of the rows, if
 * the file has no column for it @throws Failure CSV_DATES, CSV_NUMBERS if the file's format is ambiguous
 */
export function rowReaders(survey: Survey, source: string | undefined): RowReader[] {
  const { header } = survey
  const mark = survey.mark
  const numbers = new Map(survey.numbers.map(({ at, column }) => [at, numberReader(column.form(mark))]))
  const readers: Record<'date' | 'string' | 'timestamp', Read> = {
    date: dateCell(survey),
    string: readText,
    timestamp: readTime,
  }
  return header.groups.map((group) => {
    const columns = tickColumns.map(({ name, csv, glue, nullable, since }) => {
      const at = group.at[name] ?? -1
      const read: Read = glue === 'double' ? numbers.get(at)! : readers[glue]
      const isAbsent = glue === 'string' ? isNoText : isMissing
      return {
        name,
        csv,
        nullable,
        at,
        read,
        isAbsent,
        isDate: glue === 'date',
        isOfFirst: since === 1,
        constant: header.constants[name],
      }
    })
    const moment =
      group.at.traded_at === undefined
        ? momentReader(survey.clock, survey.dateForm, group.at.date!, survey.timeZone)
        : undefined
    const isOneOfSeveral = header.groups.length > 1
    return (cells) => {
      if (cells.length !== header.headings.length && !isWhole(cells, header)) {
        const { headings } = header
        return { fault: headerFault(cells, headings) ?? wrongLength(cells, headings, survey.separator) }
      }
      if (isOneOfSeveral && hasNoValues(cells, group)) return undefined
      const tick: Record<string, string | number | null> = {}
      for (const { name, csv, nullable, at, read, isAbsent, isDate, isOfFirst, constant } of columns) {
        const cell = at === -1 ? '' : cells[at]!
        let value: string | number | null
        if (at === -1 && name === 'index') value = group.index!
        else if (constant !== undefined) value = constant
        else if (cell === '' || (mayBeWord(cell) && isAbsent(cell))) {
          if (!nullable) {
            const again = isDate ? headerFault(cells, header.headings) : undefined
            if (again) return { fault: again }
            return { fault: { column: headingOf(header.headings, at, csv), ...noValue(cell) } }
          }
          value = name === 'source' ? (source ?? null) : null
        } else {
          const found = read(cell)
          if (typeof found === 'object') {
            const again = headerFault(cells, header.headings)
            if (again) return { fault: again }
            return { fault: { column: headingOf(header.headings, at, csv), ...found } }
          }
          value = found
        }
        // As canonicalBytes omits a null in a column that was added to the contract.
        if (value !== null || isOfFirst) tick[name] = value
      }
      if (moment) {
        const found = moment(cells, tick.date as string)
        if (typeof found === 'object') {
          const at = survey.clock.column ?? group.at.date!
          return { fault: { column: headingOf(header.headings, at, 'Date'), ...found } }
        }
        if (found !== undefined) tick.traded_at = found
      }
      return { tick: tick as Tick }
    }
  })
}

const repeatedHeader: Fault = {
  column: '',
  reason: 'repeated_header',
  detail: 'the header is repeated here',
}

/** A joined file may continue with other columns, or with the same ones in another order. */
const otherHeader: Fault = {
  column: '',
  reason: 'other_header',
  detail: 'another header is here, with other columns than the first',
}

/** A row of values never names this many columns of a tick. */
const NAMED_BY_HEADER = 4

function headerFault(cells: Cells, headings: Cells): Fault | undefined {
  if (isRepeatedHeader(cells, headings)) return repeatedHeader
  return headerScore(cells, {}) >= NAMED_BY_HEADER ? otherHeader : undefined
}

/** Whether the row repeats the headings as values. */
function isRepeatedHeader(cells: Cells, headings: Cells): boolean {
  return cells.every((cell, i) => cell.replace('\ufeff', '').trim() === (headings[i] ?? ''))
}

function headingOf(headings: Cells, at: number, csv: string): string {
  return headings[at] || csv
}

function hasNoValues(cells: Cells, group: Group): boolean {
  return Object.entries(group.at).every(([name, at]) => name === 'date' || isMissing(cells[at]!))
}

function noValue(cell: string): Misread {
  // The word itself means that there is no number.
  if (/^nan$/i.test(cell.trim())) return { reason: 'bad_number', detail: `${quoted(cell)} is not a number` }
  return {
    reason: 'missing_value',
    detail: cell === '' ? 'the cell is empty' : `the cell is ${quoted(cell)}`,
  }
}

function wrongLength(cells: Cells, headings: Cells, separator: Separator): Fault {
  const counts = `${cells.length} cells under a header of ${headings.length}`
  if (cells.length < headings.length) {
    return {
      column: headings[cells.length]!,
      reason: 'too_few_cells',
      detail: `the row is truncated: ${counts}`,
    }
  }
  const hint = `a cell with ${separatorNames[separator]} in it needs quotation marks`
  return { column: '', reason: 'too_many_cells', detail: `${counts}; ${hint}` }
}

/** Most cells are numbers and dates, which need no further check. */
function mayBeWord(cell: string): boolean {
  const first = cell.charCodeAt(0)
  return first < 0x30 || first > 0x39
}

/** `NA` and `None` are names of stocks. */
function isNoText(cell: string): boolean {
  return cell === 'null' || cell.trim() === ''
}

function readText(cell: string): string | Misread {
  // The decoder replaces bytes that are not UTF-8 by U+FFFD.
  if (cell.includes('\ufffd')) {
    return { reason: 'not_utf8', detail: `${quoted(cell)} is not UTF-8 (--encoding latin1 reads Latin-1)` }
  }
  // Spreadsheets write an apostrophe before digits that are not a number.
  const text = cell.trim().replace(/^'(?=\d+$)/, '')
  return text.charCodeAt(0) < 0x200b && text.charCodeAt(text.length - 1) < 0x200b ? text : withoutMarks(text)
}

/** Without the zero-width characters that web pages and editors leave behind, which would make a different index. */
function withoutMarks(text: string): string {
  let start = 0
  let end = text.length
  const isMark = (at: number) => /^[\s\u200b-\u200f\u2060\ufeff]$/.test(text[at]!)
  while (start < end && isMark(start)) start++
  while (end > start && isMark(end - 1)) end--
  return text.slice(start, end)
}

function readTime(cell: string): string | Misread {
  const time = canonicalTime(cell.trim())
  if (time !== undefined) return time
  return {
    reason: 'bad_timestamp',
    detail: `${quoted(cell)} is not a real time with a zone, such as 2026-11-21T09:30:00.000Z`,
  }
}

function dateCell(survey: Survey): Read {
  const { dateForm: form } = survey
  const order = survey.order
  const read = dayReader(form, order, survey.hasShortYears)
  const mayMix = survey.dateFormat === 'auto'
  const wanted =
    form === 'numeric' ? (order === 'day-first' ? 'DD/MM/YYYY' : 'MM/DD/YYYY') : dateFormNames[form]
  return (cell) => {
    const plain = read(cell)
    if (plain !== '') return plain
    const text = dateText(cell)
    const found = read(text) || (mayMix ? otherPlainDay(form, text) : '')
    if (found !== '') return found
    const own = dateForm(text)
    const hint =
      otherCalendar(text) ||
      (own && own !== form ? `; it is written as ${dateFormNames[own]}` : otherOrder(text, form))
    const as = form === 'named-month' ? 'with the English name of its month' : `as ${wanted}`
    return { reason: 'bad_date', detail: `${quoted(cell)} is not a real day ${as}${hint}` }
  }
}

function otherCalendar(text: string): string {
  const year = /\d{4}/.exec(text)?.[0]
  if (!year || isYearOfMarkets(Number(year))) return ''
  return `; ${year} is no year of a market (other calendars are not read)`
}

function otherOrder(cell: string, form: string): string {
  const order = form === 'numeric' ? orderOf(cell) : undefined
  return order && order !== 'either' ? `; --date-format ${order} reads it` : ''
}

/** A contract column's heading in messages. */
export function headingFor(name: string): string {
  return csvNames[name as ColumnName] ?? ''
}
