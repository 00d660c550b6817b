// An hour is closed when it can get no more records.
import type { Claim } from '@ticklake/contract/claim.ts'
import { expect, test } from 'vitest'
import { type ChainProgress, haveAllPassed, isClosed } from './closed-hours.ts'

const lake = { prefix: 'lake', dataset: 'ticks' }
const HOUR = '2026-11-21-09'

/** A chain whose newest claim has rows of these hours and ends at `E`, of a partition that ends at `end`. */
function chain(E: number, end: number, ...hours: string[]): ChainProgress {
  const files = hours.map((hour) => ({ key: `lake/ticks/dt=2026-11-21/hour=${hour}/x.parquet`, rows: 1 }))
  return { partition: 0, end, landedOffset: E, newest: { S: 0, E, files } as unknown as Claim }
}

const nothing = (end: number): ChainProgress => ({ partition: 1, end, landedOffset: 0, newest: undefined })
const nowMs = Date.parse('2026-11-21T10:30:00Z')

test('closed: over for ten minutes, and every chain has passed it', () => {
  const chains = [chain(200, 250, '10'), chain(50, 50, '09')]
  expect(isClosed(lake, HOUR, chains, nowMs)).toBe(true)
  expect(isClosed(lake, HOUR, chains, Date.parse('2026-11-21T10:05:00Z'))).toBe(false)
  expect(isClosed(lake, '2026-11-21-10', chains, nowMs)).toBe(false)
})

test('not closed while a partition has unclaimed records of it', () => {
  expect(isClosed(lake, HOUR, [chain(200, 250, '10'), chain(50, 51, '09')], nowMs)).toBe(false)
})

test.each<[string, ChainProgress[], boolean]>([
  ['all has landed, the newest of it in this hour', [chain(100, 100, '09')], true],
  ['one partition is past it, the other has landed all', [chain(60, 100, '10'), chain(100, 100, '09')], true],
  ['the newest claim reaches from this hour into a later one', [chain(60, 100, '09', '10')], true],
  ['records of one partition have not landed yet', [chain(100, 100, '09'), chain(60, 100, '09')], false],
  ['the newest claim is of an earlier hour', [chain(60, 100, '08')], false],
  ['the newest claim has no rows', [chain(60, 100)], false],
  ['a partition without records', [nothing(0), chain(100, 100, '09')], true],
  ['a partition of which nothing has landed', [nothing(5)], false],
])('%s: %#', (_what, chains, passed) => {
  expect(haveAllPassed(lake, HOUR, chains)).toBe(passed)
})
