// `make test`: lint, then every unit and stack test against one real stack, in UTC, and far from it where that matters.
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderError } from '@ticklake/runtime/errors.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { projectDir } from '../../stack/paths.ts'
import { startStack } from '../../stack/stack.ts'
import { writeState } from '../../stack/state.ts'
import { lint } from './lint.ts'
import { summarize } from './summary.ts'
import { runVitest } from './vitest-run.ts'

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
  'packages/contract/',
  'data/',
  'producer/csv/read-csv.',
  'consumer/encoding/encoder.',
  'consumer/batching/record-buffer.',
  'packages/lake/closed-hours.',
  'packages/lake/partitions.',
  'catalog/tables/registrar.',
  'local-aws/athena/',
  'local-aws/glue/',
]

/** They wait for servers, terminals and CloudFormation more than they work. */
const patient = [
  'stack/lifecycle.stack.test.ts',
  'infra/aws-page.stack.test.ts',
  'infra/deploy.stack.test.ts',
  'catalog/compaction/compaction.stack.test.ts',
  'packages/runtime/terminal.stack.test.ts',
  'tools/docs/commands.stack.test.ts',
]

/**
 * They measure how long something takes, or its share of the machine, or compare the state of the whole stack before and
 * after: nothing else runs meanwhile.
 */
const measuring = [
  'catalog/dashboard/server/live.stack.test.ts',
  'local-aws/glue/crawlers/crawler.stack.test.ts',
  'stack/foreign-site.stack.test.ts',
  'packages/testing/hostile/hostile.stack.test.ts',
  'packages/kafka-reader/cluster.stack.test.ts',
]

/** Every other test file: vitest's projects take no other word for what to leave out. */
function inUtc(): string[] {
  const files = globSync('**/*.test.ts', { cwd: projectDir, exclude: ['**/node_modules/**', '.local/**'] })
  const elsewhere = [...farFromUtc, ...patient, ...measuring]
  return files.filter((file) => !file.endsWith('.e2e.test.ts') && !elsewhere.includes(file))
}

await runCommand(async (signal) => {
  const linted = lint()
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
      ports: stack.ports,
      secretFile: stack.secretFile,
    })
    const { failed } = stack.supervisor
    // Without one of its servers every test that is left would wait for its time to run out.
    const whileItRuns = AbortSignal.any([signal, failed])
    const run = (files: readonly string[], timeZone: string) => {
      say(`\nTests, TZ=${timeZone}`)
      const env = { TZ: timeZone, TICKLAKE_TEST_STACK: state }
      return runVitest({
        projects: ['unit', 'stack'],
        files,
        reporter: 'dot',
        env,
        dir,
        signal: whileItRuns,
      })
    }
    const besideThem = async () => [
      await run(patient, 'UTC'),
      await run([...farFromUtc, ...cheapInBoth], 'America/Los_Angeles'),
    ]
    const [others, beside] = await Promise.all([run(inUtc(), 'UTC'), besideThem()])
    const measured = await run(measuring, 'UTC')
    if (failed.aborted) say(`\nThe tests were cut off.\n${renderError(failed.reason)}`)
    summarize([others, ...beside, measured], [linted])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
