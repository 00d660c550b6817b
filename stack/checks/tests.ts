// `make test`: lint, then every unit and stack test against one real stack, in UTC, and far from it where that matters.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderError } from '@ticklake/runtime/errors.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { projectDir } from '../places.ts'
import { startStack } from '../stack.ts'
import { writeState } from '../state.ts'
import type { RunResult } from './count-reporter.ts'
import { addUp, type Counts, countsLine } from './counts.ts'
import { lint } from './lint.ts'

/**
 * Days and hours are UTC everywhere: these tests would notice the machine's own time zone, so they run far from UTC. What
 * is wrong in UTC is wrong there as well, so they need not run twice.
 */
const farFromUtc = [
  'catalog/catalog.stack.test.ts',
  'consumer/backfill.stack.test.ts',
  'local-aws/athena/athena.stack.test.ts',
  'local-aws/glue/glue.stack.test.ts',
]

/** The same without a stack, which costs little: in both. */
const cheapInBoth = [
  'contract/',
  'data/',
  'producer/csv.',
  'consumer/encoder.',
  'consumer/record-buffer.',
  'catalog/closed-hours.',
  'catalog/partitions.',
  'catalog/registrar.',
  'local-aws/athena/',
  'local-aws/glue/',
]

/** They wait for servers of their own and for CloudFormation more than they work. */
const patient = [
  'stack/lifecycle.stack.test.ts',
  'infra/aws-page.stack.test.ts',
  'infra/deploy.stack.test.ts',
]

/** Every other test file: vitest's projects take no other word for what to leave out. */
function inUtc(): string[] {
  const files = globSync('**/*.test.ts', { cwd: projectDir, exclude: ['**/node_modules/**', '.local/**'] })
  const elsewhere = [...farFromUtc, ...patient]
  return files.filter((file) => !file.endsWith('.e2e.test.ts') && !elsewhere.includes(file))
}

await runCommand(async (signal) => {
  const counts: Counts[] = [lint()]
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-test-'))
  try {
    const say = (text: string) => process.stdout.write(`${text}\n`)
    say('\nStarting a stack for the tests')
    await using stack = await startStack({
      dir,
      ports: 'free',
      bucket: 'ticklake-test',
      onReady: (name, seconds) => say(`  ${name} after ${seconds.toFixed(1)} s`),
      signal,
    })
    const state = join(dir, 'stack.json')
    writeState(state, {
      command: 'make test',
      pid: process.pid,
      startedAt: new Date().toISOString(),
      env: stack.env,
      settings: {},
      logDir: stack.logDir,
    })
    const { failed } = stack.supervisor
    // Without one of its servers every test that is left would wait for its time to run out.
    const whileItRuns = AbortSignal.any([signal, failed])
    const run = (args: readonly string[], timeZone: string) =>
      vitest(args, { timeZone, state, dir, signal: whileItRuns })
    // Beside the first tests, which are patient as well; over long before those that measure a time or a share.
    const beside = async () => [
      await run(patient, 'UTC'),
      await run([...farFromUtc, ...cheapInBoth], 'America/Los_Angeles'),
    ]
    const results = (await Promise.all([run(inUtc(), 'UTC').then((main) => [main]), beside()])).flat()
    if (failed.aborted) say(`\nThe tests were cut off.\n${renderError(failed.reason)}`)
    counts.push(...results)
    say(
      `\nWhere the time went:\n${results.flatMap(({ slowest }) => slowest.map((each) => `  ${each}`)).join('\n')}`,
    )
    const skips = new Set(results.flatMap((result) => result.skips))
    if (skips.size > 0) say(`\nSkipped:\n${[...skips].map((skip) => `  ${skip}`).join('\n')}`)
    const failures = results.flatMap((result) => result.failures)
    if (failures.length > 0) say(`\nFailed:\n${failures.map((each) => `  ${each}`).join('\n')}`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  const sum = addUp(counts)
  process.stdout.write(`${countsLine(sum)}\n`)
  if (sum.failed > 0) process.exitCode = 1
})

interface RunFacts {
  readonly timeZone: string
  readonly state: string
  readonly dir: string
  readonly signal: AbortSignal
}

/** One run of vitest; one that dies without a report counts as a failure. */
async function vitest(
  filters: readonly string[],
  { timeZone, state, dir, signal }: RunFacts,
): Promise<RunResult> {
  process.stdout.write(`\nTests, TZ=${timeZone}\n`)
  const report = join(mkdtempSync(join(dir, 'run-')), 'counts.json')
  const args = [
    join(projectDir, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project=unit',
    '--project=stack',
    '--reporter=dot',
    `--reporter=${join(import.meta.dirname, 'count-reporter.ts')}`,
    ...filters,
  ]
  const env = { ...process.env, TZ: timeZone, TICKLAKE_TEST_STACK: state, TICKLAKE_TEST_COUNTS: report }
  const child = spawn(process.execPath, args, {
    cwd: projectDir,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    signal,
  })
  const status = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(1))
    child.once('close', (code) => resolve(code ?? 1))
  })
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as RunResult
    return status !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result
  } catch {
    return { passed: 0, failed: 1, skipped: 0, skips: [], failures: [], slowest: [] }
  }
}
