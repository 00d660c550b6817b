// Runs one suite against a running endpoint.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StackEnv } from '../../stack/environment.ts'
import { type Outcome, readCollected, readDbtResults, readReport } from './outcomes.ts'
import { run } from './process.ts'
import { bucket, here, lists, type Suite } from './suites.ts'

export interface SuiteRun {
  readonly suite: Suite
  /** The folder of its virtual environment's programs. */
  readonly bin: string
  /** Its tests. */
  readonly folder: string
  readonly stack: StackEnv
  /** For reports and logs. */
  readonly dir: string
  /** More arguments for pytest. */
  readonly select: readonly string[]
  /** Tests that pytest leaves out. */
  readonly leaveOut: readonly string[]
  readonly signal: AbortSignal
}

/** The result of a run. */
export interface SuiteOutcomes {
  /** Every test of the suite, including those that did not run. */
  readonly tests: readonly string[]
  readonly outcomes: readonly Outcome[]
}

/** A run that ended early, with the reason. */
export class EndedEarly extends Error {
  readonly reached: SuiteOutcomes

  constructor(reached: SuiteOutcomes, cause: unknown) {
    super('the suite was ended before its end', { cause })
    this.reached = reached
  }
}

/**
 * Runs the suite to its end.
 * @throws EndedEarly
 */
export async function runSuite({
  suite,
  bin,
  folder,
  stack,
  dir,
  select,
  leaveOut,
  signal,
}: SuiteRun): Promise<SuiteOutcomes> {
  mkdirSync(dir, { recursive: true })
  const report = join(dir, `${suite.name}.jsonl`)
  const logFile = join(dir, `${suite.name}.log`)
  const collected = join(dir, `${suite.name}.collected.txt`)
  for (const file of [report, collected, logFile]) rmSync(file, { force: true })
  const env = {
    ...process.env,
    ...stack,
    PATH: `${bin}:${process.env.PATH}`,
    PYTHONPATH: lists,
    PYTHONDONTWRITEBYTECODE: '1',
    CONFORMANCE_REPORT: report,
    CONFORMANCE_COLLECTED: collected,
  }
  const options = { signal, logFile, anyStatus: true }
  if (suite.run.kind === 'aws-cli') {
    const values = [`BUCKET=${stack.LAKE_BUCKET}`, 'ACCOUNT=000000000000', `DATA=${join(here, 'aws-cli')}`]
    const script = [join(lists, 'aws_cli.py'), join(here, 'aws-cli/commands.txt'), report, ...values]
    await run(join(bin, 'python'), script, { ...options, env })
    return allOf(readReport(report))
  }
  if (suite.run.kind === 'dbt') {
    // dbt writes into the project's folder.
    const project = join(dir, suite.name)
    rmSync(project, { recursive: true, force: true })
    cpSync(join(here, 'dbt-project'), project, { recursive: true })
    const folders = {
      DBT_TEST_ATHENA_S3_STAGING_DIR: `s3://${bucket}/dbt-project/staging/`,
      DBT_TEST_ATHENA_S3_TMP_TABLE_DIR: `s3://${bucket}/dbt-project/tables/`,
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    }
    const args = ['build', '--project-dir', project, '--profiles-dir', project]
    await run(join(bin, 'dbt'), args, { ...options, env: { ...env, ...folders } })
    return allOf(readDbtResults(join(project, 'target/run_results.json')))
  }
  const pytest = [
    ...['-m', 'pytest', '-p', 'report', '-p', 'no:cacheprovider', '--timeout=300', '-q'],
    ...['-n', String(suite.run.workers)],
    ...suite.run.args,
    ...select,
  ]
  const leaveOutFile = join(dir, `${suite.name}.leave-out.txt`)
  const pytestEnv = { ...env, ...suite.run.env, CONFORMANCE_LEAVE_OUT: leaveOutFile }
  // A test may end pytest itself: the remaining tests then run without those that have an outcome.
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const done = new Set([...leaveOut, ...reached().outcomes.map(({ test }) => test)])
    writeFileSync(leaveOutFile, [...done].join('\n'))
    try {
      await run(join(bin, 'python'), pytest, { ...options, cwd: folder, env: pytestEnv })
    } catch (error) {
      throw new EndedEarly(reached(), error)
    }
    const { tests, outcomes } = reached()
    const known = new Set([...leaveOut, ...outcomes.map(({ test }) => test)])
    const rest = select.length > 0 ? [] : tests.filter((test) => !known.has(test))
    if (rest.length === 0 || outcomes.length === 0) return { tests, outcomes }
    if (rest.length >= before) return { tests, outcomes: [...outcomes, ...rest.map(endedPytest)] }
    before = rest.length
  }

  function reached(): SuiteOutcomes {
    const outcomes = readReport(report)
    // A file that pytest could not collect is not a test, but has an outcome.
    const tests = new Set([...readCollected(collected), ...outcomes.map(({ test }) => test)])
    return { tests: [...tests], outcomes }
  }
}

/** Of a suite whose every test runs, or none. */
function allOf(outcomes: readonly Outcome[]): SuiteOutcomes {
  return { tests: outcomes.map(({ test }) => test), outcomes }
}

function endedPytest(test: string): Outcome {
  return { test, outcome: 'failed', message: 'pytest ended before this test had an outcome', seconds: 0 }
}
