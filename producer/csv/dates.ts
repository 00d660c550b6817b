// The format of a date column: the majority of its cells decides the format, and only proof decides the order of day
// and month.
import { isDay } from '@ticklake/contract/time.ts'
import { inAscii } from './digits.ts'

export const dateFormats = [
  'auto',
  'iso',
  'day-first',
  'month-first',
  'excel',
  'excel-1904',
  'epoch',
] as const
export type DateFormat = (typeof dateFormats)[number]

/**
 * A cell as the readers of dates take it: without blanks around it, with ASCII digits, 2024/1/2 for 2024年1月2日, and
 * 2024-01-02T09:30:00Z for 20240102t093000z.
 */
export function dateText(cell: string): string {
  const text = inAscii(cell.trim())
  const iso = /^(\d{4})-?(\d\d)-?(\d\d)[Tt](\d\d):?(\d\d)(.*)$/.exec(text)
  if (iso) {
    const [, year, month, day, hour, minute, rest] = iso
    return `${year}-${month}-${day}T${hour}:${minute}${rest!.replace(/^(?=\d)/, ':').toUpperCase()}`
  }
  const match = /^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일号](.*)$/.exec(text)
  return match ? `${match[1]}/${match[2]}/${match[3]}${match[4]}` : text
}

/** A cell's format. `numeric` is 3/4/2021, which needs the order of day and month. */
export type DateForm =
  | 'iso'
  | 'iso-time'
  | 'compact'
  | 'year-first'
  | 'named-month'
  | 'iso-week'
  | 'ordinal'
  | 'numeric'
  | 'two-digit-year'
  | 'excel'
  | 'excel-1904'
  | 'epoch'

export type DateOrder = 'day-first' | 'month-first'

const forms: readonly (readonly [DateForm, RegExp])[] = [
  ['iso', /^\d{4}-\d\d-\d\d$/],
  ['compact', /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/],
  ['year-first', /^(\d{4})([/.-]) ?(\d{1,2})\2 ?(\d{1,2})\.?$/],
  ['numeric', /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})$/],
  [
    'named-month',
    /^(?:[A-Za-z]{3,9},? )?(?:\d{1,2}(?:st|nd|rd|th)?[ -][A-Za-z]{3,9}\.?,?[ -]\d{4}|[A-Za-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{4}[ -][A-Za-z]{3,9}[ -]\d{1,2})$/,
  ],
  ['iso-week', /^(\d{4})-?W(\d\d)-?([1-7])$/],
  ['ordinal', /^(\d{4})-(\d{3})$/],
  ['two-digit-year', /^\d{1,2}([/. -])(?:\d{1,2}|[A-Za-z]{3,9})\1\d\d$/],
  ['excel', /^[1-9]\d{4}(?:\.\d+)?$/],
  ['epoch', /^\d{9,10}(?:\.\d+)?$|^\d{12,13}$|^\d{16}$|^\d{19}$/],
]

const timeForm =
  /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:[A-Z]{1,5}|[+-]\d\d:?(?:\d\d)?))?$/
/** ISO without colons, as in 2021-05-31T0930Z. */
const isoTime = /^\d{4}-\d\d-\d\d[T ]\d{4}(?:\d\d)?(?:Z|[+-]\d\d:?\d\d)?$/
/** Nothing longer is a date. */
const MAX_CELL = 64

/** The day and the time after it, if any; undefined if what follows is not a time. */
function dayPart(cell: string): { readonly text: string; readonly time: string } | undefined {
  if (cell.length > MAX_CELL) return undefined
  if (isoTime.test(cell)) return { text: cell.slice(0, 10), time: cell.slice(11) }
  const colon = cell.indexOf(':')
  if (colon === -1) return { text: cell, time: '' }
  const end = Math.max(cell.lastIndexOf(' ', colon), cell.lastIndexOf('T', colon))
  const time = cell.slice(end + 1)
  if (end < 1 || !timeForm.test(time)) return undefined
  return { text: cell.slice(0, end).trimEnd().replace(/,$/, ''), time }
}

/** The time of day after a cell's day, as written; '' if there is none. */
export function timeOf(cell: string): string {
  return dayPart(cell)?.time ?? ''
}

/** How messages show a format. */
export const dateFormNames: Readonly<Record<DateForm, string>> = {
  iso: 'YYYY-MM-DD',
  'iso-time': 'YYYY-MM-DD with a time',
  compact: 'YYYYMMDD',
  'year-first': 'YYYY/MM/DD',
  'named-month': 'with the name of the month',
  'iso-week': 'YYYY-Www-D (week and its day)',
  ordinal: 'YYYY-DDD (day of the year)',
  numeric: 'DD/MM/YYYY or MM/DD/YYYY',
  'two-digit-year': 'with a year of two digits',
  excel: 'Excel serial numbers',
  'excel-1904': 'Excel serial numbers since 1904',
  epoch: 'seconds, or fractions of them, since 1970',
}

