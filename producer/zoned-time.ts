// Local days and times of an exchange, including daylight saving time.

const formats = new Map<string, Intl.DateTimeFormat>()

/** The instant in that zone, such as `2026-03-08 01:59:59`. @throws RangeError if there is no such zone */
export function zonedText(ms: number, zone: string): string {
  let format = formats.get(zone)
  if (!format) {
    const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
    const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
    // This locale writes days as in ISO 8601.
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, ...day, ...time })
    formats.set(zone, format)
  }
  return format.format(ms).replace(', ', ' ')
}

/** The trading day of an instant. */
export function zonedDay(ms: number, zone: string): string {
  return zonedText(ms, zone).slice(0, 10)
}

/**
 * The instant of `2026-03-08 09:30:00` in that zone; in a repeated hour, the first. @returns NaN if the text is not a
 * time
 */
export function instantOf(text: string, zone: string): number {
  const asUtc = Date.parse(`${text.replace(' ', 'T')}Z`)
  if (Number.isNaN(asUtc)) return asUtc
  const offsetAt = (ms: number) => Date.parse(`${zonedText(ms, zone).replace(' ', 'T')}Z`) - ms
  // A zone's offset changes at most once within two days, so only the offsets of the day before and after are possible.
  const offsets = [offsetAt(asUtc - 86_400_000), offsetAt(asUtc + 86_400_000)]
  const match = offsets.map((offset) => asUtc - offset).filter((ms) => ms + offsetAt(ms) === asUtc)
  return match.length > 0 ? Math.min(...match) : asUtc - offsets[0]!
}
