import { expect, test } from 'vitest'
import {
  type HourFacts,
  type Manifest,
  nextCompaction,
  parseManifest,
  planBatches,
  type Source,
} from './compaction.ts'
import { manifestKey, parseCompactedKey, parseManifestKey, runPrefix } from './keys.ts'

const lake = { prefix: 'p', dataset: 'd' }
const hour = { dt: '2026-11-21', hour: '09' }
const topicId = 'a'.repeat(32)
const raw = (partition: number, S: number, E: number): Source => {
  const key = `raw-${partition}-${S}`
  return { key, rows: E - S, topicId, partition, S, E, replaced: [{ key, rows: E - S }] }
}
const both = [raw(0, 0, 5), raw(0, 5, 9)]
const manifest: Manifest = {
  v: 1,
  ...hour,
  seq: 1,
  run: '000001-ab',
  files: [{ key: 'c', rows: 9, replaced: both.flatMap(({ replaced }) => replaced) }],
}
const open: HourFacts = {
  isPast: true,
  raw: both,
  orphans: [],
  manifest: undefined,
  compacted: [],
  isMarked: false,
  isUnread: false,
  isSwitched: false,
  obsolete: [],
}
const done: HourFacts = { ...open, manifest, isMarked: true, isUnread: true, isSwitched: true, raw: [] }

test('a closed hour is merged only if that makes fewer objects', () => {
  expect(nextCompaction(open)).toMatchObject({ do: 'merge', seq: 1, batches: [both] })
  expect(nextCompaction({ ...open, raw: [raw(0, 0, 5), raw(1, 0, 5)] })).toBeUndefined()
})

test('an hour that a chain has not passed, or with orphan objects, is not changed', () => {
  expect(nextCompaction({ ...open, isPast: false })).toBeUndefined()
  expect(nextCompaction({ ...open, orphans: ['x'] })).toBeUndefined()
})

test('switching to a manifest is repeated until it is marked and done everywhere', () => {
  expect(nextCompaction({ ...done, isMarked: false })).toEqual({ do: 'switch', manifest })
  expect(nextCompaction({ ...done, isSwitched: false })).toEqual({ do: 'switch', manifest })
})

test('rows that came while the run was written are merged before tables are switched, so that no row disappears', () => {
  expect(
    nextCompaction({ ...done, isMarked: false, isUnread: false, raw: [...both, raw(0, 9, 12)] }),
  ).toMatchObject({
    do: 'merge',
    seq: 2,
  })
})

test('nothing is deleted or merged again before the last query of the old objects is over', () => {
  expect(
    nextCompaction({ ...done, isUnread: false, raw: [...both, raw(0, 9, 12)], obsolete: ['x'] }),
  ).toBeUndefined()
})

test('replaced objects are deleted, also when a zombie writes them again, and so are runs that nobody reads', () => {
  expect(nextCompaction({ ...done, raw: both, obsolete: ['x'] })).toEqual({
    do: 'delete',
    keys: ['raw-0-0', 'raw-0-5', 'x'],
  })
  expect(nextCompaction(done)).toBeUndefined()
})

test('a second manifest merges a claim that comes late into a compacted hour with all other rows', () => {
  const late = raw(0, 9, 12)
  const compacted: Source = { ...manifest.files[0]!, topicId, partition: 0, S: 0, E: 9 }
  expect(nextCompaction({ ...done, raw: [late], compacted: [compacted] })).toEqual({
    do: 'merge',
    seq: 2,
    batches: [[compacted, late]],
  })
})

test('a file has one partition, and no more rows than allowed unless a single source has them', () => {
  const sources = [raw(1, 0, 4), raw(0, 6, 20), raw(0, 0, 6), raw(0, 20, 23), raw(0, 23, 25)]
  expect(planBatches(sources, 10).map((batch) => batch.map(({ partition, S }) => [partition, S]))).toEqual([
    [[0, 0]],
    [[0, 6]],
    [
      [0, 20],
      [0, 23],
    ],
    [[1, 0]],
  ])
})

test('the newest manifest has the first key, and keys say what they are', () => {
  expect(manifestKey(lake, hour, 2) < manifestKey(lake, hour, 1)).toBe(true)
  expect(parseManifestKey(lake, manifestKey(lake, hour, 2))).toEqual({ ...hour, seq: 2 })
  expect(parseCompactedKey(lake, `${runPrefix(lake, hour, manifest.run)}x.parquet`)).toEqual({
    ...hour,
    run: '000001-ab',
    seq: 1,
  })
  expect(parseCompactedKey(lake, 'p/_compacted/other/2026-11-21/09/000001-ab/x')).toBeUndefined()
})

test('a manifest whose rows do not add up is refused', () => {
  const text = JSON.stringify({ ...manifest, files: [{ ...manifest.files[0], rows: 8 }] })
  expect(() => parseManifest(text)).toThrow('c has 8 rows and replaces 9')
})