export function dateForm(cell: string): DateForm | undefined {
  const part = dayPart(cell)
  const form = part && forms.find(([, one]) => one.test(part.text))?.[0]
  if (!part?.time) return form
  if (form === 'iso') return 'iso-time'
  return form === 'excel' || form === 'epoch' ? undefined : form
}

/** Formats in which each cell is unambiguous. */
const plainForms: readonly DateForm[] = [
  'iso',
  'iso-time',
  'compact',
  'year-first',
  'named-month',
  'iso-week',
  'ordinal',
]

/**
 * Reads a cell in another format than its column's, if both are unambiguous: such a column was joined from several
 * files. A time of day is not dropped this way.
 */
export function otherPlainDay(form: DateForm, cell: string): string {
  const own = plainForms.includes(form) ? dateForm(cell) : undefined
  if (!own || own === form || !plainForms.includes(own) || isWithinDay(own, cell)) return ''
  return dayReader(own, 'day-first')(cell)
}

const numericForm = forms.find(([form]) => form === 'numeric')![1]
const yearFirstForm = forms.find(([form]) => form === 'year-first')![1]
const isoWeekForm = forms.find(([form]) => form === 'iso-week')![1]
const ordinalForm = forms.find(([form]) => form === 'ordinal')![1]

/** What one cell proves about the order of day and month: one, both possible, or (undefined) that it is not a date. */
export function orderOf(cell: string, shortYears = false): DateOrder | 'either' | undefined {
  const parts = numericParts(cell, shortYears)
  if (!parts) return undefined
  const { first, second, year } = parts
  const isDayFirst = isDay(day(year, second, first))
  const isMonthFirst = isDay(day(year, first, second))
  // 5/5/2021 is the same day in both orders.
  if (isDayFirst && isMonthFirst) return Number(first) === Number(second) ? undefined : 'either'
  return isDayFirst ? 'day-first' : isMonthFirst ? 'month-first' : undefined
}

/** 3/4/2021, and 3/4/21 where the user has said the order. */
function numericParts(
  cell: string,
  shortYears: boolean,
): { readonly first: string; readonly second: string; readonly year: string } | undefined {
  const text = dayPart(cell)?.text ?? ''
  const match = numericForm.exec(text) ?? (shortYears ? shortYearForm.exec(text) : null)
  return match ? { first: match[1]!, second: match[3]!, year: fullYear(match[4]!) } : undefined
}

const shortYearForm = /^(\d{1,2})([/.-])(\d{1,2})\2(\d\d)$/
const shortNamedForm = /^(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d\d)$/

/** A year of two digits is the last one that is not in the future. */
function fullYear(year: string): string {
  if (year.length === 4) return year
  const century = Number(`20${year}`) > new Date().getUTCFullYear() ? '19' : '20'
  return `${century}${year}`
}

function shortNamedMonth(cell: string): string {
  const match = shortNamedForm.exec(dayPart(cell)?.text ?? '')
  return match ? namedMonth(`${match[1]} ${match[2]} ${fullYear(match[3]!)}`) : ''
}

const dayBeforeMonth = /^(\d{4})([/.-]?) ?(\d{1,2})\2 ?(\d{1,2})\.?$/

/**
 * What one cell with its year first proves about the next two parts: 2021-31-05 has the day before the month.
 * Undefined: nothing, as in 2021-06-05.
 */
export function yearFirstOrderOf(form: DateForm, cell: string): DateOrder | undefined {
  if (form !== 'iso' && form !== 'iso-time' && form !== 'compact' && form !== 'year-first') return undefined
  const match = dayBeforeMonth.exec(dayPart(cell)?.text ?? '')
  if (!match) return undefined
  const [year, second, third] = [match[1]!, match[3]!, match[4]!]
  const isMonthFirst = isDay(day(year, second, third))
  const isDayFirst = isDay(day(year, third, second))
  if (isMonthFirst === isDayFirst) return undefined
  return isMonthFirst ? 'month-first' : 'day-first'
}

/**
 * Reads the cells of one format; '' if a cell is not a real day in that format. The time of day is dropped.
 * @param shortYears whether 3/4/21 is read among numeric dates
 */
export function dayReader(form: DateForm, order: DateOrder, shortYears = false): (cell: string) => string {
  const read = {
    iso: (cell: string) => cell,
    'iso-time': (cell: string) => (dateForm(cell) === 'iso-time' ? cell.slice(0, 10) : ''),
    compact: (cell: string) => {
      const { text } = dayPart(cell) ?? { text: '' }
      return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
    },
    'year-first': (cell: string) => {
      const match = yearFirstForm.exec(dayPart(cell)?.text ?? '')
      return match ? day(match[1]!, match[3]!, match[4]!) : ''
    },
    numeric: (cell: string) => {
      const parts = numericParts(cell, shortYears)
      if (!parts) return shortYears ? shortNamedMonth(cell) : ''
      const { first, second, year } = parts
      return order === 'day-first' ? day(year, second, first) : day(year, first, second)
    },
    'named-month': namedMonth,
    'iso-week': weekDay,
    ordinal: dayOfYear,
    'two-digit-year': () => '',
    excel: (cell: string) => excelDay(cell, EXCEL_ZERO_MS),
    'excel-1904': (cell: string) => excelDay(cell, MAC_ZERO_MS),
    epoch: epochDay,
  }[form]
  return (cell) => {
    const found = read(cell)
    return isDay(found) && isYearOfMarkets(Number(found.slice(0, 4))) ? found : ''
  }
}

