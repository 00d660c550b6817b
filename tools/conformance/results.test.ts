import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { suiteResult } from './page.ts'
import { mergeResults, readResults, testsNotRun, writeResults } from './results.ts'
import { suites } from './suites.ts'

const nothing = { tests: [], outcomes: [] }
const outcome = (test: string, outcome: 'passed' | 'failed') => ({ test, outcome, message: '', seconds: 1 })

test('a run of some tests replaces only their results, and drops those of tests that are no more', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'ticklake-conformance-')), 'results/pyathena.json')
  expect(readResults(path)).toEqual(nothing)
  const first = [outcome('a', 'failed'), outcome('b', 'passed'), outcome('gone', 'passed')]
  writeResults(path, mergeResults(nothing, { tests: ['a', 'b', 'gone'], outcomes: first }, '2026-01-02'))
  const all = { tests: ['a', 'b', 'gone'], outcomes: [outcome('a', 'passed')] }
  const some = mergeResults(readResults(path), all, '2026-01-03')
  expect(some.outcomes.map(({ test, outcome, day }) => [test, outcome, day])).toEqual([
    ['a', 'passed', '2026-01-03'],
    ['b', 'passed', '2026-01-02'],
    ['gone', 'passed', '2026-01-02'],
  ])
  expect(suiteResult(suites[0]!, some)).toMatchObject({
    passed: 3,
    day: '2026-01-02',
    seconds: 3,
    failures: [],
  })
  const again = { tests: ['a', 'b'], outcomes: [outcome('a', 'passed'), outcome('b', 'failed')] }
  const whole = mergeResults(some, again, '2026-01-04')
  expect(whole.outcomes.map(({ test }) => test)).toEqual(['a', 'b'])
})

test('after a run that ended early, the tests that it did not reach have no result', () => {
  const early = mergeResults(
    nothing,
    { tests: ['a', 'b', 'c'], outcomes: [outcome('a', 'passed')] },
    '2026-01-02',
  )
  expect(testsNotRun(early)).toEqual(['b', 'c'])
  const rest = { tests: ['a', 'b', 'c'], outcomes: [outcome('b', 'failed'), outcome('c', 'passed')] }
  expect(testsNotRun(mergeResults(early, rest, '2026-01-02'))).toEqual([])
})

test('a run that could not collect the tests changes nothing of what is known', () => {
  const known = mergeResults(nothing, { tests: ['a'], outcomes: [outcome('a', 'passed')] }, '2026-01-02')
  expect(mergeResults(known, nothing, '2026-01-03')).toEqual(known)
})
