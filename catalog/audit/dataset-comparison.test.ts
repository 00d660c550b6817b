import { expect, test } from 'vitest'
import { blocksSql, commonRanges, comparisonText, rowsSql } from './dataset-comparison.ts'

const extent = (starts: [number, number][], landedOffsets: [number, number][]) => ({
  topicId: 't',
  starts: new Map(starts),
  landedOffsets: new Map(landedOffsets),
})

test('only offsets that both have reached, and neither skipped at its start, are compared', () => {
  const one = extent(
    [[0, 0]],
    [
      [0, 100],
      [1, 50],
    ],
  )
  const two = extent(
    [
      [0, 30],
      [1, 0],
    ],
    [
      [0, 80],
      [1, 70],
      [2, 5],
    ],
  )
  expect(commonRanges(one, two)).toEqual([
    { partition: 0, from: 30, to: 80 },
    { partition: 1, from: 0, to: 50 },
  ])
})

test('a partition that is in an era in one of them is not compared: its offsets are shifted', () => {
  const [one, two] = [extent([], [[0, 10]]), extent([], [[0, 10]])]
  expect(commonRanges({ ...one, inEra: new Set([0]) }, two)).toEqual([])
})

test('a dataset that starts where the other ends has nothing in common with it', () => {
  expect(commonRanges(extent([], [[0, 10]]), extent([[0, 10]], [[0, 20]]))).toEqual([])
})

test('a column that only one table has is not compared: an earlier release declared the other', () => {
  const ranges = [{ partition: 0, from: 0, to: 10 }]
  const asked = (...columns: string[]) => {
    const compared = { tables: ['a', 'b'], columns: new Set(columns) } as const
    return [blocksSql(compared, 't', ranges), rowsSql(compared, 't', ranges, ranges)]
  }
  for (const sql of asked('index', 'close', 'source'))
    expect(sql).toContain('ROW("index", "close", "source")')
  for (const sql of asked('index', 'close')) expect(sql).toContain('ROW("index", "close")')
})

test('the last line counts the differences', () => {
  const lines = comparisonText({
    inEra: [],
    first: 'ticks',
    second: 'again',
    ranges: [{ partition: 0, from: 0, to: 10 }],
    rows: { first: 10, second: 9 },
    differences: [{ partition: 0, offset: 4, what: 'only-first' }],
    more: false,
  })
  expect(lines).toContain('partition 0, offset 4: only in ticks')
  expect(lines.at(-1)).toBe('compare: ticks 10 rows, again 9 rows, 1 difference')
})
