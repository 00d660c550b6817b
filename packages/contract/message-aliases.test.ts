// Messages of programs with other names for the columns, with and without KAFKA_TICK_ALIASES.
import { expect, test } from 'vitest'
import { hostileValues, tickText } from './hostile-values.ts'
import { canonicalBytes, validate } from './validation.ts'

const tick = (fields: object) => Buffer.from(JSON.stringify(fields))
const plain = { index: 'HSI', date: '2021-05-31', open: 1.5, high: 2, low: 0.5, close: 1, volume: 10 }
const canonical = Buffer.from(canonicalBytes({ ...plain, adj_close: null, close_usd: null })).toString()

const accepted = [
  ['nullable fields left out', plain],
  ['numbers as texts', { ...plain, open: '1.5', high: '2.0', volume: '1e1' }],
  ['other cases', { INDEX: 'HSI', Date: '2021-05-31', Open: 1.5, HIGH: 2, low: 0.5, Close: 1, Volume: 10 }],
  [
    'aliases',
    { Symbol: 'HSI', Date: '2021-05-31', open_price: 1.5, high: 2, low: 0.5, Price: 1, 'Vol.': 10 },
  ],
] as const

test.each(accepted)('%s: made canonical with aliases, rejected without', (_, fields) => {
  const result = validate(tick(fields), undefined, true)
  expect(result.accepted && Buffer.from(result.canonical).toString()).toBe(canonical)
  const without = validate(tick(fields))
  expect(without).toMatchObject({ accepted: false })
  expect(result).toMatchObject({ unaliased: !without.accepted && { reason: without.reason } })
})

test.each([
  ['two fields that could be the index', { ...plain, index: undefined, Symbol: 'A', Ticker: 'B' }],
  ['an index in another case beside a symbol', { ...plain, index: undefined, Index: 'A', Symbol: 'B' }],
  ['a text that is not a number', { ...plain, open: '1,5' }],
  ['a number with blanks', { ...plain, open: ' 1.5' }],
  ['a number beyond a double', { ...plain, open: '1e999' }],
  [
    'a bad field with the column’s own name, though an alias has a good one',
    { ...plain, close: null, Price: 1 },
  ],
])('%s: rejected even with aliases', (_, fields) => {
  expect(validate(tick(fields), undefined, true)).toMatchObject({ accepted: false })
})

test('all faults are reported at once, with the name that was found', () => {
  const result = validate(tick({ Index: 'HSI', date: '2021-05-31', open: '1', Symbol: 'X' }))
  expect(result).toMatchObject({ accepted: false, reason: 'missing_field' })
  const { detail } = result as { detail: string }
  expect(detail).toContain('index is missing; it could be `Index` or `Symbol`')
  expect(detail).toContain('open is a string, not a number')
  expect(detail).toContain('volume is missing')
  expect(validate(tick({ ...plain, index: undefined, Index: 'A' }))).toMatchObject({
    detail: expect.stringContaining('index is missing; there is `Index`'),
  })
})

test('with aliases only the remaining faults are reported', () => {
  const other = {
    Symbol: 'HSI',
    Date: '2021-05-31',
    open: '1',
    high: 1,
    low: 1,
    'Close/Last': '$1.70',
    volume: 1,
  }
  expect(validate(tick(other), undefined, true)).toEqual({
    accepted: false,
    reason: 'wrong_type',
    detail: 'close is a string, not a number; there is `Close/Last`',
  })
  expect(
    validate(tick({ ...plain, index: undefined, Symbol: 'A', Ticker: 'B' }), undefined, true),
  ).toMatchObject({
    detail: 'index is missing; it could be `Symbol` or `Ticker`',
  })
})

test('what is accepted without aliases is accepted in the same way with them', () => {
  for (const { name, value } of [...hostileValues, { name: 'a tick', value: Buffer.from(tickText()) }]) {
    const without = validate(value)
    if (without.accepted) expect(validate(value, undefined, true), name).toEqual(without)
  }
})
