// A vitest reporter that hands the counts of a run, and what was skipped and why, to tests.ts.
import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import type { Counts } from './counts.ts'

export interface RunResult extends Counts {
  /** One line each: the test's full name, and the reason where it gave one. */
  readonly skips: readonly string[]
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    // An error outside any test is a failure like one inside.
    const result = { passed: 0, failed: unhandled.length, skipped: 0, skips: [] as string[] }
    for (const module of modules) {
      result.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') result.passed++
        else if (state === 'skipped') {
          result.skipped++
          const { note } = test.result() as { note?: string }
          result.skips.push(`${module.relativeModuleId}: ${test.fullName}${note ? ` (${note})` : ''}`)
        } else result.failed++
      }
      for (const suite of module.children.allSuites()) result.failed += suite.errors().length
    }
    const path = process.env.TICKLAKE_TEST_COUNTS
    if (path) writeFileSync(path, JSON.stringify(result))
  }
}
