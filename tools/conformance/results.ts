// The newest outcome of every test of a suite, kept across runs: a run of some tests replaces only theirs.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Outcome } from './outcomes.ts'

/** An outcome and its day, such as `2026-01-02`. */
export type KeptOutcome = Outcome & { readonly day: string }

/** The results of a suite. */
export interface SuiteResults {
  /** Every test that the suite has, whether it has run or not. */
  readonly tests: readonly string[]
  /** In the order of the tests' first run. */
  readonly outcomes: readonly KeptOutcome[]
}

/** The results of a suite; without tests if none has run. */
export function readResults(path: string): SuiteResults {
  if (!existsSync(path)) return { tests: [], outcomes: [] }
  return JSON.parse(readFileSync(path, 'utf8')) as SuiteResults
}

/** The results after a run. Outcomes of tests that the suite no longer has are dropped. */
export function mergeResults(
  known: SuiteResults,
  run: { readonly tests: readonly string[]; readonly outcomes: readonly Outcome[] },
  day: string,
): SuiteResults {
  const tests = run.tests.length > 0 ? run.tests : known.tests
  const byTest = new Map(known.outcomes.map((outcome) => [outcome.test, outcome]))
  for (const outcome of run.outcomes) byTest.set(outcome.test, { ...outcome, day })
  const existing = new Set(tests)
  return { tests, outcomes: [...byTest.values()].filter(({ test }) => existing.has(test)) }
}

/** The tests without an outcome, after a run that ended early or that selected only some. */
export function testsNotRun({ tests, outcomes }: SuiteResults): string[] {
  const run = new Set(outcomes.map(({ test }) => test))
  return tests.filter((test) => !run.has(test))
}

/** Replaces the file atomically: an interrupted run leaves the old one or the new one. */
export function writeResults(path: string, { tests, outcomes }: SuiteResults): void {
  mkdirSync(dirname(path), { recursive: true })
  const rows = outcomes.map((each) => JSON.stringify(each)).join(',\n')
  const text = `{"tests":${JSON.stringify(tests)},\n"outcomes":[\n${rows}\n]}\n`
  writeFileSync(`${path}.partial`, text)
  renameSync(`${path}.partial`, path)
}
