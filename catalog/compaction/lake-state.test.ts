// Which hour is behind, and which only waits for rows to come.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Claim } from '@ticklake/contract/claim.ts'
import { expect, test } from 'vitest'
import { type ChainEnd, waitsForRows } from './lake-state.ts'

const lake = { prefix: 'lake', dataset: 'ticks' } as LakeConfig
const HOUR = '2026-11-21-09'

/** A chain whose newest claim ends at `E`, of a topic that ends at 100. */
function chain(E: number, hour: string): ChainEnd {
  const [dt, h] = [hour.slice(0, 10), hour.slice(11)]
  const key = `lake/ticks/dt=${dt}/hour=${h}/x.parquet`
  return { partition: 0, end: 100, newest: { S: 0, E, files: [{ key, rows: 1 }] } as unknown as Claim }
}

test.each<[string, ChainEnd[], boolean]>([
  ['all has landed, the newest of it in this hour', [chain(100, HOUR)], true],
  [
    'one partition is past it, the other has landed all',
    [chain(60, '2026-11-21-10'), chain(100, HOUR)],
    true,
  ],
  ['records of one partition have not landed yet', [chain(100, HOUR), chain(60, HOUR)], false],
  ['a partition without records', [{ partition: 1, end: 0, newest: undefined }, chain(100, HOUR)], true],
  ['a partition of which nothing has landed', [{ partition: 1, end: 5, newest: undefined }], false],
])('%s: %#', (_what, chains, waits) => {
  expect(waitsForRows(lake, HOUR, chains)).toBe(waits)
})
