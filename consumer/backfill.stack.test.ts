// A second dataset of the same topic, with a later or another start point, beside the first.
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { catalog } from '@ticklake/testing/in-process.ts'
import { readLake } from '@ticklake/testing/lake-reader.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { deleteRecordsBefore } from '@ticklake/testing/topic-changes.ts'
import { expect, test } from 'vitest'

const settings = {
  CONSUMER_FLUSH_ROWS: '50',
  CATALOG_VIEW: 'a_view',
}

test('a backfill lands the topic once more, never touches the first dataset, and the audit holds both', async (scope) => {
  const it = new ConsumerCase(scope, settings)
  const { env } = it
  // Settings of the first dataset, as its group, must not leak into the second.
  env.LAKE_TABLE = 'first_table'
  await createTopic(env, 2)
  await produce(env, ticks(400, 2, 40))
  const first = it.consumeHere()
  const before = await it.landed(400)

  const second = it.consumeHere({}, '--from', 'earliest', '--dataset', 'again')
  const again = await it.landed(400, { LAKE_DATASET: 'again' })
  expect(again.rows.toSorted()).toEqual(before.rows.toSorted())
  expect(again.dead.toSorted()).toEqual(before.dead.toSorted())
  expect(await second.stop()).toBe(0)
  expect(await readLake(env), 'the first is unchanged').toEqual(before)
  expect(await first.stop()).toBe(0)

  expect((await catalog(env, 'declare')).code).toBe(0)
  expect((await catalog({ ...env, LAKE_DATASET: 'again', LAKE_TABLE: '' }, 'declare')).code).toBe(0)
  const audit = await catalog(env, 'audit', '--dataset', 'again', '--wait', '240')
  expect(audit.stdout).toContain('audit: produced 400, landed 390, dead 10, skipped 0, lost 0, twice 0')
  expect(audit.code).toBe(0)
  const equal = await catalog(env, 'audit', '--compare', 'again')
  expect(equal.stdout).toContain('compare: ticks 390 rows, again 390 rows, 0 differences')
  expect(equal.code).toBe(0)

  const s3 = s3Client({ s3PathStyle: true })
  await s3.send(new DeleteObjectCommand({ Bucket: env.LAKE_BUCKET!, Key: again.claims[0]!.files[0]!.key }))
  const different = await catalog(env, 'audit', '--compare', 'again')
  expect(different.stdout).toMatch(/partition \d, offset \d+: only in ticks/)
  expect(different.stdout).toMatch(/compare: ticks 390 rows, again \d+ rows, (at least )?\d+ differences/)
  expect(different.code).toBe(1)
})

test('--from a time writes down what it leaves out as skipped, and its next start goes on', async (scope) => {
  const it = new ConsumerCase(scope, settings)
  const { env } = it
  await createTopic(env, 2)
  await produce(env, ticks(100, 2))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const since = new Date().toISOString()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await produce(env, ticks(60, 1))
  const start = ['--from', since, '--dataset', 'since']
  const of = { ...env, LAKE_DATASET: 'since' }
  const consumer = it.consumeHere({}, ...start)
  const lake = await it.landed(60, of)
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
  const next = it.consumeHere({}, ...start)
  expect((await it.landed(100, of)).rows.length).toBe(100)
  expect(await next.stop()).toBe(0)
  expect((await catalog(of, 'declare')).code).toBe(0)
  const audit = await catalog(env, 'audit', '--dataset', 'since')
  expect(audit.stdout).toContain('audit: produced 200, landed 100, dead 0, skipped 100, lost 0, twice 0')
})

test('what Kafka deletes after a dataset began is a loss, even if nothing had landed yet', async (scope) => {
  const it = new ConsumerCase(scope, settings)
  const { env } = it
  await createTopic(env, 1)
  const start = ['--from', 'earliest', '--dataset', 'begun']
  const first = it.consumeHere({}, ...start)
  await first.logged('partitions assigned')
  expect(await first.stop()).toBe(0)
  await produce(env, ticks(100, 1))
  await deleteRecordsBefore(env, 0, 60)
  const stopped = it.consumeHere({}, ...start)
  expect(await stopped.ended()).toBe(1)
  expect(stopped.stderr).toMatch(/RECORDS_LOST_TO_RETENTION[\s\S]*deleted 60 records[\s\S]*\[0,60\)/)
  it.consumeHere({ CONSUMER_ON_RETENTION_LOSS: 'record' }, ...start)
  const { rows, claims } = await it.landed(40, { LAKE_DATASET: 'begun' })
  expect(rows.length).toBe(40)
  expect(claims[0]).toMatchObject({
    S: 0,
    E: 60,
    skipped: 60,
    reason: "retention: Kafka's first offset was 60",
  })
})

test('a first start on a topic whose oldest records are gone names --from earliest, and leaves no dataset behind', async (scope) => {
  const it = new ConsumerCase(scope, settings)
  const { env } = it
  await createTopic(env, 1)
  await produce(env, ticks(10, 1))
  await deleteRecordsBefore(env, 0, 6)
  const first = it.consumeHere()
  expect(await first.ended()).toBe(1)
  expect(first.stderr).toMatch(
    /RECORDS_LOST_TO_RETENTION[\s\S]*deleted 6 records[\s\S]*nothing was written[\s\S]*--from earliest/,
  )
  // A dataset.json of the failed start would refuse it.
  it.consumeHere({}, '--from', 'earliest')
  expect((await it.landed(4)).claims[0]).toMatchObject({ S: 0, E: 6, skipped: 6 })
})

test('another --from for a dataset that is there is refused, and says how it began', async (scope) => {
  const it = new ConsumerCase(scope, settings)
  const { env } = it
  await createTopic(env, 1)
  await produce(env, ticks(10, 1))
  const first = it.consumeHere()
  await it.landed(10)
  await first.stop()
  const second = it.consumeHere({}, '--from', '2026-01-01')
  expect(await second.ended()).toBe(1)
  expect(second.stderr).toMatch(
    /DATASET_DIFFERS[\s\S]*starts at offset 0[\s\S]*2026-01-01T00:00:00.000Z \(--from\)/,
  )
  const third = it.consumeHere({}, '--from', 'yesterday')
  expect(await third.ended()).toBe(1)
  expect(third.stderr).toContain('--from yesterday cannot be understood')
})
