// Which columns of a table are compared; a digest depends on each of them.
import { columns } from '@ticklake/contract/columns.ts'
import { expect, test } from 'vitest'
import { comparedColumns, rowDigest, rowDigestSql } from './row-digest.ts'

const types = new Map(columns.map(({ name, glue }) => [name, glue as string]))
const { compared } = comparedColumns(types)
const tick = {
  index: 'HSI',
  date: '2021-05-31',
  open: 1,
  high: 2,
  low: 0.5,
  close: 1.5,
  adj_close: null,
  volume: 1e10,
  close_usd: 0.19,
  source: 'a',
}
const row = (change: object = {}, at = { offset: 7, timestampMs: 1_790_000_000_123 }) => ({
  ...at,
  canonical: Buffer.from(JSON.stringify({ ...tick, ...change })),
})
const digest = (change: object = {}) => rowDigest(row(change), compared)

test('a change of any column changes the digest; null is not zero, nor an empty text', () => {
  const changes = [
    { index: 'HSJ' },
    { date: '2021-06-01' },
    { close: 1.5000000000000002 },
    { adj_close: 0 },
    { source: undefined },
    { traded_at: '2021-05-31 09:30:00.000' },
    { traded_at: '2021-05-31 09:30:00.001' },
  ]
  const digests = new Set([digest(), ...changes.map(digest)])
  digests.add(rowDigest(row({}, { offset: 8, timestampMs: 1_790_000_000_123 }), compared))
  digests.add(rowDigest(row({}, { offset: 7, timestampMs: 1_790_000_000_124 }), compared))
  expect(digests.size).toBe(changes.length + 3)
})

test('a column that the table lacks, or has with another type, is excluded on both sides, and named', () => {
  const table = new Map(types)
  table.delete('source')
  table.set('date', 'string')
  const { compared: fewer, left } = comparedColumns(table)
  expect(left).toEqual(['date', 'source'])
  expect(rowDigest(row({ date: '2021-06-01', source: 'b' }), fewer)).toBe(rowDigest(row(), fewer))
  expect(rowDigestSql(fewer)).not.toMatch(/"date"|"source"/)
})
