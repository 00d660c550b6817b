// The fast road of the verdict: tells by the bytes alone that a message is already in canonical form.
import { tickColumns } from './columns.ts'

/** A number's text may be this long; longer ones, and exponents, take the slow road, where overflow is seen. */
const MAX_NUMBER = 24
const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39

const encoder = new TextEncoder()

/** What stands before each value, quotes of strings included: `{"index":"`, `","date":"`, `","open":` ... */
const steps = tickColumns.map((column, i) => {
  const quotedBefore = i > 0 && tickColumns[i - 1]!.glue !== 'double'
  const kind = column.glue === 'double' ? 'number' : column.glue === 'date' ? 'date' : 'text'
  const lead = `${i === 0 ? '{' : quotedBefore ? '",' : ','}"${column.name}":${kind === 'number' ? '' : '"'}`
  return { lead: encoder.encode(lead), kind, nullable: column.nullable } as const
})
const NULL = encoder.encode('null')

/**
 * Whether the bytes are a tick in canonical form: the nine keys in order, no spaces, an index of printable ASCII, a
 * real date, plain decimal numbers. False says nothing against the record: it is then parsed and judged.
 */
export function isCanonical(bytes: Uint8Array): boolean {
  let at = 0
  for (const { lead, kind, nullable } of steps) {
    if (!matches(bytes, at, lead)) return false
    at += lead.length
    if (nullable && bytes[at] === 0x6e) {
      if (!matches(bytes, at, NULL)) return false
      at += NULL.length
    } else if (kind === 'number') at = afterNumber(bytes, at)
    else if (kind === 'date') at = isDate(bytes, at) ? at + 10 : -1
    else at = afterText(bytes, at)
    if (at < 0) return false
  }
  return at === bytes.length - 1 && bytes[at] === 0x7d
}

function matches(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

/** The position of the closing quote, or -1: empty, too long, escaped, or not printable ASCII. */
function afterText(bytes: Uint8Array, start: number): number {
  let at = start
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) break
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return -1
  }
  return at === start || at - start > 256 || at === bytes.length ? -1 : at
}

/** The position after a plain decimal number, or -1. Minus zero has no canonical form, so `-0…` is not plain. */
function afterNumber(bytes: Uint8Array, start: number): number {
  let at = start
  if (bytes[at] === MINUS) {
    at++
    if (bytes[at] === ZERO) return -1
  }
  const whole = at
  while (isDigit(bytes[at])) at++
  if (at === whole || (at - whole > 1 && bytes[whole] === ZERO)) return -1
  if (bytes[at] === POINT) {
    const fraction = ++at
    while (isDigit(bytes[at])) at++
    if (at === fraction) return -1
  }
  return at - start > MAX_NUMBER ? -1 : at
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false
  const year = digits(bytes, at, 4)
  const month = digits(bytes, at + 5, 2)
  const day = digits(bytes, at + 8, 2)
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= DAYS[month - 1]! + (leap ? 1 : 0)
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    if (!isDigit(bytes[i])) return Number.NaN
    value = value * 10 + (bytes[i]! - ZERO)
  }
  return value
}
