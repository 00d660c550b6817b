// A second dataset of the same topic, with a later or another start point, beside the first.
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { readLake } from '@ticklake/testing/lake-reader.ts'
import { Service } from '@ticklake/testing/service.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { deleteRecordsBefore } from '@ticklake/testing/topic-changes.ts'
import { afterEach, expect, test } from 'vitest'

const running: Service[] = []

afterEach(async () => {
  for (const service of running.splice(0)) await service.stop('SIGKILL')
})

const settings = {
  CONSUMER_HEALTH_PORT: '0',
  CONSUMER_FLUSH_AFTER_MS: '300',
  CONSUMER_FLUSH_ROWS: '50',
  CATALOG_VIEW: 'a_view',
  CATALOG_HOURS_AHEAD: '1',
}

function start(env: Record<string, string>, ...args: string[]): Service {
  const service = new Service(args, { env })
  running.push(service)
  return service
}

async function landed(env: Record<string, string>, total: number) {
  const deadline = Date.now() + 60_000
  for (;;) {
    const lake = await readLake(env)
    if (lake.rows.length + lake.dead.length >= total) return lake
    if (Date.now() > deadline) throw new Error(`${lake.rows.length} rows of ${total}`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

async function catalog(env: Record<string, string>, ...args: string[]) {
  const service = start(env, 'catalog/main.ts', ...args)
  const status = await service.ended()
  return { status, text: service.stdout + service.stderr }
}

test('a backfill lands the topic once more, never touches the first dataset, and the audit holds both', async () => {
  const env = testEnv(settings)
  // Settings of the first dataset must not leak into the second.
  env.CONSUMER_GROUP_ID = 'first-group'
  env.LAKE_TABLE = 'first_table'
  await createTopic(env, 2)
  await produce(env, ticks(400, 2, 40))
  const first = start(env, 'consumer/main.ts', 'run')
  const before = await landed(env, 400)

  const second = start(env, 'consumer/main.ts', 'run', '--from', 'earliest', '--dataset', 'again')
  const again = await landed({ ...env, LAKE_DATASET: 'again' }, 400)
  expect(again.rows.toSorted()).toEqual(before.rows.toSorted())
  expect(again.dead.toSorted()).toEqual(before.dead.toSorted())
  expect(await second.stop()).toBe(0)
  expect(await readLake(env), 'the first is unchanged').toEqual(before)
  expect(await first.stop()).toBe(0)

  expect((await catalog(env, 'declare')).status).toBe(0)
  expect((await catalog({ ...env, LAKE_DATASET: 'again', LAKE_TABLE: '' }, 'declare')).status).toBe(0)
  const audit = await catalog(env, 'audit', '--dataset', 'again', '--wait', '20')
  expect(audit.text).toContain('audit: produced 400, landed 390, dead 10, skipped 0, lost 0, twice 0')
  expect(audit.status).toBe(0)
  const equal = await catalog(env, 'audit', '--compare', 'again')
  expect(equal.text).toContain('compare: ticks 390 rows, again 390 rows, 0 differences')
  expect(equal.status).toBe(0)

  const s3 = s3Client({ s3PathStyle: true })
  await s3.send(new DeleteObjectCommand({ Bucket: env.LAKE_BUCKET!, Key: again.claims[0]!.files[0]!.key }))
  const different = await catalog(env, 'audit', '--compare', 'again')
  expect(different.text).toMatch(/partition \d, offset \d+: only in ticks/)
  expect(different.text).toMatch(/compare: ticks 390 rows, again \d+ rows, (at least )?\d+ differences/)
  expect(different.status).toBe(1)
})

test('--from a time writes down what it leaves out as skipped, and its next start goes on', async () => {
  const env = testEnv(settings)
  await createTopic(env, 2)
  await produce(env, ticks(100, 2))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const since = new Date().toISOString()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await produce(env, ticks(60, 1))
  const run = ['consumer/main.ts', 'run', '--from', since, '--dataset', 'since']
  const of = { ...env, LAKE_DATASET: 'since' }
  const consumer = start(env, ...run)
  const lake = await landed(of, 60)
  expect(
    lake.claims.map(({ partition, S, E, skipped, reason }) => ({ partition, S, E, skipped, reason })),
  ).toEqual(
    expect.arrayContaining([
      { partition: 0, S: 0, E: 50, skipped: 50, reason: `--from ${since}` },
      { partition: 1, S: 0, E: 50, skipped: 50, reason: `--from ${since}` },
    ]),
  )
  expect(lake.rows.length).toBe(60)
  expect(await consumer.stop()).toBe(0)

  await produce(env, ticks(40, 2))
  const next = start(env, ...run)
  expect((await landed(of, 100)).rows.length).toBe(100)
  expect(await next.stop()).toBe(0)
  expect((await catalog(of, 'declare')).status).toBe(0)
  const audit = await catalog(env, 'audit', '--dataset', 'since')
  expect(audit.text).toContain('audit: produced 200, landed 100, dead 0, skipped 100, lost 0, twice 0')
})

test('what Kafka deletes after a dataset began is a loss, even if nothing had landed yet', async () => {
  const env = testEnv(settings)
  await createTopic(env, 1)
  const run = ['consumer/main.ts', 'run', '--from', 'earliest', '--dataset', 'begun']
  const first = start(env, ...run)
  await first.logged('partitions assigned')
  expect(await first.stop()).toBe(0)
  await produce(env, ticks(100, 1))
  await deleteRecordsBefore(env, 0, 60)
  const stopped = start(env, ...run)
  expect(await stopped.ended()).toBe(1)
  expect(stopped.stderr).toMatch(/RECORDS_LOST_TO_RETENTION[\s\S]*deleted 60 records[\s\S]*\[0,60\)/)
  start({ ...env, CONSUMER_ON_RETENTION_LOSS: 'record' }, ...run)
  const { rows, claims } = await landed({ ...env, LAKE_DATASET: 'begun' }, 40)
  expect(rows.length).toBe(40)
  expect(claims[0]).toMatchObject({
    S: 0,
    E: 60,
    skipped: 60,
    reason: "retention: Kafka's first offset was 60",
  })
})

test('a first start on a topic whose oldest records are gone names --from earliest, and leaves no dataset behind', async () => {
  const env = testEnv(settings)
  await createTopic(env, 1)
  await produce(env, ticks(10, 1))
  await deleteRecordsBefore(env, 0, 6)
  const first = start(env, 'consumer/main.ts', 'run')
  expect(await first.ended()).toBe(1)
  expect(first.stderr).toMatch(
    /RECORDS_LOST_TO_RETENTION[\s\S]*deleted 6 records[\s\S]*nothing was written[\s\S]*--from earliest/,
  )
  // A dataset.json of the failed start would refuse it.
  start(env, 'consumer/main.ts', 'run', '--from', 'earliest')
  expect((await landed(env, 4)).claims[0]).toMatchObject({ S: 0, E: 6, skipped: 6 })
})

test('another --from for a dataset that is there is refused, and says how it began', async () => {
  const env = testEnv(settings)
  await createTopic(env, 1)
  await produce(env, ticks(10, 1))
  const first = start(env, 'consumer/main.ts', 'run')
  await landed(env, 10)
  await first.stop()
  const second = start(env, 'consumer/main.ts', 'run', '--from', '2026-01-01')
  expect(await second.ended()).toBe(1)
  expect(second.stderr).toMatch(
    /DATASET_DIFFERS[\s\S]*starts at offset 0[\s\S]*2026-01-01T00:00:00.000Z \(--from\)/,
  )
  const third = start(env, 'consumer/main.ts', 'run', '--from', 'yesterday')
  expect(await third.ended()).toBe(1)
  expect(third.stderr).toContain('--from yesterday cannot be understood')
})
