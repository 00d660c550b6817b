// Rejected records are listed from their dead-letter files, and land once after a fix, even if the replay is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@ticklake/testing/catalog-commands.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { catalog, dlq } from '@ticklake/testing/in-process.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, type TestContext, test } from 'vitest'

const projectDir = join(import.meta.dirname, '../..')
const good = [...ticks(1, 1)][0]!.value!
const broken = (close: string) =>
  Buffer.from(Buffer.from(good).toString().replace('"close":1000,', `"close":"${close}",`))

/** A topic with 100 good and 20 rejected records, and a consumer that has landed them. */
async function withDeadLetters(scope: TestContext): Promise<ConsumerCase> {
  const it = new ConsumerCase(scope, { KAFKA_TICK_ALIASES: 'off' })
  await createTopic(it.env, 2)
  await produce(it.env, ticks(100, 2))
  await produce(
    it.env,
    Array.from({ length: 20 }, (_, i) => ({ value: broken(String(i)), partition: i % 2 })),
  )
  it.consumeHere()
  const { rows, dead } = await it.landed(120)
  expect([rows.length, dead.length]).toEqual([100, 20])
  return it
}

async function expectAudit({ env }: ConsumerCase, line: RegExp): Promise<void> {
  await catalog(env, 'declare')
  const audit = await catalog(env, 'audit', '--deep', '--wait', '30')
  expect(audit.stdout).toMatch(line)
  expect(audit.stdout, 'a transaction marker at the end of a partition is not waited for').not.toContain(
    'waiting',
  )
  expect(audit.code).toBe(0)
}

test('rejected records are counted, shown, fixed and land once, also when the replay is repeated', async (scope) => {
  const it = await withDeadLetters(scope)
  const { env } = it
  const sums = await run(env, 'consumer', 'dlq', 'list', '--output', 'jsonl')
  const groups = sums.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(groups.map(({ reason, partition, records }) => [reason, partition, records])).toEqual([
    ['wrong_type', 0, 10],
    ['wrong_type', 1, 10],
  ])
  const shown = JSON.parse((await dlq(env, 'show', '0:50', '--output', 'jsonl')).stdout)
  expect(shown).toMatchObject({
    partition: 0,
    offset: 50,
    reason: 'wrong_type',
    value: broken('0').toString(),
  })

  const still = await dlq(env, 'replay', '0:50', '--set', 'close=x')
  expect(still.code).toBe(1)
  expect(still.stdout).toMatch(/refused\s+wrong_type: close is a string/)

  const dry = await dlq(env, 'replay', '--all', '--set', 'close=7.5', '--dry-run')
  expect(dry.stderr).toContain('would replay 20, replayed before 0, still refused 0; nothing was sent')
  const one = await dlq(env, 'replay', '0:50', '--set', 'close=7.5')
  expect(one.stderr).toContain('replayed 1, replayed before 0, still refused 0')
  const left = await dlq(env, 'replay', '--all', '--set', 'close=7.5', '--dry-run')
  expect(left.stderr).toContain('would replay 19, replayed before 1, still refused 0; nothing was sent')
  const all = await dlq(env, 'replay', '--reason', 'wrong_type', '--set', 'close=7.5')
  expect(all.stderr).toContain('replayed 19, replayed before 1, still refused 0')
  const twice = await dlq(env, 'replay', '--all', '--set', 'close=7.5')
  expect(twice.stderr).toContain('replayed 0, replayed before 20, still refused 0')

  const lake = await it.landed(140)
  await expectAudit(it, /audit: produced 140, landed 120, dead 20, skipped 0, lost 0, twice 0/)
  expect(new Set(lake.rows).size).toBe(lake.rows.length)
})

test('fixed lines from a program replace the records that they name', async (scope) => {
  const it = await withDeadLetters(scope)
  const { env } = it
  const listed = await dlq(env, 'list', '--each', '--partition', '1', '--output', 'jsonl')
  const lines = listed.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const letter = JSON.parse(line)
      return JSON.stringify({ ...letter, value: { ...JSON.parse(letter.value), close: 1 } })
    })
  const file = join(tmpdir(), `${env.KAFKA_TOPIC}.jsonl`)
  writeFileSync(file, lines.join('\n'))
  const replayed = await dlq(env, 'replay', '--mended', file)
  expect(replayed.stderr).toContain('replayed 10, replayed before 0, still refused 0')
  expect((await it.landed(130)).rows.length).toBe(110)
})

test('a ledger with several partitions is refused, and nothing is sent', async (scope) => {
  const it = await withDeadLetters(scope)
  const { env } = it
  await createTopic({ ...env, KAFKA_TOPIC: `${env.KAFKA_TOPIC}-replayed` }, 3)
  for (const args of [[], ['--dry-run']]) {
    const refused = await dlq(env, 'replay', '--all', '--set', 'close=7.5', ...args)
    expect(refused.stderr).toMatch(/LEDGER_UNFIT[\s\S]*3 partitions; nothing was sent/)
    expect(refused.code).toBe(1)
  }
})

test.for(['before the commit', 'after the commit'])(
  'a replay killed %s lands each record once when it is run again',
  async (when, scope) => {
    const it = await withDeadLetters(scope)
    const { env } = it
    // The replay's own parts, with kill -9 at a point that no test could hit from outside.
    const script = `
    import { readDeadLetters } from './dead-letters/dead-files.ts'
    import { openReplay } from './dead-letters/replay.ts'
    import { replayDeadLetters } from './dead-letters/replay-run.ts'
    import { s3Store } from './s3.ts'
    import { consumerConfig } from './config.ts'
    import { s3Client } from '@ticklake/aws/config.ts'
    const config = consumerConfig(process.env)
    const store = s3Store(s3Client(config.lake), config.lake.bucket)
    const letters = readDeadLetters(store, config.lake, {})
    const first = await letters.next()
    const replay = await openReplay(config.kafka, first.value.topicId)
    const commit = replay.commit
    replay.commit = async () => {
      if (${JSON.stringify(when)} === 'after the commit') await commit()
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => {})
    }
    const all = readDeadLetters(store, config.lake, {})
    for await (const row of replayDeadLetters(replay, replay.isReplayed, all, () => ({ set: { close: 7.5 } }))) console.log(row.outcome)
  `
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: join(projectDir, 'consumer'),
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')

    const again = await dlq(env, 'replay', '--all', '--set', 'close=7.5')
    expect(again.stderr).toContain(
      when === 'before the commit'
        ? 'replayed 20, replayed before 0, still refused 0'
        : 'replayed 0, replayed before 20, still refused 0',
    )
    const lake = await it.landed(140)
    expect(lake.rows.length).toBe(120)
    await expectAudit(it, /audit: produced 140, landed 120, dead 20, skipped 0, lost 0, twice 0/)
  },
)
