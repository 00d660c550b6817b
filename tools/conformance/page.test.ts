import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDbtResults, readReport } from './outcomes.ts'
import { compatibilityPage, entryOnPage, pageEntry } from './page.ts'
import { failuresOf } from './reasons.ts'

const dir = mkdtempSync(join(tmpdir(), 'ticklake-conformance-'))

test('a node that dbt skips because another failed counts as failed', () => {
  const path = join(dir, 'run_results.json')
  const results = [
    { unique_id: 'model.market.daily', status: 'success', message: 'OK' },
    { unique_id: 'test.market.unique', status: 'pass', message: null },
    { unique_id: 'model.market.latest', status: 'error', message: 'Database Error' },
    { unique_id: 'test.market.latest', status: 'skipped', message: null },
  ]
  writeFileSync(path, JSON.stringify({ results }))
  expect(readDbtResults(path).map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'failed', 'failed'])
})

test('a suite that wrote no report has no outcomes, and is not taken for one that passed', () => {
  expect(readReport(join(dir, 'absent.jsonl'))).toEqual([])
})

test('a failure without a rule is "to do", with the first line of its error', () => {
  const outcomes = [
    {
      test: 'a.py::test_a',
      outcome: 'failed',
      message: '\nInvalidRequestException: no such thing\nmore',
      seconds: 1,
    },
    { test: 'a.py::test_b', outcome: 'passed', message: '', seconds: 1 },
  ] as const
  expect(failuresOf('pyathena', outcomes)).toEqual([
    { test: 'a.py::test_a', reason: 'to do', why: 'InvalidRequestException: no such thing' },
  ])
})

test('the page counts failures by reason and shows text of a client in one cell', () => {
  const why = 'expected `a | b`'
  const failures = [
    { test: 'a', reason: 'to do', why },
    { test: 'b', reason: 'to do', why },
    { test: 'c', reason: 'out of scope', why: 'Spark' },
  ] as const
  const page = compatibilityPage([
    pageEntry({ client: 'client 1.0', day: '2026-01-02', passed: 7, skipped: 2, seconds: 12.4, failures }),
  ])
  expect(page).toContain('| client 1.0 | 7 | 3 | 0 | 1 | 2 | 2 | 12 | 2026-01-02 |')
  expect(page).toContain('| 2 | to do | expected ’a \\| b’ | `a` |')
})

test('a page that was written keeps what it says of the suites that were not run', () => {
  const failures = [{ test: 'a', reason: 'out of scope', why: 'no `KMS` | none' }] as const
  const counts = { day: '2026-01-02', passed: 7, skipped: 2, seconds: 12.4 }
  const failed = pageEntry({ ...counts, client: 'client 1.0', failures })
  const whole = pageEntry({ ...counts, client: 'client 1.0: another suite', failures: [] })
  const last = pageEntry({ ...counts, client: 'third 3', failures })
  const page = compatibilityPage([failed, whole, last])
  expect(
    ['client 1.0', 'client 1.0: another suite', 'third 3'].map((client) => entryOnPage(page, { client })),
  ).toEqual([failed, whole, last])
  expect(entryOnPage(page, { client: 'client 2.0' })).toBeUndefined()
})
