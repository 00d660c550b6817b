// Compaction against a real stack: killed at every point, beside a reader that counts without pause and sees no error.
import { type Aws, openAws } from '@ticklake/aws/clients.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { catalog, ServiceHere } from '@ticklake/testing/in-process.ts'
import { readTails } from '@ticklake/testing/lake-reader.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { type S3Proxy, startS3Proxy } from '@ticklake/testing/s3-proxy.ts'
import { Service } from '@ticklake/testing/service.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { auditLine } from '../audit/audit.ts'
import { runAudit } from '../audit/run.ts'
import { catalogConfig } from '../config.ts'
import { compact as compactAll } from './compact.ts'

type Env = Record<string, string>

const HOUR_MS = 3_600_000
const PARTITIONS = 2
/** Rows of each hour; each becomes 2 partitions x 2 objects. */
const ROWS = 200
const FLUSH_ROWS = 50
const OBJECTS = ROWS / FLUSH_ROWS
/** What a query may still read is not deleted before. */
const DELETE_AFTER_MS = 6_000
/** A day that is over, so that its hours are closed. */
const firstHourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 24 * HOUR_MS

let env: Env
let aws: Aws
const services: Service[] = []
const proxies: S3Proxy[] = []

function start(withEnv: Env, ...args: string[]): Service {
  const service = new Service(args, { env: withEnv })
  services.push(service)
  return service
}

async function run(...args: string[]) {
  const { code, stdout, stderr } = await catalog(env, ...args)
  return { status: code, text: stdout + stderr }
}

async function compact(...args: string[]) {
  const ended = await reader.during(() => run('compact', ...args))
  lastSwitchMs = performance.now()
  return ended
}

/** Runs `catalog compact` in this process. @returns its report */
async function compactHere(hour?: number) {
  const config = catalogConfig(env)
  using broker = new Broker(config.kafka)
  const merged: { rows: number; late: boolean }[] = []
  const refused: string[] = []
  const pending: (readonly string[])[] = []
  let deleted = 0
  await reader.during(() =>
    compactAll(aws, broker, config, {
      ...(hour === undefined ? {} : { hour: hourAt(hour).flag.replace('T', '-') }),
      events: {
        merged: ({ rows, late }) => merged.push({ rows, late }),
        switched: () => {
          lastSwitchMs = performance.now()
        },
        deleted: ({ objects }) => {
          deleted += objects
        },
        refused: ({ why }) => refused.push(why),
        passed: (pass) => pending.push(pass.pending),
      },
    }),
  )
  expect(refused).toEqual([])
  return { merged, deleted, pending }
}

/** When an hour was last switched to another run, and when the hours switched before all tests were. */
let lastSwitchMs = 0
let firstSwitchMs = 0

/** Waits until what was switched before may be deleted. S3 has times in whole seconds. */
function untilDeletable(switchMs: number): Promise<void> {
  return sleep(Math.max(0, switchMs + DELETE_AFTER_MS + 2_000 - performance.now()))
}

/** The n-th hour, as --hour takes it and as its folder is named. */
function hourAt(n: number) {
  const iso = new Date(firstHourMs + n * HOUR_MS).toISOString()
  const [dt, hour] = [iso.slice(0, 10), iso.slice(11, 13)]
  return {
    flag: `${dt}T${hour}`,
    folder: `${env.LAKE_PREFIX}/ticks/dt=${dt}/hour=${hour}/`,
    runs: `${env.LAKE_PREFIX}/_compacted/ticks/${dt}/${hour}/`,
    where: `dt = '${dt}' AND hour = '${hour}'`,
  }
}

function* rowsOf(hour: number, count = ROWS) {
  let i = 0
  for (const tick of ticks(count, PARTITIONS))
    yield { ...tick, timestampMs: firstHourMs + hour * HOUR_MS + i++ }
}

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of aws.bucket.list(prefix)) keys.push(key)
  return keys
}

