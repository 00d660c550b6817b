import { expect, test } from 'vitest'
import { isCanonical } from './canonical.ts'
import { CONTRACT_VERSION, columns, columnsAt, tickColumns } from './columns.ts'
import { hostileValues, tickText } from './hostile-values.ts'
import { canonicalBytes, rejectTimestamp, validate } from './validation.ts'

const tick = {
  index: 'HSI',
  date: '1986-12-31',
  open: 2568.300049,
  high: 2568.300049,
  low: 2568.300049,
  close: 2568.300049,
  adj_close: null,
  volume: 10000000000,
  close_usd: 333.87900637,
}

test('the canonical form is one line, the columns in their order, without spaces', () => {
  expect(Buffer.from(canonicalBytes(tick)).toString()).toBe(
    '{"index":"HSI","date":"1986-12-31","open":2568.300049,"high":2568.300049,"low":2568.300049,"close":2568.300049,"adj_close":null,"volume":10000000000,"close_usd":333.87900637}',
  )
})

test('the fast path accepts canonical messages byte for byte', () => {
  const bytes = canonicalBytes(tick)
  expect(isCanonical(bytes)).toBe(true)
  expect(validate(bytes)).toEqual({ accepted: true, canonical: bytes, unknownFields: 0 })
})

test('the table has at least a hundred hostile values, each once', () => {
  expect(hostileValues.length).toBeGreaterThanOrEqual(100)
  expect(new Set(hostileValues.map(({ name }) => name)).size).toBe(hostileValues.length)
})

test.each(hostileValues)('$name: $expected', ({ value, expected }) => {
  const result = validate(value)
  expect(result.accepted ? 'accepted' : result.reason).toBe(expected)
  if (!result.accepted) return
  const again = validate(result.canonical)
  expect(again, 'validating the canonical form again changes nothing').toEqual({
    accepted: true,
    canonical: result.canonical,
    unknownFields: 0,
  })
  expect(JSON.parse(Buffer.from(result.canonical).toString()), 'it is still JSON').toBeTypeOf('object')
})

test('the fast path never accepts what the slow path rejects', () => {
  const own = { name: 'a tick', value: canonicalBytes(tick) }
  const fast = [own, ...hostileValues].filter(({ value }) => value !== null && isCanonical(value))
  expect(fast.length).toBeGreaterThan(5)
  for (const { name, value } of fast) {
    // The same JSON, with a leading space that forces the slow path.
    const slow = Buffer.concat([Buffer.from(' '), value!])
    expect(isCanonical(slow), name).toBe(false)
    const result = validate(slow)
    expect(result, name).toMatchObject({ accepted: true, unknownFields: 0 })
    // `1.50` stays unchanged on one path and becomes `1.5` on the other: the row has the number.
    const row = result.accepted && JSON.parse(Buffer.from(result.canonical).toString())
    expect(row, name).toEqual(JSON.parse(Buffer.from(value!).toString()))
  }
})

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const validatedText = (value: string, contract?: number) => {
  const result = validate(Buffer.from(value), contract)
  return result.accepted ? text(result.canonical) : result.reason
}

test('an added column has one canonical form: absent if null, so that an older message stays unchanged', () => {
  const before = tickText()
  expect(validatedText(before)).toBe(before)
  expect(validatedText(tickText({ source: 'null' }))).toBe(before)
  const after = tickText({ source: '"a feed"' })
  expect(validatedText(after)).toBe(after)
  for (const message of [before, after]) expect(isCanonical(Buffer.from(message)), message).toBe(true)
  expect(text(canonicalBytes({ ...tick, source: null }))).toBe(text(canonicalBytes(tick)))
  expect(text(canonicalBytes({ ...tick, source: 'x' }))).toMatch(/,"source":"x"}$/)
})

test('an earlier contract validates as its release did: unknown fields are dropped, never rejected', () => {
  for (const source of ['"a feed"', 'null', '7', '""', `"${'x'.repeat(300)}"`]) {
    const value = Buffer.from(tickText({ source, open: '1.50' }))
    expect(isCanonical(value, 0, value.length, 1)).toBe(false)
    const result = validate(value, 1)
    expect(result, source).toMatchObject({ accepted: true, unknownFields: 1 })
    expect(result.accepted && text(result.canonical)).toBe(tickText({ open: '1.5' }))
  }
  expect(validatedText(tickText({ open: '1.50' }), 1), 'byte for byte').toBe(tickText({ open: '1.50' }))
})

test('contract 2 knows source, and drops traded_at whatever its value', () => {
  for (const traded_at of ['"2026-11-20 09:59:59.250"', '"yesterday"', '7']) {
    const result = validate(Buffer.from(tickText({ source: '"a feed"', traded_at })), 2)
    expect(result, traded_at).toMatchObject({ accepted: true, unknownFields: 1 })
    expect(result.accepted && text(result.canonical)).toBe(tickText({ source: '"a feed"' }))
  }
})

test('traded_at is canonical as UTC with milliseconds, in any form that names its zone', () => {
  const canonical = tickText({ source: '"a feed"', traded_at: '"2026-11-20 09:59:59.250"' })
  expect(isCanonical(Buffer.from(canonical))).toBe(true)
  for (const traded_at of ['"2026-11-20T17:59:59.25+08:00"', '"2026-11-20T09:59:59.250Z"']) {
    expect(validatedText(tickText({ source: '"a feed"', traded_at }))).toBe(canonical)
  }
})

test('contracts only add: what one accepts all earlier ones accept, also in canonical bytes, and what they refuse it refuses', () => {
  for (const { name, value } of hostileValues) {
    const now = validate(value)
    const before = validate(value, 1)
    if (now.accepted) {
      const again = validate(now.canonical, 1)
      expect(before.accepted && again.accepted && text(again.canonical), name).toBe(
        before.accepted && text(before.canonical),
      )
    } else if (!before.accepted) expect(before.reason, name).toBe(now.reason)
  }
})

test('the table of columns follows the rule: added ones are nullable, in order, last in the row, and raise the version', () => {
  const added = tickColumns.filter(({ since }) => since > 1)
  expect(tickColumns.map(({ since }) => since)).toEqual(
    tickColumns.map(({ since }) => since).toSorted((a, b) => a - b),
  )
  expect(Math.max(...tickColumns.map(({ since }) => since))).toBe(CONTRACT_VERSION)
  expect(added.every(({ nullable }) => nullable)).toBe(true)
  expect(columns.slice(-added.length).map(({ name }) => name)).toEqual(added.map(({ name }) => name))
  expect(columnsAt(1).map(({ name }) => name)).toEqual([
    ...['index', 'date', 'open', 'high', 'low', 'close', 'adj_close', 'volume', 'close_usd'],
    ...['kafka_topic_id', 'kafka_partition', 'kafka_offset', 'kafka_timestamp'],
  ])
  expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length)
})

test('fields that the contract does not know are dropped and counted', () => {
  const result = validate(Buffer.from(tickText({ isin: '"X"', venue: '1' })))
  expect(result).toMatchObject({ accepted: true, unknownFields: 2 })
})

test.each([
  [undefined, true],
  [-1, true],
  [Date.UTC(2019, 11, 31, 23, 59, 59, 999), true],
  [Date.UTC(2020, 0, 1), false],
  [Date.UTC(2099, 11, 31, 23, 59, 59, 999), false],
  [Date.UTC(2100, 0, 1), true],
  [Number.NaN, true],
])('a broker timestamp of %s is refused: %s', (timestampMs, refused) => {
  expect(rejectTimestamp(timestampMs) !== undefined).toBe(refused)
})
