// The newest outcome of every test of a suite, kept over runs: a run of some tests replaces only theirs.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Outcome } from './outcomes.ts'

/** An outcome and the day of it, as in `2026-01-02`. */
export type KeptOutcome = Outcome & { readonly day: string }

/** What is known of a suite. */
export interface SuiteResults {
  /** Every test that the suite has, whether it has run or not. */
  readonly tests: readonly string[]
  /** In the order of the tests' first run. */
  readonly outcomes: readonly KeptOutcome[]
}

/** What is known of a suite; no tests if nothing of it has run. */
export function readResults(path: string): SuiteResults {
  if (!existsSync(path)) return { tests: [], outcomes: [] }
  return JSON.parse(readFileSync(path, 'utf8')) as SuiteResults
}

/** What is known after a run. Outcomes of tests that the suite no longer has are dropped. */
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

/** The tests without an outcome: of a run that ended early, or of which only a part was selected. */
export function testsNotRun({ tests, outcomes }: SuiteResults): string[] {
  const run = new Set(outcomes.map(({ test }) => test))
  return tests.filter((test) => !run.has(test))
}

/** Replaces the file as a whole, so that a run that is ended leaves the old one or the new one. */
export function writeResults(path: string, { tests, outcomes }: SuiteResults): void {
  mkdirSync(dirname(path), { recursive: true })
  const rows = outcomes.map((each) => JSON.stringify(each)).join(',\n')
  const text = `{"tests":${JSON.stringify(tests)},\n"outcomes":[\n${rows}\n]}\n`
  writeFileSync(`${path}.partial`, text)
  renameSync(`${path}.partial`, path)
}
