import { expect, test } from 'vitest'
import { type Claim, claimText, parseClaim } from './claim.ts'
import {
  claimKey,
  claimStart,
  claimsPrefix,
  dataKey,
  deadKey,
  hourOf,
  initialOffsetKey,
  parseDataKey,
  recordKey,
  tablePrefix,
} from './keys.ts'

const lake = { prefix: 'lake', dataset: 'ticks' }
const topicId = '0123456789abcdef0123456789abcdef'
const range = { topicId, partition: 7, S: 100, E: 250 }
const path = { dt: '2026-11-21', hour: '09' }

test('a data key has its hour, topic, partition and offsets, and can be read back', () => {
  const key = dataKey(lake, path, range, 'parquet')
  expect(key).toBe(
    `lake/ticks/dt=2026-11-21/hour=09/${topicId}-00007-0000000000000000100-0000000000000000250.parquet`,
  )
  expect(parseDataKey(lake, key)).toEqual({ ...path, ...range })
})

test('a record of the json-object format has a key with its own offset', () => {
  const key = recordKey(lake, path, topicId, 7, 100)
  expect(parseDataKey(lake, key)).toEqual({ ...path, topicId, partition: 7, S: 100, E: 101 })
})

test('a key that the sink did not write is recognized', () => {
  expect(parseDataKey(lake, `${tablePrefix(lake)}dt=2026-11-21/hour=09/copy.parquet`)).toBeUndefined()
  expect(parseDataKey(lake, 'elsewhere/x.parquet')).toBeUndefined()
})

test('the newest claim has the first key, over all offsets that a partition can have', () => {
  const starts = [0, 1, 99, 100, 12345678, Number.MAX_SAFE_INTEGER]
  const keys = starts.map((S) => claimKey(lake, topicId, 0, S))
  expect(keys.toSorted()).toEqual(keys.toReversed())
  expect(keys.map(claimStart)).toEqual(starts)
})

test('claims and dead files are beside the table, never below it', () => {
  for (const key of [claimKey(lake, topicId, 0, 0), deadKey(lake, range)]) {
    expect(key.startsWith(tablePrefix(lake))).toBe(false)
    expect(key).toMatch(/^[0-9a-z_=./-]+$/)
  }
})

test('an initial offset is beside the claims, where no LIST of them finds it', () => {
  const key = initialOffsetKey(lake, topicId, 7)
  expect(key).toBe(`lake/_control/ticks/beginnings/${topicId}/00007.json`)
  expect(key.startsWith(claimsPrefix(lake, topicId, 7))).toBe(false)
})

test('the hour is UTC, whatever the zone of the machine', () => {
  expect(hourOf(Date.UTC(2026, 10, 21, 23, 59, 59, 999))).toEqual({ dt: '2026-11-21', hour: '23' })
  expect(hourOf(Date.UTC(2026, 10, 22))).toEqual({ dt: '2026-11-22', hour: '00' })
})

const claim: Claim = {
  v: 1,
  topic: 'stock-ticks',
  ...range,
  nonce: 'n',
  encoder: 'parquet/1',
  contract: 1,
  files: [{ key: 'k', rows: 145 }],
  dead: 3,
  gaps: 2,
  skipped: 0,
}

test('a claim is read back as it was written', () => {
  expect(parseClaim(claimText(claim))).toEqual(claim)
})

test.each([
  ['rows that do not add up', { dead: 4 }, /accounts for 151/],
  ['an empty range', { E: 100, files: [], dead: 0, gaps: 0 }, /accounts for 0|\[100,100\)/],
  ['a future version', { v: 4 as 1, release: '9.9.9' }, /version 4 \(ticklake 9\.9\.9\)/],
  ['an era, in a version without eras', { era: { number: 1, shift: 5, landedBefore: 9 } }, /wrong era/],
  ['version 3, without an era', { v: 3 as const }, /wrong era/],
  [
    'a start that does not follow from its shift',
    {
      v: 3 as const,
      S: 100,
      E: 101,
      files: [],
      dead: 0,
      gaps: 1,
      era: { number: 1, shift: 41, landedBefore: 100 },
      begins: { kafkaOffset: 61, why: 'w', foundAt: 't', replacedTo: 100 },
    },
    /wrong era/,
  ],
  ['no contract', { contract: undefined as never }, /contract undefined/],
  ['a negative count', { gaps: -2 }, /negative/],
])('a claim with %s is refused', (_, change, message) => {
  expect(() => parseClaim(claimText({ ...claim, ...change }))).toThrow(message)
})
