// Runs one suite against a running endpoint.
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { StackEnv } from '../../stack/environment.ts'
import { type Outcome, readDbtResults, readReport } from './outcomes.ts'
import { run } from './process.ts'
import { bucket, here, lists, type Suite } from './suites.ts'

export interface SuiteRun {
  readonly suite: Suite
  /** The programs of its virtual environment. */
  readonly bin: string
  /** Its tests. */
  readonly folder: string
  readonly stack: StackEnv
  /** For reports and logs. */
  readonly dir: string
  /** More arguments for pytest. */
  readonly select: readonly string[]
  readonly signal: AbortSignal
}

/** Runs the suite to its end. */
export async function runSuite({
  suite,
  bin,
  folder,
  stack,
  dir,
  select,
  signal,
}: SuiteRun): Promise<Outcome[]> {
  mkdirSync(dir, { recursive: true })
  const report = join(dir, `${suite.name}.jsonl`)
  const logFile = join(dir, `${suite.name}.log`)
  rmSync(report, { force: true })
  const env = {
    ...process.env,
    ...stack,
    PATH: `${bin}:${process.env.PATH}`,
    PYTHONPATH: lists,
    PYTHONDONTWRITEBYTECODE: '1',
    CONFORMANCE_REPORT: report,
  }
  const options = { signal, logFile, anyStatus: true }
  if (suite.run.kind === 'aws-cli') {
    const values = [`BUCKET=${bucket}`, 'ACCOUNT=000000000000', `DATA=${join(here, 'aws-cli')}`]
    const script = [join(lists, 'aws_cli.py'), join(here, 'aws-cli/commands.txt'), report, ...values]
    await run(join(bin, 'python'), script, { ...options, env })
    return readReport(report)
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
    return readDbtResults(join(project, 'target/run_results.json'))
  }
  const pytest = [
    ...['-m', 'pytest', '-p', 'report', '-p', 'no:cacheprovider', '--timeout=300', '-q', '-n', '4'],
    ...suite.run.args,
    ...select,
  ]
  await run(join(bin, 'python'), pytest, { ...options, cwd: folder, env: { ...env, ...suite.run.env } })
  return readReport(report)
}
