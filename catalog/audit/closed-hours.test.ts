// An hour is closed when no record can come into it any more; only then is a verdict on it kept.
import { expect, test } from 'vitest'
import { chainsThrough, isClosed } from './closed-hours.ts'
import { claimOf, fixtureLake as lake } from './fabricated-lake.fixture.ts'

const claims = [
  claimOf(0, 0, 100, { hour: '07' }),
  claimOf(0, 100, 110, { dead: 10 }),
  claimOf(0, 110, 200, { hour: '08' }),
  claimOf(1, 0, 50, { hour: '07' }),
]
const at = {
  lake,
  claims,
  partitions: [
    { partition: 0, low: 0, end: 200 },
    { partition: 1, low: 0, end: 50 },
  ],
  cutOffs: new Map([
    [0, 200],
    [1, 50],
  ]),
  nowMs: Date.parse('2026-11-21T08:30:00Z'),
}

test('closed: over for ten minutes, and every chain is past it', () => {
  expect(isClosed('2026-11-21-07', at)).toBe(true)
  expect(isClosed('2026-11-21-07', { ...at, nowMs: Date.parse('2026-11-21T08:05:00Z') })).toBe(false)
  expect(isClosed('2026-11-21-08', at)).toBe(false)
})

test('not closed while a partition has records of it that are not claimed', () => {
  const partitions = [at.partitions[0]!, { partition: 1, low: 0, end: 51 }]
  expect(isClosed('2026-11-21-07', { ...at, partitions })).toBe(false)
})

test('the chains that a verdict covers end before the first claim of a later hour', () => {
  expect(chainsThrough('2026-11-21-07', new Map(), at)).toEqual([
    { partition: 0, upTo: 110, rows: 100, dead: 10, gaps: 0, skipped: 0 },
    { partition: 1, upTo: 50, rows: 50, dead: 0, gaps: 0, skipped: 0 },
  ])
  const base = new Map([[0, { upTo: 100, rows: 100, dead: 0, gaps: 0, skipped: 0 }]])
  expect(chainsThrough('2026-11-21-08', base, { ...at, claims: claims.slice(1) })[0]).toEqual({
    partition: 0,
    upTo: 200,
    rows: 190,
    dead: 10,
    gaps: 0,
    skipped: 0,
  })
})
