// The newest outcome of every test of a suite, kept over runs: a run of some tests replaces only theirs.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Outcome } from './outcomes.ts'

/** An outcome and the day of it, as in `2026-01-02`. */
export type KeptOutcome = Outcome & { readonly day: string }

/** What is known of a suite, in the order of its tests' first run; undefined if nothing of it has run. */
export function readResults(path: string): readonly KeptOutcome[] | undefined {
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as KeptOutcome[]
}

/**
 * What is known after a run.
 * @param whole the run was of every test: one that it did not have is no more
 */
export function mergeOutcomes(
  known: readonly KeptOutcome[],
  outcomes: readonly Outcome[],
  { day, whole }: { readonly day: string; readonly whole: boolean },
): KeptOutcome[] {
  const byTest = new Map(whole ? [] : known.map((outcome) => [outcome.test, outcome]))
  for (const outcome of outcomes) byTest.set(outcome.test, { ...outcome, day })
  return [...byTest.values()]
}

/** Replaces the file as a whole, so that a run that is ended leaves the old one or the new one. */
export function writeResults(path: string, results: readonly KeptOutcome[]): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.partial`, `[\n${results.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`)
  renameSync(`${path}.partial`, path)
}
