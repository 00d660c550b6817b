// Reads the text of a number into a typed array: exactly the value of Number(), without making a string.

const ZERO = 0x30
const POINT = 0x2e
const MINUS = 0x2d

/** Digits that fit into a 32-bit integer. */
const MAX_PART = 9
/** Every whole number with this many digits is exact as a double, as is every power of ten up to 10^22. */
const MAX_EXACT = 15

const powers = Float64Array.from({ length: MAX_EXACT + 1 }, (_, i) => 10 ** i)

/**
 * Stores the number that starts at `start` as `values[index]`. With up to 15 digits its value is one exact division,
 * which IEEE 754 rounds correctly (Clinger's fast path). Longer numbers, and those with an exponent, go through
 * Number(). The value is stored here because returning a double and a position would allocate. @returns the position
 * after the number
 */
export function readNumber(bytes: Uint8Array, start: number, values: Float64Array, index: number): number {
  let at = start
  const isNegative = bytes[at] === MINUS
  if (isNegative) at++
  let whole = 0
  let digit = bytes[at]! - ZERO
  const wholeStart = at
  while (digit >= 0 && digit <= 9) {
    whole = (whole * 10 + digit) | 0
    digit = bytes[++at]! - ZERO
  }
  const wholeDigits = at - wholeStart
  let fraction = 0
  let fractionDigits = 0
  if (bytes[at] === POINT) {
    const fractionStart = ++at
    digit = bytes[at]! - ZERO
    while (digit >= 0 && digit <= 9) {
      fraction = (fraction * 10 + digit) | 0
      digit = bytes[++at]! - ZERO
    }
    fractionDigits = at - fractionStart
  }
  const isPlain =
    wholeDigits <= MAX_PART && fractionDigits <= MAX_PART && wholeDigits + fractionDigits <= MAX_EXACT
  if (!isPlain || isExponent(bytes[at])) return readAny(bytes, start, values, index)
  const power = powers[fractionDigits]!
  const value = (whole * power + fraction) / power
  values[index] = isNegative ? -value : value
  return at
}

function isExponent(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45
}

/** Longer whole numbers, such as a volume of 10 billion, and whatever needs Number(). */
function readAny(bytes: Uint8Array, start: number, values: Float64Array, index: number): number {
  let end = start
  let whole = 0
  for (; isOfNumber(bytes[end]); end++) {
    const digit = bytes[end]! - ZERO
    whole = digit >= 0 && digit <= 9 ? whole * 10 + digit : Number.NaN
  }
  values[index] =
    whole < Number.MAX_SAFE_INTEGER
      ? whole
      : Number(Buffer.from(bytes.subarray(start, end)).toString('latin1'))
  return end
}

/** What a number's text may contain: digits, signs, a point, an exponent. */
function isOfNumber(byte: number | undefined): boolean {
  return (
    byte !== undefined &&
    ((byte >= ZERO && byte <= 0x39) || byte === POINT || byte === MINUS || byte === 0x2b || isExponent(byte))
  )
}