const LAST_YEAR = new Date().getUTCFullYear() + 100

/**
 * Whether a market can have had rows in that year: not in 2567 and 1445, as calendars of Thailand and of Islam count.
 * What lies ahead may be generated rows.
 */
export function isYearOfMarkets(year: number): boolean {
  return year >= 1600 && year <= LAST_YEAR
}

/**
 * The instant that a cell names, as canonicalTime takes it; undefined if it has no time of day, or no zone, without
 * which the instant is unknown.
 */
export function momentOf(form: DateForm, cell: string): string | undefined {
  if (form === 'epoch' && dateForm(cell) === 'epoch') return new Date(epochMs(cell)).toISOString()
  const match = form === 'iso-time' ? isoMoment.exec(cell) : null
  if (!match) return undefined
  const [, day, hour, minute, second = '00', fraction = '', zone] = match
  const offset = /^[+-]/.test(zone!) ? `${zone!.slice(0, 3)}:${zone!.slice(3).replace(':', '') || '00'}` : 'Z'
  return `${day}T${hour}:${minute}:${second}${fraction.replace(',', '.')}${offset}`
}

const isoMoment =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)([.,]\d{1,9})?)? ?(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)$/

/** Whether a cell has a time other than midnight: a column with one has trades, not days. */
export function isWithinDay(form: DateForm, cell: string): boolean {
  const time = form === 'epoch' ? momentOf(form, cell)?.slice(11) : form === 'iso-time' ? cell.slice(11) : ''
  return time !== undefined && /^\d\d/.test(time) && !/^00:?00(?:$|:?00(?!\d)|[^\d:])/.test(time)
}

function day(year: string, month: string, date: string): string {
  return `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const monthNames = [
  ...['january', 'february', 'march', 'april', 'june', 'july', 'august', 'september', 'october'],
  ...['november', 'december', 'sept'],
]

function namedMonth(cell: string): string {
  if (dateForm(cell) !== 'named-month') return ''
  const { text } = dayPart(cell)!
  // The last name is the month: a weekday before it may look like one, such as Spanish `mar` for Tuesday.
  const name = text
    .toLowerCase()
    .match(/[a-z]+/g)
    ?.at(-1)
  const [one, two] = text.match(/\d+/g) ?? []
  if (!name || !one || !two || !(months.includes(name) || monthNames.includes(name))) return ''
  const month = String(months.indexOf(name.slice(0, 3)) + 1)
  return one.length === 4 ? day(one, month, two) : day(two, month, one)
}

const DAY_MS = 86_400_000
/** Excel counts from 1899-12-30, because it treats 1900 as a leap year. */
const EXCEL_ZERO_MS = Date.UTC(1899, 11, 30)
/** Workbooks of old Macs. */
const MAC_ZERO_MS = Date.UTC(1904, 0, 1)

function excelDay(cell: string, zeroMs: number): string {
  return dateForm(cell) === 'excel' ? utcDay(zeroMs + Math.floor(Number(cell)) * DAY_MS) : ''
}

/** The day of an ISO 8601 week, whose first week has the year's 4 January; '' for a week 53 that the year has not. */
function weekDay(cell: string): string {
  const [, year, week, weekday] = isoWeekForm.exec(dayPart(cell)?.text ?? '') ?? []
  if (!year) return ''
  const fourth = Date.UTC(Number(year), 0, 4)
  const mondayMs =
    fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS + (Number(week) - 1) * 7 * DAY_MS
  const isOfYear = utcDay(mondayMs + 3 * DAY_MS).slice(0, 4) === year
  return isOfYear ? utcDay(mondayMs + (Number(weekday) - 1) * DAY_MS) : ''
}

function dayOfYear(cell: string): string {
  const [, year, day] = ordinalForm.exec(dayPart(cell)?.text ?? '') ?? []
  if (!year) return ''
  const found = utcDay(Date.UTC(Number(year), 0, Number(day)))
  return found.slice(0, 4) === year ? found : ''
}

function epochDay(cell: string): string {
  if (dateForm(cell) !== 'epoch') return ''
  return utcDay(epochMs(cell))
}

/** Seconds, milliseconds, microseconds or nanoseconds, by the number of digits. */
function epochMs(cell: string): number {
  if (cell.length === 16 || cell.length === 19) return Number(cell.slice(0, 13))
  return Number(cell) * (/^\d{12,13}$/.test(cell) ? 1 : 1000)
}

function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
