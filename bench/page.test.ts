import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { summaryOf, writePage } from './page.ts'
import type { BenchResult, Measurement } from './result.ts'

const land = (
  contender: string,
  round: number,
  cpu: number,
  more: Partial<Measurement> = {},
): Measurement => ({
  group: 'land',
  contender,
  round,
  figures: { 'CPU s/M rows': cpu, 'rows/s': 1_000_000 / cpu, 'peak MiB': 100 * cpu },
  ...more,
})
const ours = 'ticklake parquet, batches'
const theirs = 'Kafka Connect, Iceberg sink'

function resultOf(measurements: Measurement[]): BenchResult {
  return { at: '2026-11-26T12:00:00.000Z', machine: 'a <machine>', rows: 1_000_000, measurements }
}

test('medians and ratios are of the rounds that count', () => {
  const lost = { void: 'it wrote 9 rows of 10' }
  const rounds = [land(ours, 1, 2), land(theirs, 1, 12), land(ours, 2, 0.1, lost), land(theirs, 2, 10)]
  const text = summaryOf(resultOf([...rounds, land(ours, 3, 4), land(theirs, 3, 11)]))
  expect(text).toContain('3.00 CPU s/M rows')
  expect(text).toContain(
    `ratio ${ours} / ${theirs}: rows per CPU second 3.67, rows per second 4.13, peak memory 0.27`,
  )
})

test('a contender without a round that counts has no figures and no ratio', () => {
  const text = summaryOf(resultOf([land(ours, 1, 2, { void: 'it ended with 1' }), land(theirs, 1, 12)]))
  expect(text).toMatch(/batches +void/)
  expect(text).not.toContain('ratio')
})

test('the page has a table and a plot for each group, and what is void is there as void', () => {
  const docs = mkdtempSync(join(tmpdir(), 'ticklake-bench-page-'))
  try {
    mkdirSync(join(docs, 'pictures'))
    writePage(docs, [resultOf([land(ours, 1, 2), land('a & b', 1, 1, { void: 'x' })])])
    const page = readFileSync(join(docs, 'benchmarks.md'), 'utf8')
    expect(page).toContain('| a & b | void |')
    expect(readdirSync(join(docs, 'pictures'))).toEqual(['bench-land.svg'])
    expect(readFileSync(join(docs, 'pictures/bench-land.svg'), 'utf8')).toContain('>2.00</text>')
  } finally {
    rmSync(docs, { recursive: true, force: true })
  }
})
