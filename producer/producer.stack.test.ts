// The command as users run it, with a real Kafka: the topic has what it reports as delivered.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RdKafka } from '@confluentinc/kafka-javascript'
import { serverEnv } from '@ticklake/stack/environment.ts'
import { kafkaServer } from '@ticklake/stack/kafka-server.ts'
import { freePorts } from '@ticklake/stack/ports.ts'
import { Supervisor } from '@ticklake/stack/supervisor.ts'
import { match, startCoinbase } from '@ticklake/testing/feeds/coinbase-server.ts'
import { runHere, ServiceHere } from '@ticklake/testing/in-process.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, recordsOf } from '@ticklake/testing/topic.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

type Env = Record<string, string>

const main = join(import.meta.dirname, 'main.ts')
const dir = mkdtempSync(join(tmpdir(), 'ticklake-producer-'))
const env = (more: Env = {}) => testEnv({ PRODUCER_HEALTH_PORT: '0', LOG_FORMAT: 'json', ...more })
let shared: Env

beforeAll(async () => {
  shared = env()
  await createTopic(shared, 3)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function start(args: readonly string[], env: Env): ChildProcess & { output: { out: string; log: string } } {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const output = { out: '', log: '' }
  child.stdout.on('data', (chunk) => {
    output.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.log += chunk
  })
  return Object.assign(child, { output })
}

async function ended(child: ReturnType<typeof start>) {
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, ...child.output }
}

/** Runs it to its end in this process: what is about signals and pipes needs `start`. */
async function producer(args: readonly string[], env: Env) {
  const { code, stdout, stderr } = await runHere(env, 'producer', ...args)
  return { status: code, out: stdout, log: stderr }
}

/** Waits until the log has this text, and returns the line. */
async function logged(child: ReturnType<typeof start>, message: string): Promise<string> {
  for (;;) {
    const line = child.output.log.split('\n').find((one) => one.includes(message))
    if (line) return line
    if (child.exitCode !== null) throw new Error(`ended without "${message}": ${child.output.log}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function deliveredSoFar(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/rows_delivered_total\{.*\} (\d+)/.exec(metrics)![1])
}

/** A proxy to the broker that passes the first connection, and later ones only after this long. */
async function cutConnections(
  servers: string,
  forMs: number,
): Promise<AsyncDisposable & { address: string }> {
  const [host, port] = servers.split(':')
  let openAgainAt = 0
  const server = createServer((near) => {
    if (Date.now() < openAgainAt) return near.destroy()
    openAgainAt ||= Date.now() + forMs
    const far = connect(Number(port), host)
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

interface Read {
  readonly partition: number
  readonly key: string
  readonly value: string
}

/** Every record of a topic, in partition order. */
async function records(topic: string, servers: string, expected: number): Promise<Read[]> {
  const consumer = new RdKafka.KafkaConsumer(
    { 'bootstrap.servers': servers, 'group.id': `test-${Math.random()}`, 'enable.auto.commit': false },
    { 'auto.offset.reset': 'earliest' },
  )
  await new Promise<void>((resolve, reject) => {
    consumer.connect({}, (error) => (error ? reject(error) : resolve()))
  })
  const partitions = await new Promise<number>((resolve) =>
    consumer.getMetadata({ topic, timeout: PATIENCE_MS }, (_, metadata) =>
      resolve(metadata.topics.find((one) => one.name === topic)!.partitions.length),
    ),
  )
  consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })))
  const all: Read[] = []
  for (let empty = 0; empty < 3; ) {
    const batch = await new Promise<RdKafka.Message[]>((resolve, reject) =>
      consumer.consume(1_000, (error, messages) => (error ? reject(error) : resolve(messages))),
    )
    for (const { partition, key, value } of batch)
      all.push({ partition, key: String(key), value: String(value) })
    // Once all are there, a few more polls show whether there are too many.
    empty = batch.length === 0 && all.length >= expected ? empty + 1 : 0
  }
  await new Promise<void>((resolve) => consumer.disconnect(() => resolve()))
  return all
}

const servers = (env: Env) => env.KAFKA_BOOTSTRAP_SERVERS!

test('a file is sent once, its bad row is reported by line and column, and the topic has what the file says', async () => {
  const csv = join(dir, 'cut.csv')
  const sample = readFileSync(join(import.meta.dirname, '../data/sample.csv'), 'utf8')
  writeFileSync(
    csv,
    `${sample}HSI,2010-01-11,22524.17969,22671.91992,22373.96094,22411.51953,22411.51953,1744637600.0,2913.`,
  )
  const rejects = join(dir, 'rejects.jsonl')
  const run = await producer(['run', '--csv', csv, '--rate', 'max', '--rejects', rejects], shared)
  expect(run.out).toBe('produced 250, delivered 250, failed 0, skipped 1 (bad_number 1)\n')
  expect(run.status).toBe(0)
  const warning = JSON.parse(run.log.split('\n').find((line) => line.includes('row skipped'))!)
  expect(warning).toMatchObject({ file: csv, line: 252, column: 'CloseUSD', reason: 'bad_number' })
  expect(JSON.parse(readFileSync(rejects, 'utf8'))).toMatchObject({ line: 252, column: 'CloseUSD' })

  const found = await records(shared.KAFKA_TOPIC!, servers(shared), 250)
  expect(found).toHaveLength(250)
  expect(new Set(found.map(({ partition }) => partition)).size).toBe(1)
  expect(found.every(({ key }) => key === 'HSI')).toBe(true)
  expect(found[0]!.value).toBe(
    '{"index":"HSI","date":"1986-12-31","open":2568.300049,"high":2568.300049,"low":2568.300049,"close":2568.300049,"adj_close":2568.300049,"volume":0,"close_usd":333.87900637,"source":"cut.csv"}',
  )
  const dates = found.map(({ value }) => JSON.parse(value).date as string)
  expect(dates).toEqual([...dates].sort())
})

test('JSON lines can be piped in, and a bad one is reported', async () => {
  const own = env()
  await createTopic(own, 1)
  const tick = (index: string, source = '') =>
    `{"index":"${index}","date":"2021-05-31","open":1,"high":1,"low":1,"close":1,"adj_close":null,"volume":0.5,"close_usd":null${source}}`
  const input = `${tick('A')}\n{"index":"A"}\n${tick('B', ',"source":"B’s own"')}\n`
  const child = start(['run', '--source', '-', '--source-name', 'the feed', '--rate', 'max'], own)
  child.stdin?.end(input)
  expect(await ended(child)).toMatchObject({
    status: 0,
    out: 'produced 2, delivered 2, failed 0, skipped 1 (missing_field 1)\n',
  })
  const found = await records(own.KAFKA_TOPIC!, servers(own), 2)
  expect(found.map(({ key, value }) => [key, value])).toEqual([
    ['A', tick('A', ',"source":"the feed"')],
    ['B', tick('B', ',"source":"B’s own"')],
  ])
})

test('SIGTERM ends it within seconds, exit 0, and the topic has what it reports as delivered', async () => {
  const own = env({ PRODUCER_RATE: 'max' })
  await createTopic(own, 3)
  const child = start(['run'], own)
  const { port } = JSON.parse(await logged(child, 'health at'))
  await logged(child, 'reading generated rows')
  while ((await deliveredSoFar(port)) === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
  expect(ready.status).toBe(200)
  const stoppedAt = performance.now()
  child.kill('SIGTERM')
  const { status, out } = await ended(child)
  expect(performance.now() - stoppedAt).toBeLessThan(8_000)
  expect(status).toBe(0)
  const printed = /^produced (\d+), delivered (\d+), failed 0, skipped 0\n$/.exec(out)!
  expect(printed[1]).toBe(printed[2])
  const { out: description } = await producer(['topic', 'describe'], own)
  expect(description).toContain(` ${printed[2]} records`)
})

test('with PRODUCER_AT_END=stay it is ready after its last row, and ends with exit 0 when it is stopped', async () => {
  const own = env({ PRODUCER_AT_END: 'stay' })
  await createTopic(own, 3)
  await using staying = new ServiceHere(own, 'producer', ['run', '--source', 'sample', '--rate', 'max'])
  const { port } = await staying.logged('health at')
  await staying.logged('it stays until it is stopped')
  expect(staying.stdout).toContain('produced 250, delivered 250, failed 0')
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  expect(await staying.stop()).toBe(0)
})

test('a live feed’s ticks are delivered as they come, until it is stopped', async () => {
  await using exchange = await startCoinbase({ messages: () => [match(1), match(2)] })
  const settings = { ...shared, PRODUCER_FEED_URL: exchange.wsUrl }
  await using feed = new ServiceHere(settings, 'producer', ['run', '--source', 'coinbase:BTC-USD'])
  const { port } = (await feed.logged('health at')) as { port: number }
  await expect.poll(() => deliveredSoFar(port), { timeout: PATIENCE_MS }).toBe(2)
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toMatch(/^ticklake_producer_feed_up\{.*feed="coinbase".*\} 1$/m)
  expect(await feed.stop()).toBe(0)
  expect(feed.stdout).toBe('produced 2, delivered 2, failed 0, skipped 0\n')
})

test('SIGTERM also ends it while standard input is silent', async () => {
  const child = start(['run', '--source', '-'], shared)
  await logged(child, 'reading standard input')
  child.kill('SIGTERM')
  expect(await ended(child)).toMatchObject({
    status: 0,
    out: 'produced 0, delivered 0, failed 0, skipped 0\n',
  })
})

test('topic create creates both topics, is idempotent, shows differences, and never shrinks', async () => {
  const own = env()
  const missing = await producer(['topic', 'describe'], own)
  expect(missing.status).toBe(1)
  expect(missing.log).toContain('TOPIC_MISSING')
  const first = await producer(['topic', 'create', '--partitions', '2'], own)
  expect(first.status).toBe(0)
  expect(first.out).toContain(
    `${own.KAFKA_TOPIC}: 2 partitions, replication 1, LogAppendTime, retention.ms 604800000, 0 records`,
  )
  expect(first.out).toContain(`${own.KAFKA_TOPIC}-dead-letters: 1 partition,`)
  const again = await producer(['topic', 'create', '--partitions', '2', '--retention-ms', '1000'], own)
  expect(again.status).toBe(0)
  expect(again.out).toContain('differs: retention.ms is 604800000, not 1000 as requested; it stays unchanged')
  const shrunk = await producer(['topic', 'create', '--partitions', '1'], own)
  expect([shrunk.status, shrunk.log]).toEqual([1, expect.stringContaining('TOPIC_SHRINK')])
  const unasked = await producer(['topic', 'create', '--partitions', '3'], own)
  expect([unasked.status, unasked.log]).toEqual([1, expect.stringContaining('no longer in one order')])
  const grown = await producer(['topic', 'create', '--partitions', '3', '--grow'], own)
  expect(grown.out).toContain('1 partition added')
  expect((await producer(['topic', 'describe'], own)).out).toContain(`${own.KAFKA_TOPIC}: 3 partitions`)
})

test('a missing topic and an unreachable broker are clear errors', async () => {
  const noTopic = await producer(['run'], env())
  expect([noTopic.status, noTopic.log]).toEqual([1, expect.stringContaining('error TOPIC_MISSING')])
  const [free] = Object.values(await freePorts())
  const alone = env({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${free}`, KAFKA_CONNECT_TIMEOUT_MS: '1500' })
  for (const command of [['run'], ['topic', 'create']]) {
    const { status, log } = await producer(command, alone)
    expect(status).toBe(1)
    expect(log.split('\n').filter((line) => line.includes('waiting for the broker'))).toHaveLength(1)
    expect(log).toContain('error KAFKA_UNREACHABLE')
  }
})

