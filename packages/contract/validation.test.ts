import { expect, test } from 'vitest'
import { isCanonical } from './canonical.ts'
import { CONTRACT_VERSION, columns, columnsAt, tickColumns } from './columns.ts'
import { hostileValues, tickText } from './hostile-values.ts'
import { canonicalBytes, judge, refuseTimestamp } from './validation.ts'

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

test('what is canonical is accepted byte for byte, by the fast road', () => {
  const bytes = canonicalBytes(tick)
  expect(isCanonical(bytes)).toBe(true)
  expect(judge(bytes)).toEqual({ accepted: true, canonical: bytes, unknownFields: 0 })
})

test('the table has at least a hundred hostile values, each once', () => {
  expect(hostileValues.length).toBeGreaterThanOrEqual(100)
  expect(new Set(hostileValues.map(({ name }) => name)).size).toBe(hostileValues.length)
})

test.each(hostileValues)('$name: $verdict', ({ value, verdict }) => {
  const judged = judge(value)
  expect(judged.accepted ? 'accepted' : judged.reason).toBe(verdict)
  if (!judged.accepted) return
  const again = judge(judged.canonical)
  expect(again, 'judging what was written again changes nothing').toEqual({
    accepted: true,
    canonical: judged.canonical,
    unknownFields: 0,
  })
  expect(JSON.parse(Buffer.from(judged.canonical).toString()), 'it is still JSON').toBeTypeOf('object')
})

test('the fast road never accepts what the slow road refuses', () => {
  const own = { name: 'a tick', value: canonicalBytes(tick) }
  const fast = [own, ...hostileValues].filter(({ value }) => value !== null && isCanonical(value))
  expect(fast.length).toBeGreaterThan(5)
  for (const { name, value } of fast) {
    // The same JSON, which a space before it keeps off the fast road.
    const slow = Buffer.concat([Buffer.from(' '), value!])
    expect(isCanonical(slow), name).toBe(false)
    const verdict = judge(slow)
    expect(verdict, name).toMatchObject({ accepted: true, unknownFields: 0 })
    // `1.50` stays as it is on the one and becomes `1.5` on the other: what a row is made of is the number.
    const row = verdict.accepted && JSON.parse(Buffer.from(verdict.canonical).toString())
    expect(row, name).toEqual(JSON.parse(Buffer.from(value!).toString()))
  }
})

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const verdictText = (value: string, contract?: number) => {
  const verdict = judge(Buffer.from(value), contract)
  return verdict.accepted ? text(verdict.canonical) : verdict.reason
}

test('an added column has one canonical form: absent where it is null, so that a message of before stays as it is', () => {
  const before = tickText()
  expect(verdictText(before)).toBe(before)
  expect(verdictText(tickText({ source: 'null' }))).toBe(before)
  const after = tickText({ source: '"a feed"' })
  expect(verdictText(after)).toBe(after)
  for (const message of [before, after]) expect(isCanonical(Buffer.from(message)), message).toBe(true)
  expect(text(canonicalBytes({ ...tick, source: null }))).toBe(text(canonicalBytes(tick)))
  expect(text(canonicalBytes({ ...tick, source: 'x' }))).toMatch(/,"source":"x"}$/)
})

test('an earlier contract judges as its release did: what it did not know is left out, and never refused', () => {
  for (const source of ['"a feed"', 'null', '7', '""', `"${'x'.repeat(300)}"`]) {
    const value = Buffer.from(tickText({ source, open: '1.50' }))
    expect(isCanonical(value, 1)).toBe(false)
    const verdict = judge(value, 1)
    expect(verdict, source).toMatchObject({ accepted: true, unknownFields: 1 })
    expect(verdict.accepted && text(verdict.canonical)).toBe(tickText({ open: '1.5' }))
  }
  expect(verdictText(tickText({ open: '1.50' }), 1), 'byte for byte').toBe(tickText({ open: '1.50' }))
})

test('contract 2 knows source, and leaves traded_at out whatever it holds', () => {
  for (const traded_at of ['"2026-11-20 09:59:59.250"', '"yesterday"', '7']) {
    const judged = judge(Buffer.from(tickText({ source: '"a feed"', traded_at })), 2)
    expect(judged, traded_at).toMatchObject({ accepted: true, unknownFields: 1 })
    expect(judged.accepted && text(judged.canonical)).toBe(tickText({ source: '"a feed"' }))
  }
})

test('traded_at is canonical as UTC with milliseconds, in any form that names its zone', () => {
  const canonical = tickText({ source: '"a feed"', traded_at: '"2026-11-20 09:59:59.250"' })
  expect(isCanonical(Buffer.from(canonical))).toBe(true)
  for (const traded_at of ['"2026-11-20T17:59:59.25+08:00"', '"2026-11-20T09:59:59.250Z"']) {
    expect(verdictText(tickText({ source: '"a feed"', traded_at }))).toBe(canonical)
  }
})

test('contracts only add: what one accepts all before it accept, by its canonical bytes too, and refuse what they refused', () => {
  for (const { name, value } of hostileValues) {
    const now = judge(value)
    const before = judge(value, 1)
    if (now.accepted) {
      const again = judge(now.canonical, 1)
      expect(before.accepted && again.accepted && text(again.canonical), name).toBe(
        before.accepted && text(before.canonical),
      )
    } else if (!before.accepted) expect(before.reason, name).toBe(now.reason)
  }
})

test('the table of columns keeps to the rule: added ones are nullable, in order, last in the row, and raise the version', () => {
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

test('fields that the contract does not know are left out and counted', () => {
  const judged = judge(Buffer.from(tickText({ isin: '"X"', venue: '1' })))
  expect(judged).toMatchObject({ accepted: true, unknownFields: 2 })
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
  expect(refuseTimestamp(timestampMs) !== undefined).toBe(refused)
})
