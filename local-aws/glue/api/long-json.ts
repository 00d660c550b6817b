// 64-bit integers in JSON: JavaScript rounds those beyond 2^53, and a rounded one may no longer fit into 64 bits.

interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): object
}
const exact = JSON as unknown as ExactJson

const longest = 2n ** 63n - 1n
const lowest = -(2n ** 63n)

/** JSON text with big integers digit by digit. Values that arrived rounded are clamped to 64 bits. */
export function longsToJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => rawLong(member))
}

/** The value with integers beyond 2^53 as BigInt. */
export function longsFromJson(text: string): unknown {
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source && isBeyond(value) && /^-?\d+$/.test(source) ? BigInt(source) : value,
  )
}

/** The value with every BigInt in a form that JSON.stringify writes digit by digit. */
export function withRawLongs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRawLongs)
  if (typeof value !== 'object' || value === null) return rawLong(value)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withRawLongs(member)]))
}

const isBeyond = (value: number) => Number.isInteger(value) && !Number.isSafeInteger(value)

function rawLong(value: unknown): unknown {
  const long =
    typeof value === 'number' && isBeyond(value) && Math.abs(value) <= 2 ** 63 ? BigInt(value) : value
  if (typeof long !== 'bigint') return long
  return exact.rawJSON(String(long > longest ? longest : long < lowest ? lowest : long))
}
