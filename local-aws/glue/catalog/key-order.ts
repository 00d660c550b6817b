// Compares the values of a partition key with a literal: by the key's type, without rounding.
/** How Hive writes the partition of rows whose key is NULL. */
export const nullPartition = '__HIVE_DEFAULT_PARTITION__'
export const isNull = (value: string) => value === nullPartition

/**
 * Matches LIKE's pattern against the whole text: `%` is any text, `_` any character. After a mismatch only the last `%`
 * takes one more character, so the cost is at most the pattern's length times the text's.
 */
export function likeTest(pattern: string): (text: string) => boolean {
  return (text) => {
    let at = 0
    let inPattern = 0
    let lastAny = -1
    let resumeAt = 0
    while (at < text.length) {
      if (pattern[inPattern] === '%') {
        lastAny = inPattern++
        resumeAt = at
      } else if (pattern[inPattern] === '_' || pattern[inPattern] === text[at]) {
        inPattern++
        at++
      } else if (lastAny >= 0) {
        inPattern = lastAny + 1
        at = ++resumeAt
      } else return false
    }
    while (pattern[inPattern] === '%') inPattern++
    return inPattern === pattern.length
  }
}

/** A partition key in conditions. */
export interface Key {
  readonly index: number
  readonly isText: boolean
  /** Compares a value to the literal: below, equal, above 0; undefined for a value that is not of the key's type. */
  readonly orderAgainst: (literal: string) => ((value: string) => number | undefined) | undefined
}

export function keyOf(index: number, type: string): Key {
  const isNumber = /^(tinyint|smallint|int|integer|bigint|long|decimal.*|double|float)$/i.test(type.trim())
  if (!isNumber) {
    const orderAgainst = (literal: string) => (value: string) =>
      value < literal ? -1 : value > literal ? 1 : 0
    return { index, isText: /^(string|varchar.*|char.*)$/i.test(type.trim()), orderAgainst }
  }
  return {
    index,
    isText: false,
    orderAgainst: (literal) => {
      const right = exactNumber(literal)
      if (!right) return undefined
      return (value) => {
        const left = exactNumber(value)
        return left && compareNumbers(left, right)
      }
    },
  }
}

/** A decimal number without rounding: units times 10 to the minus `places`. */
function exactNumber(text: string): { units: bigint; scale: number } | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim())
  if (!match) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const units = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const scale = fraction.length - Number(exponent)
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 }
}

function compareNumbers(
  left: { units: bigint; scale: number },
  right: { units: bigint; scale: number },
): number {
  const scale = Math.max(left.scale, right.scale)
  const a = left.units * 10n ** BigInt(scale - left.scale)
  const b = right.units * 10n ** BigInt(scale - right.scale)
  return a < b ? -1 : a > b ? 1 : 0
}
