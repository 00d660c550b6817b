// The audit with a real broker, bucket and engine: one object deleted, one copied, closed hours verified.
import { CopyObjectCommand, DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { controlPrefix, hourOf, hourPrefix } from '@ticklake/contract/keys.ts'
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { messagesOf, putClaim, run } from '@ticklake/testing/catalog-commands.ts'
import { changeFirstRow } from '@ticklake/testing/changed-object.ts'
import { catalog, runHere } from '@ticklake/testing/in-process.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce } from '@ticklake/testing/topic.ts'
import { beforeAll, expect, test } from 'vitest'
import { catalogConfig } from '../config.ts'

const HOUR_MS = 3_600_000
const env = testEnv({ LAKE_FORMAT: 'jsonl', KAFKA_TOPIC_PARTITIONS: '1', CATALOG_IN_FLIGHT_MS: '1000' })
const { lake } = catalogConfig(env)
const s3 = s3Client(lake)
const audit = (...flags: string[]) => catalog(env, 'audit', ...flags)
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)

const hoursAgo = (hours: number) => hourOf(Date.now() - hours * HOUR_MS)
const keys: string[] = []
let topic: { name: string; id: string }

const remove = (key: string) => s3.send(new DeleteObjectCommand({ Bucket: lake.bucket, Key: key }))
const copy = (from: string, to: string) =>
  s3.send(new CopyObjectCommand({ Bucket: lake.bucket, CopySource: `${lake.bucket}/${from}`, Key: to }))

beforeAll(async () => {
  await createTopic(env, 1, { 'message.timestamp.type': 'CreateTime' })
  using broker = new Broker(kafkaConfig(env))
  topic = { name: env.KAFKA_TOPIC!, id: (await broker.topic()).topicId }
})

test('on a first, empty lake it says so, and nothing is wrong', async () => {
  const { code, stdout } = await audit()
  expect(stdout).toContain('the lake is empty: nothing has landed')
  expect(lastLine(stdout)).toBe('audit: produced 0, landed 0, dead 0, skipped 0, lost 0, twice 0')
  expect(code).toBe(0)
})

test('each record once: exit status 0, and the closed hours are recorded as verified', async () => {
  for (const [S, E, path] of [
    [0, 40, hoursAgo(5)],
    [40, 70, hoursAgo(4)],
    [70, 100, hoursAgo(0)],
  ] as const) {
    await produce(env, messagesOf(E - S, 0, path))
    keys.push(await putClaim(s3, lake, topic, { partition: 0, S, E, path }))
  }
  const declared = await catalog(env, 'declare')
  expect(declared.code, declared.stderr).toBe(0)
  const first = await audit('--wait', '5')
  expect(lastLine(first.stdout), first.stderr).toBe(
    'audit: produced 100, landed 100, dead 0, skipped 0, lost 0, twice 0',
  )
  expect(first.code).toBe(0)
  const verifications = await s3.send(
    new ListObjectsV2Command({ Bucket: lake.bucket, Prefix: `${controlPrefix(lake)}audit/` }),
  )
  expect(verifications.Contents).toHaveLength(2)
  const second = await audit()
  expect(second.stdout).toContain('closed hours: 2 verified before and unchanged')
  expect(second.stdout).toContain('1 read, landed offsets 0: 100')
  expect(lastLine(second.stdout)).toBe(lastLine(first.stdout))
})

test('a deleted object is lost with exactly its rows, also in a verified hour', async () => {
  const spare = `${lake.prefix}/keep`
  await copy(keys[0]!, spare)
  await remove(keys[0]!)
  const { code, stdout } = await audit()
  expect(lastLine(stdout)).toBe('audit: produced 100, landed 60, dead 0, skipped 0, lost 40, twice 0')
  expect(stdout).toContain(`lost 40: ${keys[0]} is missing`)
  expect(code).toBe(1)
  await copy(spare, keys[0]!)
  expect((await audit()).code).toBe(0)
})

test('a change in a later hour leaves the claims before it verified', async () => {
  const spare = `${lake.prefix}/keep`
  await copy(keys[1]!, spare)
  await remove(keys[1]!)
  const { code, stdout } = await audit()
  expect(lastLine(stdout)).toBe('audit: produced 100, landed 70, dead 0, skipped 0, lost 30, twice 0')
  expect(stdout).toContain('2 read, landed offsets 0: 100')
  expect(code).toBe(1)
  await copy(spare, keys[1]!)
  expect((await audit()).code).toBe(0)
})

test('an object copied under another name counts exactly its rows as duplicates, wherever it lies', async () => {
  for (const path of [hoursAgo(4), hoursAgo(0)]) {
    const to = `${hourPrefix(lake, path)}copy.jsonl.zst`
    await copy(keys[1]!, to)
    const { code, stdout } = await audit()
    expect(lastLine(stdout)).toBe('audit: produced 100, landed 100, dead 0, skipped 0, lost 0, twice 30')
    expect(stdout).toContain(`twice 30: ${to} is in no claim`)
    expect(code).toBe(1)
    await remove(to)
  }
  expect((await audit()).code).toBe(0)
})

