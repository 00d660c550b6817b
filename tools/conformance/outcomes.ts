// The outcome of one test of a client's suite, as reported by python/ and dbt.
import { existsSync, readFileSync } from 'node:fs'

export interface Outcome {
  /** `tests/unit/test_catalog.py::test_create_table`, `athena get-work-group …`, `model.market.daily`. */
  readonly test: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** The error of a failed test, else empty. */
  readonly message: string
  readonly seconds: number
}

/** Reads a report: a line of JSON for each test. No file means that no test ran. */
export function readReport(path: string): Outcome[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Outcome)
}

/** Reads the list of a suite's tests, one a line, that pytest writes when it has collected them. */
export function readCollected(path: string): string[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8').split('\n').filter(Boolean)
}

interface DbtResult {
  readonly unique_id: string
  readonly status: string
  readonly message: string | null
  readonly execution_time: number
}

/** Reads dbt's target/run_results.json: a node that dbt skipped because another failed counts as failed. */
export function readDbtResults(path: string): Outcome[] {
  if (!existsSync(path)) return []
  const { results } = JSON.parse(readFileSync(path, 'utf8')) as { results: DbtResult[] }
  return results.map(({ unique_id, status, message, execution_time }) => ({
    test: unique_id,
    outcome: status === 'success' || status === 'pass' ? 'passed' : 'failed',
    message: message ?? status,
    seconds: execution_time,
  }))
}
