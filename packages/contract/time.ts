// Days and times in messages.

/** Whether these ten characters are a day of the (proleptic) Gregorian calendar, 0001-01-01 to 9999-12-31. */
export function isDay(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}

/**
 * The canonical text of a time, `YYYY-MM-DD HH:mm:ss.SSS` in UTC, which Athena's JSON SerDes read. Accepts ISO 8601
 * with a zone, and the canonical form, also with fewer digits, without one; truncates to milliseconds. @returns
 * undefined for any other text, or a year outside 1 to 9999
 */
export function canonicalTime(text: string): string | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(Z|[+-][01]\d:[0-5]\d)?$/.exec(
      text,
    )
  if (!match || !isDay(match[1]!)) return undefined
  const [, day, hour, minute, second = '00', fraction = '', zone] = match
  if (zone === undefined && text[10] === 'T') return undefined
  const ms = fraction.slice(0, 3).padEnd(3, '0')
  const iso = new Date(`${day}T${hour}:${minute}:${second}.${ms}${zone ?? 'Z'}`).toISOString()
  return /^(?!0000)\d{4}-/.test(iso) ? iso.replace('T', ' ').slice(0, 23) : undefined
}