test('one deleted and another copied: both, at once, by the same numbers', async () => {
  const spare = `${lake.prefix}/keep`
  await copy(keys[2]!, spare)
  await remove(keys[2]!)
  const to = `${hourPrefix(lake, hoursAgo(0))}copy.jsonl.zst`
  await copy(keys[0]!, to)
  const { code, stdout } = await audit('--deep')
  expect(lastLine(stdout)).toBe('audit: produced 100, landed 70, dead 0, skipped 0, lost 30, twice 40')
  expect(stdout).toContain('start the consumer')
  expect(code).toBe(1)
  await remove(to)
  await copy(spare, keys[2]!)
})

test('--deep reads again what Kafka holds, and finds it accounted for', async () => {
  const { code, stdout } = await audit('--deep')
  expect(stdout).toContain('read again from Kafka: 100 records')
  expect(stdout).toContain('content: 100 rows compared with Kafka')
  expect(stdout).not.toContain('closed hours')
  expect(code).toBe(0)
})

test('--deep finds a price that was changed by one byte, and says what it could not compare', async () => {
  const kept = `${lake.prefix}/keep`
  await copy(keys[1]!, kept)
  await changeFirstRow(s3, lake.bucket, keys[1]!, (row) => ({ ...row, close: 1.6 }))
  const { code, stdout } = await audit('--deep')
  expect(stdout).toContain(
    `wrong: partition 0, offset 40 in s3://${lake.bucket}/${keys[1]}: close is 1.6, and 1.5 in Kafka`,
  )
  expect(stdout).toMatch(
    /content: 100 rows compared with Kafka's records column by column; not compared: nothing/,
  )
  expect(lastLine(stdout)).toBe(
    'audit: produced 100, landed 100, dead 0, skipped 0, lost 0, twice 0, changed 1',
  )
  expect(code).toBe(1)
  await copy(kept, keys[1]!)
})

test('what has not landed is waiting, not lost; --wait gives up with exit status 1', async () => {
  expect((await runHere(env, 'producer', 'run', '--rows', '7', '--rate', 'max')).code).toBe(0)
  const now = await audit()
  expect(now.stdout).toContain('waiting: 7 records not landed yet')
  expect(now.code).toBe(0)
  const waited = await audit('--wait', '1')
  expect(waited.stdout).toContain('not reached')
  expect(waited.code).toBe(1)
})

test('a newest claim without its object is in flight while it is young, and lost when it is not', async () => {
  const path = hoursAgo(0)
  await putClaim(s3, lake, topic, { partition: 0, S: 100, E: 107, path }, { withObject: false })
  const old = await catalog({ ...env, CATALOG_IN_FLIGHT_MS: '0' }, 'audit')
  expect(lastLine(old.stdout)).toBe('audit: produced 107, landed 100, dead 0, skipped 0, lost 7, twice 0')
  const written = setTimeout(() => {
    void putClaim(s3, lake, topic, { partition: 0, S: 100, E: 107, path })
  }, 3_000)
  const young = await catalog({ ...env, CATALOG_IN_FLIGHT_MS: '600000' }, 'audit')
  clearTimeout(written)
  expect(lastLine(young.stdout)).toBe('audit: produced 107, landed 107, dead 0, skipped 0, lost 0, twice 0')
  expect(young.code).toBe(0)
})

test('rows in an hour that is not registered are lost until it is; --wait gives it time', async () => {
  expect((await runHere(env, 'producer', 'run', '--rows', '3', '--rate', 'max')).code).toBe(0)
  await putClaim(s3, lake, topic, { partition: 0, S: 107, E: 110, path: hoursAgo(7) })
  const now = await audit()
  expect(lastLine(now.stdout)).toBe('audit: produced 110, landed 107, dead 0, skipped 0, lost 3, twice 0')
  expect(now.stdout).toContain('register its hour: catalog declare')
  const waiting = audit('--wait', '240')
  await sleep(4_000)
  expect((await catalog(env, 'declare')).code).toBe(0)
  const { code, stdout } = await waiting
  expect(lastLine(stdout)).toBe('audit: produced 110, landed 110, dead 0, skipped 0, lost 0, twice 0')
  expect(code).toBe(0)
})

test('another topic under the dataset’s name, another format, and no broker are refused in three lines', async () => {
  const cases = [
    [{ KAFKA_TOPIC: 'nowhere' }, 'error TOPIC_MISSING'],
    [{ LAKE_FORMAT: 'parquet', LAKE_DATASET: 'ticks_jsonl' }, 'error DATASET_DIFFERS'],
    [{ KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', KAFKA_CONNECT_TIMEOUT_MS: '1000' }, 'error KAFKA_UNREACHABLE'],
    [{ LAKE_BUCKET: 'no-such-bucket' }, 'error BUCKET_MISSING'],
    // A process: it has another endpoint than this one.
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'error AWS_UNREACHABLE'],
  ] as const
  for (const [change, message] of cases) {
    const audited = 'AWS_ENDPOINT_URL' in change ? run : runHere
    const { code, stdout, stderr } = await audited({ ...env, ...change }, 'catalog', 'audit')
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(3)
    expect(stdout).toBe('')
    expect(code).toBe(1)
  }
})
