// The fast path of validation: recognizes a canonical message by its bytes alone.
import { CONTRACT_VERSION, type TickType, tickColumns } from './columns.ts'

/** The longest number text; longer ones, and exponents, take the slow path, which detects overflow. */
const MAX_NUMBER = 24
/** The longest string in bytes; here each byte is one character. */
const MAX_TEXT = 256
const QUOTE = 0x22
const BRACE = 0x7d
const MINUS = 0x2d
const POINT = 0x2e
const SPACE = 0x20
const COLON = 0x3a
const ZERO = 0x30
const NINE = 0x39

/** The bytes before a value, in chunks of four; the last chunk overlaps the one before it. */
interface Lead {
  readonly length: number
  readonly chunks: readonly number[]
}

const encoder = new TextEncoder()

type Kind = 'number' | 'date' | 'time' | 'text'
const kinds: Record<TickType, Kind> = { double: 'number', date: 'date', timestamp: 'time', string: 'text' }

const firstColumns = tickColumns.filter(({ since }) => since === 1)

/** The bytes before each value, including the quotes of strings: `{"index":"`, `","date":"`, `","open":` ... */
const steps = firstColumns.map(({ name, glue, nullable }, i) => {
  const quotedBefore = i > 0 && firstColumns[i - 1]!.glue !== 'double'
  const kind = kinds[glue]
  const lead = `${i === 0 ? '{' : quotedBefore ? '",' : ','}"${name}":${kind === 'number' ? '' : '"'}`
  return { lead: leadOf(lead), kind, nullable } as const
})

/** The columns that were added later, each of which may be missing: `,"source":"`. The one before them is a number. */
const addedSteps = tickColumns
  .filter(({ since }) => since > 1)
  .map(({ name, glue, since }) => {
    const kind = kinds[glue]
    return { lead: leadOf(`,"${name}":${kind === 'number' ? '' : '"'}`), kind, since } as const
  })
const NULL = leadOf('null')

/**
 * Whether bytes[start, end) are a tick in canonical form: the first nine keys in order, then those of the added columns
 * that have a value, no spaces, texts of printable ASCII, a real date, plain decimal numbers. False does not reject the
 * record: it is then parsed and validated.
 *
 * Bytes after `end` may be read, but do not matter: positions only rise, and the last one must be `end`.
 * @param contract the version that determines the columns
 */
export function isCanonical(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  contract: number = CONTRACT_VERSION,
): boolean {
  let at = start
  for (let i = 0; i < steps.length; i++) {
    const { lead, kind, nullable } = steps[i]!
    if (!startsWith(bytes, at, lead)) return false
    at += lead.length
    if (nullable && bytes[at] === 0x6e) {
      if (!startsWith(bytes, at, NULL)) return false
      at += NULL.length
    } else if (kind === 'number') at = afterNumber(bytes, at)
    else if (kind === 'date') at = isDate(bytes, at) ? at + 10 : -1
    else at = afterText(bytes, at)
    if (at < 0) return false
  }
  return (at === end - 1 && bytes[at] === BRACE) || endsWithAdded(bytes, at, end, contract)
}

/** Whether only values of added columns are left. */
function endsWithAdded(bytes: Uint8Array, start: number, end: number, contract: number): boolean {
  let at = start
  for (const { lead, kind, since } of addedSteps) {
    if (since > contract || !startsWith(bytes, at, lead)) continue
    const value = at + lead.length
    if (kind === 'number') at = afterNumber(bytes, value)
    else {
      const quote = kind === 'text' ? afterText(bytes, value) : afterDayOrTime(bytes, value, kind)
      at = quote < 0 || bytes[quote] !== QUOTE ? -1 : quote + 1
    }
    if (at < 0) return false
  }
  return at === end - 1 && bytes[at] === BRACE
}

function leadOf(text: string): Lead {
  const bytes = encoder.encode(text)
  const chunks: number[] = []
  for (let at = 0; at + 4 < bytes.length; at += 4) chunks.push(chunkAt(bytes, at))
  return { length: bytes.length, chunks: [...chunks, chunkAt(bytes, bytes.length - 4)] }
}

/** Four bytes at a time: that halves the cost of all validation. */
function startsWith(bytes: Uint8Array, at: number, { length, chunks }: Lead): boolean {
  const last = chunks.length - 1
  for (let i = 0; i < last; i++) if (chunkAt(bytes, at + 4 * i) !== chunks[i]) return false
  return chunkAt(bytes, at + length - 4) === chunks[last]
}

function chunkAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** The position of the closing quote, or -1: empty, too long, escaped, or not printable ASCII. */
function afterText(bytes: Uint8Array, start: number): number {
  let at = start
  for (; at < bytes.length && at - start <= MAX_TEXT; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) break
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return -1
  }
  return at === start || at - start > MAX_TEXT || at === bytes.length ? -1 : at
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

function afterDayOrTime(bytes: Uint8Array, at: number, kind: 'date' | 'time'): number {
  if (kind === 'date') return isDate(bytes, at) ? at + 10 : -1
  return isTime(bytes, at) ? at + 23 : -1
}

/** `YYYY-MM-DD HH:mm:ss.SSS` */
function isTime(bytes: Uint8Array, at: number): boolean {
  return (
    isDate(bytes, at) &&
    bytes[at + 10] === SPACE &&
    digits(bytes, at + 11, 2) <= 23 &&
    bytes[at + 13] === COLON &&
    digits(bytes, at + 14, 2) <= 59 &&
    bytes[at + 16] === COLON &&
    digits(bytes, at + 17, 2) <= 59 &&
    bytes[at + 19] === POINT &&
    digits(bytes, at + 20, 3) <= 999
  )
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    if (!isDigit(bytes[i])) return Number.NaN
    value = value * 10 + (bytes[i]! - ZERO)
  }
  return value
}