async function waitUntilLanded(rows: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const landed = (await readTails(env)).reduce((sum, { E }) => sum + E, 0)
    if (landed >= rows) return
    if (Date.now() > deadline) throw new Error(`${landed} of ${rows}`)
    await sleep(200)
  }
}

/** Counts without pause while something changes, and keeps what a reader must never see. */
class Reader {
  readonly wrong: string[] = []
  counts = 0
  #most = 0

  /**
   * Counts from before the change until after it. No count goes on into a later change: what may be deleted there was
   * switched before the count began, however slow the machine is.
   */
  async during<T>(change: () => Promise<T>): Promise<T> {
    let isOver = false
    const counting = (async () => {
      while (!isOver) await this.#count()
      await this.#count()
    })()
    try {
      return await change()
    } finally {
      isOver = true
      await counting
    }
  }

  async #count(): Promise<void> {
    const { lake } = catalogConfig(env)
    try {
      const [row] = await aws.athena.rows(
        `SELECT count(*), count(DISTINCT kafka_partition * 1000000 + kafka_offset) FROM "${lake.database}"."${lake.table}"`,
      )
      const [rows, distinct] = [Number(row![0]), Number(row![1])]
      if (rows !== distinct) this.wrong.push(`${rows} rows, ${distinct} different`)
      if (rows < this.#most) this.wrong.push(`${rows} rows after ${this.#most}`)
      this.#most = Math.max(this.#most, rows)
      this.counts++
    } catch (error) {
      this.wrong.push(String((error as { why?: string }).why ?? error))
    }
  }
}

const reader = new Reader()
let consumer: ServiceHere
let produced = 0

beforeAll(async () => {
  env = testEnv({
    CONSUMER_HEALTH_PORT: '0',
    CONSUMER_FLUSH_AFTER_MS: '300',
    CONSUMER_FLUSH_ROWS: String(FLUSH_ROWS),
    CATALOG_COMPACT_DELETE_AFTER_MS: String(DELETE_AFTER_MS),
  })
  aws = openAws(catalogConfig(env).lake)
  // Old timestamps, so that hours are closed; the broker would write its own.
  await createTopic(env, PARTITIONS, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' })
  consumer = new ServiceHere(env, 'consumer', ['run'])
  for (let hour = 0; hour < 14; hour++) produced += await produce(env, rowsOf(hour))
  await waitUntilLanded(produced)
  expect((await run('declare')).status).toBe(0)
  // Switched now, so that the deletion of their old objects need not be waited for.
  for (const hour of [8, 10, 11]) await compactHere(hour)
  firstSwitchMs = performance.now()
})

afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy[Symbol.asyncDispose]()
})

afterAll(async () => {
  for (const service of services.splice(0)) await service.stop('SIGKILL')
  await consumer?.stop()
  aws?.[Symbol.dispose]()
})

/** The table reads the hour from its run, every row once. */
async function expectRead(hour: number, rows = ROWS): Promise<void> {
  const { where } = hourAt(hour)
  const { lake } = catalogConfig(env)
  const sql = `SELECT count(*), count(DISTINCT ROW(kafka_partition, kafka_offset)), count(DISTINCT "$path") FROM "${lake.database}"."${lake.table}" WHERE ${where}`
  const [row] = await aws.athena.rows(sql)
  expect(row).toEqual([String(rows), String(rows), String(PARTITIONS)])
}

/** The same, and nothing else of the hour is left. */
async function expectWhole(hour: number, rows = ROWS): Promise<void> {
  const { folder, runs } = hourAt(hour)
  await expectRead(hour, rows)
  expect(await keysBelow(folder), 'old objects are deleted').toEqual([])
  expect((await keysBelow(runs)).length, 'one run is left').toBe(PARTITIONS)
}

/** The last line of `catalog audit --deep`, run in this process. */
async function audit(): Promise<string> {
  const config = catalogConfig(env)
  using broker = new Broker(config.kafka)
  const { report } = await runAudit(aws, broker, config, { deep: true, waitMs: 0 })
  return auditLine(report)
}

