// Partition projection by months or years, which the engine does not count: it gets the values as a list.

export interface DateProjection {
  /** Two bounds, comma-separated, in the format or as `NOW-3YEARS`. */
  readonly range: string
  /** Java's pattern, of which `y`, `M`, `d`, `H`, `m`, `s` and quoted texts are supported. */
  readonly format: string
  readonly interval: string | undefined
  readonly unit: string | undefined
}

/** The engine itself refuses more values. */
const mostValues = 10_000

/** The values in order; undefined if the engine can count by itself, or the property is not such a projection. */
export function calendarValues(projection: DateProjection, now: Date): string[] | undefined {
  const parts = formatParts(projection.format)
  if (!parts) return undefined
  const months = monthsPerStep(projection, parts)
  if (months === undefined) return undefined
  const [first, last, ...more] = projection.range.split(',').map((bound) => boundOf(bound.trim(), parts, now))
  if (!first || !last || more.length > 0) return undefined
  const values: string[] = []
  for (let step = 0; values.length <= mostValues; step++) {
    const at = new Date(first)
    at.setUTCMonth(at.getUTCMonth() + step * months)
    if (at > last) return values
    values.push(parts.map((part) => formatted(part, at)).join(''))
  }
  return undefined
}

/** A time this far from now. */
export function shifted(now: Date, count: number, unit: string): Date {
  const far = new Date(now)
  switch (unit.replace(/s$/i, '').toUpperCase()) {
    case 'YEAR':
      far.setUTCFullYear(far.getUTCFullYear() + count)
      break
    case 'MONTH':
      far.setUTCMonth(far.getUTCMonth() + count)
      break
    case 'WEEK':
      far.setUTCDate(far.getUTCDate() + 7 * count)
      break
    case 'DAY':
      far.setUTCDate(far.getUTCDate() + count)
      break
  }
  return far
}

type Part = { readonly letter: string; readonly width: number } | { readonly text: string }

/** Undefined for a format with other letters: names of months, time zones. */
function formatParts(format: string): Part[] | undefined {
  const parts: Part[] = []
  for (const [text, quoted, letters] of format.matchAll(/'([^']*)'|([a-zA-Z])\2*|[^a-zA-Z']/g)) {
    if (quoted !== undefined) parts.push({ text: quoted === '' ? "'" : quoted })
    else if (letters === undefined) parts.push({ text })
    else if (/^(?:y+|u+|M{1,2}|d{1,2}|H{1,2}|m{1,2}|s{1,2})$/.test(text))
      parts.push({ letter: letters.replace('u', 'y'), width: text.length })
    else return undefined
  }
  return parts
}

/** Without a unit, the unit of the format's finest letter. */
function monthsPerStep({ interval, unit }: DateProjection, parts: readonly Part[]): number | undefined {
  const letters = parts.map((part) => ('letter' in part ? part.letter : ''))
  const isFiner = ['d', 'H', 'm', 's'].some((letter) => letters.includes(letter))
  const implied = isFiner ? 'DAYS' : letters.includes('M') ? 'MONTHS' : 'YEARS'
  const step = Number(interval ?? 1)
  if (!Number.isInteger(step) || step < 1) return undefined
  switch ((unit ?? implied).trim().replace(/s$/i, '').toUpperCase()) {
    case 'MONTH':
      return step
    case 'YEAR':
      return 12 * step
    default:
      return undefined
  }
}

/** The start of the period that a bound names. */
function boundOf(text: string, parts: readonly Part[], now: Date): Date | undefined {
  const relative = /^NOW\s*(?:([+-])\s*(\d+)\s*([A-Z]+)\s*)?$/i.exec(text)
  if (relative) {
    const [, sign, count, unit] = relative
    return unit === undefined ? now : shifted(now, Number(`${sign}${count}`), unit)
  }
  const field: Record<string, number> = { y: 1970, M: 1, d: 1, H: 0, m: 0, s: 0 }
  let at = 0
  for (const part of parts) {
    if ('text' in part) {
      if (!text.startsWith(part.text, at)) return undefined
      at += part.text.length
      continue
    }
    const digits = text.slice(at, at + (part.letter === 'y' ? 4 : 2))
    if (!/^\d+$/.test(digits)) return undefined
    field[part.letter] = Number(digits)
    at += digits.length
  }
  if (at !== text.length) return undefined
  return new Date(Date.UTC(field.y!, field.M! - 1, field.d, field.H, field.m, field.s))
}

function formatted(part: Part, at: Date): string {
  if ('text' in part) return part.text
  const values: Record<string, number> = {
    y: at.getUTCFullYear(),
    M: at.getUTCMonth() + 1,
    d: at.getUTCDate(),
    H: at.getUTCHours(),
    m: at.getUTCMinutes(),
    s: at.getUTCSeconds(),
  }
  return String(values[part.letter]).padStart(part.width, '0')
}
