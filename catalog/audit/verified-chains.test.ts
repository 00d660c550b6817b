import { expect, test } from 'vitest'
import { claimOf, fixtureLake as lake } from './fabricated-lake.fixture.ts'
import { chainsThrough } from './verified-chains.ts'

const claims = [
  claimOf(0, 0, 100, { hour: '07' }),
  claimOf(0, 100, 110, { dead: 10 }),
  claimOf(0, 110, 200, { hour: '08' }),
  claimOf(1, 0, 50, { hour: '07' }),
]
const partitions = [0, 1]

test('the chains that a verification covers end before the first claim of a later hour', () => {
  expect(chainsThrough('2026-11-21-07', new Map(), { lake, partitions, claims })).toEqual(
    new Map([
      [0, { landedOffset: 110, rows: 100, dead: 10, gaps: 0, skipped: 0 }],
      [1, { landedOffset: 50, rows: 50, dead: 0, gaps: 0, skipped: 0 }],
    ]),
  )
  const base = new Map([[0, { landedOffset: 100, rows: 100, dead: 0, gaps: 0, skipped: 0 }]])
  const through = chainsThrough('2026-11-21-08', base, { lake, partitions, claims: claims.slice(1) })
  expect(through.get(0)).toEqual({ landedOffset: 200, rows: 190, dead: 10, gaps: 0, skipped: 0 })
})