test('a closed hour of many objects becomes one object per partition; the newest claim’s hour is left alone', async () => {
  expect((await keysBelow(hourAt(0).folder)).length).toBe(OBJECTS)
  const first = await compact('--hour', hourAt(0).flag)
  expect(first.text).toContain(`${OBJECTS} objects became 2, ${ROWS} rows`)
  await expectRead(0)
  expect((await keysBelow(hourAt(0).folder)).length, 'a query may still read them').toBe(OBJECTS)
  expect((await compactHere(13)).merged).toEqual([])
  expect((await keysBelow(hourAt(13).folder)).length).toBe(OBJECTS)
})

test('two compactions of one hour at a time leave one run, and every row once', async () => {
  const compactor = () => run('compact', '--hour', hourAt(9).flag)
  const both = await reader.during(() => Promise.all([compactor(), compactor()]))
  expect(
    both.map(({ status }) => status),
    both.map(({ text }) => text).join('\n'),
  ).toEqual([0, 0])
  lastSwitchMs = performance.now()
  await expectRead(9)
})

/** Requests by what they do, in the order in which compaction sends them. */
const isRunFile = (method: string, target: string) => method === 'PUT' && target.includes('/_compacted/')
const isManifest = (method: string, target: string) =>
  method === 'PUT' && /_control\/ticks\/compacted\//.test(target)
const isMark = (method: string, target: string) =>
  method === 'PUT' && /_control\/ticks\/switched\//.test(target)
const isDelete = (method: string, target: string) => method === 'POST' && /[?&]delete/.test(target)

const points: [
  string,
  number,
  (method: string, target: string, operation: string) => boolean,
  'before' | 'after',
][] = [
  ['before the first object of the run', 1, isRunFile, 'before'],
  ['between the objects of the run', 2, isRunFile, 'after'],
  ['before the manifest', 3, isManifest, 'before'],
  ['after the manifest, before the switch', 4, isManifest, 'after'],
  ['before the switch is sent', 5, (_m, _t, operation) => operation === 'AWSGlue.UpdatePartition', 'before'],
  [
    'after the switch, before it is marked',
    6,
    (_m, _t, operation) => operation === 'AWSGlue.UpdatePartition',
    'after',
  ],
  ['after the mark, before the deletion', 7, isMark, 'after'],
  ['after the deletion', 8, isDelete, 'after'],
]

describe('kill -9', () => {
  test.each(points)('%s: the next run continues where it ended', async (_name, hour, matches, when) => {
    if (matches === isDelete) await untilDeletable(firstSwitchMs)
    const proxy = await startS3Proxy(env.AWS_ENDPOINT_URL!)
    proxies.push(proxy)
    const victim = start(
      { ...env, AWS_ENDPOINT_URL: proxy.url },
      'catalog/main.ts',
      'compact',
      '--hour',
      hourAt(hour).flag,
    )
    let hits = 0
    const begun = Promise.withResolvers<void>()
    proxy.rule = async ({ method, target, headers, body }) => {
      const operation = String(headers['x-amz-target'] ?? '')
      if (method === 'PUT' || isDelete(method, target) || operation.startsWith('AWSGlue.Update'))
        begun.resolve()
      if (!matches(method, decodeURIComponent(target), operation) || hits++ > 0) return undefined
      if (when === 'after') {
        // Carried out, but its answer is lost.
        await fetch(env.AWS_ENDPOINT_URL! + target, {
          method,
          headers: headersOf(headers),
          body: new Uint8Array(body),
        }).then((answer) => answer.arrayBuffer())
      }
      await victim.stop('SIGKILL')
      return { kind: 'reset-before' }
    }
    await Promise.race([begun.promise, victim.ended()])
    expect(await reader.during(() => victim.ended())).toBe(null)
    expect(hits).toBeGreaterThan(0)
    lastSwitchMs = performance.now()
    await compactHere(hour)
    if (matches === isDelete) await expectWhole(hour)
    else await expectRead(hour)
  })
})

