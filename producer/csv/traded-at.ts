// When each row was traded: from a date with time and zone, or with the zone that the user gave.
import { nameKey } from '@ticklake/contract/aliases.ts'
import { canonicalTime } from '@ticklake/contract/time.ts'
import { instantOf } from '../zoned-time.ts'
import { type DateForm, dateText, isWithinDay, momentOf, timeOf } from './dates.ts'
import type { Cells } from './dialect.ts'
import { inAscii } from './digits.ts'
import type { Header } from './header.ts'
import { isMissing } from './missing-values.ts'
import { quoted } from './numbers.ts'

const timeHeadings: readonly string[] = ['time', 'zeit', 'uhrzeit', 'heure', 'hora', 'ora', 'время', '时间']
/** 9:30, 09:30:00.5, 093000, 4:00 PM, 16:00 EST: such letters are ambiguous, so the user's zone applies. */
const clockForm = /^(\d{1,2}):?(\d\d)(?::?(\d\d)([.,]\d{1,3})?)?(?: ?([AaPp])\.?[Mm]\.?)?(?: [A-Z]{3,5})?$/

/** What the first rows of a file show about times of day. */
export interface Clock {
  /** The separate column with the time, if there is one. */
  readonly column: number | undefined
  /** Whether a time differs from midnight, so that rows are of instants, not of days. */
  readonly isWithinDay: boolean
  /** Whether the cells have their own zone. */
  readonly hasZone: boolean
}

export function clockOf(header: Header, form: DateForm, sample: readonly Cells[]): Clock {
  const date = header.groups[0]!.at.date!
  const beside = header.unused.find((at) => timeHeadings.includes(nameKey(header.headings[at]!)))
  const days = sample.map((cells) => dateText(cells[date]!))
  const isDayOnly = days.every((day) => timeOf(day) === '')
  const column = isDayOnly ? beside : undefined
  const texts =
    column === undefined ? days.map(timeOf) : sample.map((cells) => inAscii(cells[column]!.trim()))
  return {
    column,
    isWithinDay:
      days.some((day) => isWithinDay(form, day)) ||
      texts.some((text) => !/^00:00:00/.test(timeOfDay(text) ?? '00:00:00')),
    hasZone: days.some((day) => momentOf(form, day) !== undefined),
  }
}

type Moment = string | { readonly reason: string; readonly detail: string } | undefined

/** @returns a reader of `traded_at` from a row's cells and its day; undefined if rows are of days */
export function momentReader(
  clock: Clock,
  form: DateForm,
  date: number,
  timeZone: string | undefined,
): ((cells: Cells, day: string) => Moment) | undefined {
  if (!clock.isWithinDay) return undefined
  const { column } = clock
  return (cells, day) => {
    const cell = dateText(cells[date]!)
    const own = momentOf(form, cell)
    if (own !== undefined) return canonicalTime(own) ?? own
    if (timeZone === undefined) {
      if (!clock.hasZone || timeOf(cell) === '') return undefined
      return { reason: 'bad_timestamp', detail: `${quoted(cell)} has no zone, unlike the rest of the column` }
    }
    const text = column === undefined ? timeOf(cell) : inAscii(cells[column]!.trim())
    if (isMissing(text)) return undefined
    const time = timeOfDay(text)
    const [seconds, fraction = '0'] = time?.split('.') ?? []
    const ms = instantOf(`${day} ${seconds}`, timeZone) + Number(`0.${fraction}`) * 1_000
    if (Number.isNaN(ms)) return { reason: 'bad_timestamp', detail: `${quoted(text)} is not a time of day` }
    return canonicalTime(new Date(ms).toISOString())
  }
}

/** `16:00:00` for `4:00 PM`; undefined if the text is not a time of day. */
function timeOfDay(text: string): string | undefined {
  const match = clockForm.exec(text)
  if (!match) return undefined
  const [, hour, minute, second = '00', fraction = '', half] = match
  const hours =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  return `${String(hours).padStart(2, '0')}:${minute}:${second}${fraction.replace(',', '.')}`
}
