// A vitest reporter that hands the counts of a run, what failed and what was skipped, each with why, to vitest-run.ts.
import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import type { Counts } from './counts.ts'

export interface RunResult extends Counts {
  /** One line each: the test's full name, and the reason where it gave one. */
  readonly skips: readonly string[]
  /** One for each failed test: its full name, its seconds, and what it said. */
  readonly failures: readonly string[]
  /** The files that took longest, each with its seconds: where the time of a run goes. */
  readonly slowest: readonly string[]
}

const SLOWEST = 12

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    // An error outside any test is a failure like one inside.
    const seconds = (module: TestModule) => module.diagnostic().duration / 1000
    const slowest = [...modules].sort((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST)
    const result = {
      passed: 0,
      failed: unhandled.length,
      skipped: 0,
      skips: [] as string[],
      slowest: slowest.map((module) => `${seconds(module).toFixed(0)} s ${module.relativeModuleId}`),
      failures: unhandled.map((error) => failure('outside any test', [error])),
    }
    for (const module of modules) {
      result.failed += module.errors().length
      if (module.errors().length > 0) result.failures.push(failure(module.relativeModuleId, module.errors()))
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') result.passed++
        else if (state === 'skipped') {
          result.skipped++
          const { note } = test.result() as { note?: string }
          result.skips.push(`${module.relativeModuleId}: ${test.fullName}${note ? ` (${note})` : ''}`)
        } else {
          result.failed++
          const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1)
          const name = `${module.relativeModuleId}: ${test.fullName} (${seconds} s)`
          result.failures.push(failure(name, test.result().errors ?? []))
        }
      }
      for (const suite of module.children.allSuites()) {
        result.failed += suite.errors().length
        if (suite.errors().length > 0) {
          result.failures.push(failure(`${module.relativeModuleId}: ${suite.fullName}`, suite.errors()))
        }
      }
    }
    const path = process.env.TICKLAKE_TEST_COUNTS
    if (path) writeFileSync(path, JSON.stringify(result))
  }
}

/** The first lines of each error, and where in the project it was thrown: enough to begin with. */
function failure(name: string, errors: readonly SerializedError[]): string {
  const said = errors.flatMap(({ message, stack = '' }) => {
    const place = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node_modules'))
    return [...message.split('\n').slice(0, 20), ...(place ? [place.trim()] : [])]
  })
  return [name, ...said.map((line) => `    ${line}`)].join('\n')
}