function headersOf(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const hop = ['host', 'connection', 'content-length', 'expect', 'transfer-encoding']
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (hop.includes(name) ? [] : [[name, String(value)]])),
  )
}

test('rows that come late into a sealed hour are reported as late, then merged by a second switch', async () => {
  await reader.during(async () => {
    produced += await produce(env, rowsOf(10, 20))
    // Later records, so that the late claim is not the newest.
    produced += await produce(env, rowsOf(13, 100))
    await waitUntilLanded(produced)
  })
  expect(await audit()).toMatch(
    new RegExp(
      `audit: produced ${produced}, landed ${produced - 20}, dead 0, skipped 0, lost 0, twice 0, late 20`,
    ),
  )
  expect((await compact('--hour', hourAt(10).flag)).text).toContain(`${ROWS + 20} rows, including late ones`)
  await expectRead(10, ROWS + 20)
  expect(await audit()).toContain(`landed ${produced}, dead 0, skipped 0, lost 0, twice 0`)
})

test('what a zombie writes again is not counted, and is deleted again', async () => {
  const { folder } = hourAt(11)
  const [key] = await keysBelow(folder)
  const body = (await aws.bucket.bytes(key!))!
  await compactHere(11)
  await expectWhole(11)
  await reader.during(() => aws.bucket.put(key!, body, 'application/octet-stream'))
  expect(await audit()).toContain(`landed ${produced}, dead 0, skipped 0, lost 0, twice 0`)
  expect((await compactHere(11)).deleted).toBe(1)
  await expectWhole(11)
})

test('after each kill obsolete objects, and runs that no table reads, are deleted in time', async () => {
  await untilDeletable(lastSwitchMs)
  for (const [, hour] of points) {
    await compactHere(hour)
    await expectWhole(hour)
  }
})

test('so are objects that no query reads after one compaction, or two at a time; then nothing is left to do', async () => {
  expect((await compact('--hour', hourAt(0).flag)).text).toContain(`${OBJECTS} old objects deleted`)
  await expectWhole(0)
  expect((await compact('--hour', hourAt(0).flag)).text, 'nothing is left to do').toContain(
    '0 hours compacted',
  )
  await compactHere(9)
  await expectWhole(9)
  expect(await audit()).toContain(
    `audit: produced ${produced}, landed ${produced}, dead 0, skipped 0, lost 0, twice 0`,
  )
})

test('the audit detects a lost object of a run, and the second audit of compacted hours does not read them again', async () => {
  await compactHere()
  await untilDeletable(lastSwitchMs)
  expect((await compact()).status).toBe(0)
  await expectWhole(10, ROWS + 20)
  expect((await run('audit', '--deep')).text).toContain(
    `landed ${produced}, dead 0, skipped 0, lost 0, twice 0`,
  )
  const again = await run('audit')
  expect(again.text).toMatch(/closed hours: \d+ verified before and unchanged/)
  const [key] = await keysBelow(hourAt(12).runs)
  const body = (await aws.bucket.bytes(key!))!
  await aws.bucket.delete([key!])
  const broken = await run('audit')
  expect(broken.text).toContain(`landed ${produced - ROWS / 2}, dead 0, skipped 0, lost ${ROWS / 2}, twice 0`)
  expect(broken.status).toBe(1)
  await aws.bucket.put(key!, body, 'application/octet-stream')
  expect((await run('audit')).text).toContain('lost 0, twice 0')
})

test('once everything is compacted no hour is pending, not even the newest, which waits for rows', async () => {
  expect((await keysBelow(hourAt(13).folder)).length).toBeGreaterThanOrEqual(OBJECTS)
  expect((await compactHere()).pending).toEqual([[]])
})

test('through all of it, a reader who counts without pause while anything changes saw no duplicate row, no falling count, and no error', async () => {
  expect(reader.wrong).toEqual([])
  expect(reader.counts).toBeGreaterThan(20)
  expect(await consumer.stop()).toBe(0)
})
