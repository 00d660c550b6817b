// The watched line: count, rate, freshness, lag; unknown values are shown as unknown.
import { expect, test } from 'vitest'
import { costText } from './query.ts'
import { watchLine, watchRecord } from './watch-line.ts'

const sample = { rows: 1200, newestMs: 8_500, queryMs: 120, scannedBytes: 5, atMs: 10_000 }
const lag = {
  produced: 1300,
  landed: 0,
  records: 50,
  marginByPartition: new Map(),
  truncatedByPartition: new Map(),
}

test('the first sample has no rate, the second has one', () => {
  expect(watchLine({ ...sample, lag }, undefined)).toBe(
    '1,200 rows | - rows/s | newest row 1.5 s old | 50 of 1,300 not landed yet | answered in 120 ms',
  )
  const before = { ...sample, lag, rows: 1000, atMs: 9_000 }
  expect(watchLine({ ...sample, lag }, before)).toContain('| 200 rows/s |')
  expect(watchRecord({ ...sample, lag }, before)).toMatchObject({ rows_per_second: 200, lag: 50 })
})

test('without Kafka the lag is unknown, without rows there is no freshness', () => {
  const line = watchLine({ ...sample, newestMs: undefined, lag: undefined }, undefined)
  expect(line).toContain('no row in the last hours | lag unknown')
})

test('a query is billed at least 10 MB, DDL nothing', () => {
  const query = { elapsedMs: 180.4, scannedBytes: 1_234_567, statementType: 'DML' }
  expect(costText(query, 1)).toBe('1 row in 180 ms, 1.2 MB scanned ($0.00005 on AWS)')
  expect(costText({ ...query, scannedBytes: 2 * 2 ** 40 }, 2)).toContain('($10.00000 on AWS)')
  expect(costText({ ...query, statementType: 'DDL' }, 0)).toContain('($0.00000 on AWS)')
})
