// The small screen fits the terminal that it is shown in, and says what it does not know.
import { coloursFor } from '@ticklake/runtime/terminal.ts'
import { expect, test } from 'vitest'
import { type ScreenState, screenLines, sparkline } from './watch-screen.ts'

const plain = coloursFor({ isTTY: false }, {})
const sample = (rows: number, atMs: number) => ({
  rows,
  atMs,
  newestMs: atMs - 1_500,
  queryMs: 120,
  scannedBytes: 5,
  lag: undefined,
})
const state: ScreenState = {
  title: 'stock-ticks > s3://ticklake/lake/ticks/ > stock_market_kafka.ticks',
  atMs: Date.UTC(2026, 10, 21, 9, 30, 7),
  partitions: [
    { partition: 0, end: 1_300, landedOffset: 1_250, lag: 50 },
    { partition: 1, end: 700, landedOffset: 700, lag: 0 },
  ],
  lake: { objects: 24, bytes: 1_234_567, newestClaimAtMs: Date.UTC(2026, 10, 21, 9, 30, 5) },
  samples: [sample(0, 1_000), sample(100, 2_000), sample(300, 3_000)],
  countProblem: undefined,
}

test('it shows each partition, the lake, the count and the rate', () => {
  expect(screenLines(state, { columns: 80, rows: 24 }, plain)).toEqual([
    'stock-ticks > s3://ticklake/lake/ticks/ > stock_market_kafka.ticks  09:30:07 UTC',
    '',
    'topic   partition           end        landed           lag',
    '                0         1,300         1,250            50',
    '                1           700           700             0',
    '              all         2,000         1,950            50',
    'lake    24 objects | 1.2 MB | last object 2.0 s ago',
    'athena  300 rows | newest row 1.5 s old | answered in 120 ms',
    'rate    200 rows/s ▅█',
    '',
    'Ctrl-C ends',
  ])
})

test.each([
  [20, 10],
  [40, 24],
  [79, 12],
])('no line is wider than %i columns, and there are not more than %i rows', (columns, rows) => {
  const partitions = Array.from({ length: 50 }, (_, i) => ({
    partition: i,
    end: 1e9,
    landedOffset: i === 42 ? 0 : 1e9,
    lag: i === 42 ? 1e9 : 0,
  }))
  const samples = Array.from({ length: 200 }, (_, i) => sample(i * 100, i * 1000))
  const lines = screenLines({ ...state, partitions, samples }, { columns, rows }, plain)
  expect(lines.length).toBeLessThan(rows)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
})

test('of many partitions those with the largest lag are shown', () => {
  const partitions = Array.from({ length: 50 }, (_, i) => ({
    partition: i,
    end: 9,
    landedOffset: i === 42 ? 0 : 9,
    lag: i === 42 ? 9 : 0,
  }))
  const text = screenLines({ ...state, partitions }, { columns: 80, rows: 12 }, plain).join('\n')
  expect(text).toMatch(/^ +42 +9 +0 +9$/m)
  expect(text).toContain('46 more with less lag')
})

test('a service that does not answer is named where its numbers would be, in red if colours are on', () => {
  const broken = { ...state, partitions: 'no broker answers', countProblem: 'Athena does not answer' }
  const lines = screenLines(broken, { columns: 80, rows: 24 }, coloursFor({ isTTY: true }, {}))
  expect(lines).toContain('\u001b[2mtopic   \u001b[22m\u001b[31mno broker answers\u001b[39m')
  expect(screenLines(broken, { columns: 80, rows: 24 }, plain)).toContain('athena  Athena does not answer')
})

test('a sparkline is as high as its numbers', () => {
  expect(sparkline([0, 50, 100])).toBe('▁▅█')
  expect(sparkline([])).toBe('')
  expect(sparkline([0, 0])).toBe('▁▁')
})

test('no name or error controls the terminal', () => {
  const hostile = 'x\u001b[2J\u009b\u202e\r\ny'
  const shown = { ...state, title: hostile, partitions: hostile, lake: hostile, countProblem: hostile }
  const text = screenLines(shown, { columns: 200, rows: 24 }, plain).join('')
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/)
  expect(text.split('x\\x1b[2J\\x9b\\u202e\\r\\ny')).toHaveLength(5)
})
