// A crawler's schedule: AWS's cron expressions of six fields, always in UTC.

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const fields: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day of week', least: 1, most: 7, names: weekdays },
  { name: 'year', least: 1970, most: 2199 },
]

/** Whether a day of a month matches; months count from 0. */
type DayTest = (year: number, month: number, day: number) => boolean

export interface Schedule {
  /** The first time after the given one, in milliseconds; undefined if there is none. */
  readonly next: (afterMs: number) => number | undefined
}

const dayMs = 24 * 60 * 60 * 1000
/** Within eight years every combination of the 29th of February with a weekday occurs. */
const daysToSearch = 366 * 41

/** @throws Error that names the field of an invalid expression */
export function schedule(expression: string): Schedule {
  const match = /^cron\(([^()]*)\)$/.exec(expression.trim())
  const texts = match?.[1]?.trim().split(/\s+/) ?? []
  if (texts.length !== fields.length)
    throw new Error('six fields are needed: minutes hours day month weekday year')
  const [minuteText, hourText, dayText, monthText, weekdayText, yearText] = texts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  if ((dayText === '?') === (weekdayText === '?')) {
    throw new Error('exactly one of day of month and day of week must be ?')
  }
  const minutes = values(minuteText, fields[0]!)
  const hours = values(hourText, fields[1]!)
  const monthSet = new Set(values(monthText, fields[3]!))
  const years = new Set(values(yearText, fields[5]!))
  const isDay = dayText === '?' ? weekdayTest(weekdayText) : dayTest(dayText)

  return {
    next(afterMs) {
      const start = new Date(afterMs)
      let dayStart = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate())
      for (let i = 0; i < daysToSearch; i++, dayStart += dayMs) {
        const date = new Date(dayStart)
        const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
        if (!years.has(year) || !monthSet.has(month + 1) || !isDay(year, month, day)) continue
        for (const hour of hours) {
          for (const minute of minutes) {
            const time = dayStart + (hour * 60 + minute) * 60_000
            if (time > afterMs) return time
          }
        }
      }
      return undefined
    },
  }
}

/** `1,5-7,0/15,*`: the numbers in order. @throws Error */
function values(text: string, field: Field): number[] {
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/')
    const step = stepText === undefined ? 1 : number(stepText, { ...field, least: 1 })
    const [fromText = '', toText] = range.split('-')
    const isAll = range === '*' || (range === '?' && field.name.startsWith('day'))
    const from = isAll ? field.least : number(fromText, field)
    const open = isAll || stepText !== undefined
    const to = toText === undefined ? (open ? field.most : from) : number(toText, field)
    // FRI-MON continues over the end of the week.
    const last = to < from && field.names ? to + field.most : to
    if (last < from) throw new Error(`${field.name}: ${part} ends before it begins`)
    for (let value = from; value <= last; value += step) {
      found.add(value > field.most ? value - field.most : value)
    }
  }
  return [...found].sort((a, b) => a - b)
}

function number(text: string, { name, least, most, names }: Field): number {
  const word = names?.indexOf(text.toUpperCase()) ?? -1
  const value = word >= 0 ? word + 1 : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most))
    throw new Error(`${name}: ${text} is not between ${least} and ${most}`)
  return value
}

const lastDay = (year: number, month: number) => new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
const weekdayOf = (year: number, month: number, day: number) =>
  new Date(Date.UTC(year, month, day)).getUTCDay() + 1

/** `L` is the last day, `L-3` three days before it, `15W` the weekday nearest to the 15th, `LW` the last weekday. */
function dayTest(text: string): DayTest {
  if (text === 'LW') return (year, month, day) => day === nearestWeekday(year, month, lastDay(year, month))
  const fromEnd = /^L(?:-(\d{1,2}))?$/.exec(text)
  if (fromEnd) return (year, month, day) => day === lastDay(year, month) - Number(fromEnd[1] ?? 0)
  const nearest = /^(\d{1,2})W$/.exec(text)
  if (nearest) {
    const wanted = number(nearest[1]!, fields[2]!)
    return (year, month, day) => wanted <= lastDay(year, month) && day === nearestWeekday(year, month, wanted)
  }
  const days = new Set(values(text, fields[2]!))
  return (_year, _month, day) => days.has(day)
}

/** The weekday nearest to a day, in the same month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const weekday = weekdayOf(year, month, day)
  if (weekday === 7) return day > 1 ? day - 1 : day + 2
  if (weekday === 1) return day < lastDay(year, month) ? day + 1 : day - 2
  return day
}

/** `2#1` is the first Monday of a month, `6L` its last Friday, `L` Saturday. */
function weekdayTest(text: string): DayTest {
  const nth = /^(\w{1,3})#([1-5])$/.exec(text)
  if (nth) {
    const weekday = number(nth[1]!, fields[4]!)
    return (year, month, day) =>
      weekdayOf(year, month, day) === weekday && Math.ceil(day / 7) === Number(nth[2])
  }
  const last = /^(\d|[A-Za-z]{3})L$/.exec(text)
  if (last) {
    const weekday = number(last[1]!, fields[4]!)
    return (year, month, day) => weekdayOf(year, month, day) === weekday && day > lastDay(year, month) - 7
  }
  const days = new Set(values(text === 'L' ? '7' : text, fields[4]!))
  return (year, month, day) => days.has(weekdayOf(year, month, day))
}