test('a broker that disappears between its first answer and the next request is waited for', async () => {
  const own = env()
  await createTopic(own, 3)
  // The first connection finds the broker; later ones are cut off for two seconds.
  await using proxy = await cutConnections(servers(own), 2_000)
  const run = await producer(['run', '--rate', 'max', '--rows', '100'], {
    ...own,
    KAFKA_BOOTSTRAP_SERVERS: proxy.address,
  })
  expect(run).toMatchObject({ status: 0, out: 'produced 100, delivered 100, failed 0, skipped 0\n' })
  expect(run.log.split('\n').filter((line) => line.includes('waiting for the broker'))).toHaveLength(1)
})

test('a broker that is killed at full speed and comes back loses and duplicates nothing', async () => {
  const rows = 250_000
  const data = join(dir, 'data')
  mkdirSync(data)
  await using supervisor = new Supervisor(join(dir, 'logs'))
  const ports = await freePorts()
  const boot = async () => supervisor.start(await kafkaServer(data, ports, serverEnv(process.env)))
  const kafka = await boot()
  const own = env({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${ports.kafka}` })
  await createTopic(own, 3)

  const child = start(['run', '--rate', 'max', '--rows', String(rows)], own)
  const { port } = JSON.parse(await logged(child, 'health at'))
  while ((await deliveredSoFar(port)) < rows / 20) await new Promise((resolve) => setTimeout(resolve, 10))
  process.kill(kafka.pid, 'SIGKILL')
  await kafka.ended
  await logged(child, 'waiting for the broker')
  const supervised = await boot()
  const run = await ended(child)
  expect(run).toMatchObject({ status: 0, out: `produced ${rows}, delivered ${rows}, failed 0, skipped 0\n` })

  const found = await records(own.KAFKA_TOPIC!, servers(own), rows)
  expect(found).toHaveLength(rows)
  // Each index has one partition, and its rows came in source order: by date, pass after pass.
  const last = new Map<string, { partition: number; date: string; passes: number }>()
  for (const { partition, key, value } of found) {
    const { date } = JSON.parse(value) as { date: string }
    const before = last.get(key) ?? { partition, date: '', passes: 1 }
    expect(partition).toBe(before.partition)
    last.set(key, { partition, date, passes: before.passes + (date <= before.date ? 1 : 0) })
  }
  for (const { passes } of last.values()) expect(passes).toBeLessThanOrEqual(Math.ceil(rows / 104_224))

  // It is killed again, and not back in time: the rows that were given up are an error, and none of them counts as delivered.
  const second = start(['run', '--rate', 'max'], { ...own, PRODUCER_DELIVERY_TIMEOUT_MS: '2000' })
  const health = JSON.parse(await logged(second, 'health at')) as { port: number }
  while ((await deliveredSoFar(health.port)) === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  process.kill(supervised.pid, 'SIGKILL')
  const givenUp = await ended(second)
  expect(givenUp.status).toBe(1)
  expect(givenUp.log).toContain('DELIVERY_FAILED')
  const [, produced, delivered, failed] =
    /produced (\d+), delivered (\d+), failed (\d+)/.exec(givenUp.out) ?? []
  expect(Number(failed)).toBeGreaterThan(0)
  expect(Number(delivered) + Number(failed)).toBeLessThanOrEqual(Number(produced))
  await boot()
  const there = await recordsOf(own, own.KAFKA_TOPIC!, 3)
  expect(there - rows).toBeGreaterThanOrEqual(Number(delivered))
})

test('--help of each command names its flags and their variables', async () => {
  const help = async (...args: string[]) => (await producer([...args, '--help'], shared)).out
  expect(await help()).toContain('producer topic')
  const run = await help('run')
  for (const message of [
    '--csv',
    '[PRODUCER_CSV]',
    '--rate',
    '200 when not set',
    'PRODUCER_STOP_TIMEOUT_MS',
  ]) {
    expect(run).toContain(message)
  }
  expect(await help('topic', 'create')).toContain('[KAFKA_TOPIC_RETENTION_MS]')
})
