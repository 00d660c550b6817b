import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { expect, test } from 'vitest'
import { parseOrigin, readable } from './displayed-record.ts'
import { fixDeadLetter, parseFixedLine, parseSet } from './fix.ts'

const good =
  '{"index":"HSI","date":"2021-03-01","open":1,"high":2,"low":1,"close":2,"adj_close":null,"volume":3,"close_usd":null}'
const letter = (value: string | Uint8Array | null, key: string | null = null): DeadLetter => ({
  topic: 't',
  topicId: '0'.repeat(32),
  partition: 0,
  offset: 7,
  timestampMs: null,
  reason: 'x',
  detail: 'y',
  key: key === null ? null : Buffer.from(key).toString('base64'),
  value: value === null ? null : Buffer.from(value).toString('base64'),
  headers: [],
})

test('a field that is set makes a rejected record acceptable, in canonical form, under its own key', () => {
  const fixed = fixDeadLetter(letter(good.replace('"close":2', '"close":"2"'), 'K'), { set: { close: 2.5 } })
  expect(fixed).toEqual({
    accepted: true,
    key: Buffer.from('K'),
    value: Buffer.from(good.replace('"close":2', '"close":2.5')),
  })
})

test('a record without a key gets the name of its index, as a producer keys it', () => {
  expect(fixDeadLetter(letter(good), {})).toMatchObject({ accepted: true, key: Buffer.from('HSI') })
})

test('a record that is still invalid after the fix is rejected by the same validation, with the reason', () => {
  expect(fixDeadLetter(letter(good), { set: { date: '2021-02-30' } })).toEqual({
    accepted: false,
    why: 'bad_date: date is "2021-02-30", not a real YYYY-MM-DD',
  })
})

test.each([['{"poison":1'], ['[1]'], [null], [new Uint8Array([0xff])]])(
  'a field cannot be set in %s, but the whole value can be replaced',
  (value) => {
    expect(fixDeadLetter(letter(value), { set: { close: 1 } })).toMatchObject({ accepted: false })
    expect(fixDeadLetter(letter(value), { value: Buffer.from(good) })).toMatchObject({ accepted: true })
  },
)

test.each([
  ['close=2.5', ['close', 2.5]],
  ['adj_close=null', ['adj_close', null]],
  ['index=HSI', ['index', 'HSI']],
  ['index="HSI"', ['index', 'HSI']],
  ['date=2021-03-01', ['date', '2021-03-01']],
  ['index=', ['index', '']],
])('%s sets the value that a person means', (text, expected) => {
  expect(parseSet(text)).toEqual(expected)
})

test('a fixed line may carry its value as text, as JSON or in base64', () => {
  const value = Buffer.from('{"a":1}')
  for (const line of ['{"value":"{\\"a\\":1}"', '{"value":{"a":1}', '{"valueBase64":"eyJhIjoxfQ=="']) {
    expect(parseFixedLine(`${line},"partition":2,"offset":9}`)).toEqual({ partition: 2, offset: 9, value })
  }
  expect(() => parseFixedLine('{"value":"x"}')).toThrow('partition and offset')
})

test('bytes that are not text are shown in base64, and a time outside any calendar does no harm', () => {
  const shown = readable({ ...letter(new Uint8Array([0xff, 0])), timestampMs: 9e15 })
  expect(shown).toMatchObject({ valueBase64: '/wA=', key: null, timestamp: '9000000000000000' })
  expect(shown).not.toHaveProperty('value')
})

test('a record is named by partition and offset; one of another topic is refused', () => {
  const topicId = 'a'.repeat(32)
  expect(parseOrigin('3:14', topicId)).toEqual({ topicId, partition: 3, offset: 14 })
  expect(parseOrigin(`${topicId}:3:14`, topicId)).toEqual({ topicId, partition: 3, offset: 14 })
  expect(() => parseOrigin(`${'b'.repeat(32)}:3:14`, topicId)).toThrow('another topic')
  expect(() => parseOrigin('14', topicId)).toThrow('write <partition>:<offset>')
})
