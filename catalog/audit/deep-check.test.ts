// Gaps are checked against what Kafka still has: a record in a gap is lost, and reported.
import { expect, test } from 'vitest'
import { checkRecords } from './deep-check.ts'
import { claimOf } from './fabricated-lake.fixture.ts'

const offsets = (from: number, to: number, without: readonly number[] = []) =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((offset) => !without.includes(offset))

test('records where the claims say so, and none where they say gap', async () => {
  const claims = [claimOf(0, 0, 10, { gaps: 1 }), claimOf(0, 10, 20), claimOf(0, 20, 22, { gaps: 2 })]
  expect(await checkRecords(claims, [offsets(0, 7), offsets(7, 20, [9])])).toEqual({
    records: 19,
    findings: [],
  })
})

test('a gap with records is a finding with exactly that many lost', async () => {
  const claims = [claimOf(0, 0, 10, { gaps: 3 }), claimOf(0, 10, 20)]
  const { findings } = await checkRecords(claims, [offsets(0, 20, [9])])
  expect(findings).toEqual([expect.objectContaining({ kind: 'gap', lost: 2 })])
})

test('rows without a record are reported; skipped records may be missing', async () => {
  const { findings } = await checkRecords([claimOf(0, 0, 10)], [offsets(0, 8)])
  expect(findings).toEqual([expect.objectContaining({ kind: 'gap', lost: 0 })])
  expect((await checkRecords([claimOf(0, 0, 10, { skipped: 10 })], [[]])).findings).toEqual([])
})
