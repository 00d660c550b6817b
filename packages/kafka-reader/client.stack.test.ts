// This reader returns the same as the Confluent client: every codec, timestamp type and pattern of transactions.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KafkaReader, type ReaderOptions } from './kafka-reader.ts'
import { TestAdmin } from './test-admin.ts'
import { type Row, rowsByClient, rowsByReader, TestProducer, type TestRecord } from './test-records.ts'

const brokers = [testEnv().KAFKA_BOOTSTRAP_SERVERS!]
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
let admin: TestAdmin

beforeAll(async () => {
  admin = await TestAdmin.connect(brokers[0]!)
})

afterAll(() => admin[Symbol.dispose]())

async function newTopic(partitions: number, config: Record<string, string> = {}): Promise<string> {
  const topic = `kafka-reader-${randomBytes(4).toString('hex')}`
  const replicas = Array.from({ length: partitions }, () => [1])
  await admin.createTopic(topic, replicas, config)
  return topic
}

async function read(
  topic: string,
  partitions: number,
  options: Partial<ReaderOptions> = {},
): Promise<Row[][]> {
  await using reader = new KafkaReader({ brokers, ...options })
  return await rowsByReader(reader, topic, partitions)
}

/** Null and empty, text and noise, short and long, with and without headers. */
function* records(partition: number): Generator<TestRecord> {
  const values = [
    null,
    Buffer.alloc(0),
    Buffer.from('{"a":1}'),
    randomBytes(300),
    Buffer.alloc(70_000, 'abcdefgh1'),
  ]
  const keys = [null, 'k', 'a longer key of a record', randomBytes(130)]
  let timestamp = 1_700_000_000_000
  for (let round = 0; round < 20; round++) {
    for (const [i, value] of values.entries()) {
      if (i === 4 && round % 5 > 0) continue
      timestamp += round === 7 ? -5_000_000 : 13 * i
      const headers = i % 2 ? [{ trace: 'x'.repeat(i * 40) }, { empty: '' }] : []
      yield { partition, key: keys[(round + i) % keys.length]!, value, timestamp, headers }
    }
  }
}

test.for(['CreateTime', 'LogAppendTime'])('every codec of librdkafka, with %s', async (timestampType) => {
  const topic = await newTopic(codecs.length, { 'message.timestamp.type': timestampType })
  const sent: TestRecord[][] = []
  for (const [partition, codec] of codecs.entries()) {
    await using producer = await TestProducer.connect(brokers, {
      'compression.codec': codec,
      'linger.ms': 20,
    })
    sent.push([...records(partition)])
    await producer.sendAll(topic, sent[partition]!)
  }
  const rows = await read(topic, codecs.length)
  expect(rows).toEqual(await rowsByClient(brokers, topic, codecs.length))
  for (const [partition, ofPartition] of rows.entries()) {
    expect(ofPartition.map(([, , key, value]) => [key, value])).toEqual(
      sent[partition]!.map(({ key, value }) => [
        key ? Buffer.from(key).toString('hex') : null,
        value === null ? null : value.toString('hex'),
      ]),
    )
    if (timestampType === 'CreateTime') {
      expect(ofPartition.map(([, timestamp]) => timestamp)).toEqual(
        sent[partition]!.map((it) => it.timestamp),
      )
    }
  }
})

test('every codec of Java, which the broker compresses with', async () => {
  const compare = async (codec: string) => {
    const topic = await newTopic(1, { 'compression.type': codec })
    await using producer = await TestProducer.connect(brokers, { 'linger.ms': 20 })
    await producer.sendAll(topic, records(0))
    const [rows] = await read(topic, 1)
    expect(rows!.length).toBeGreaterThan(50)
    expect([rows]).toEqual(await rowsByClient(brokers, topic, 1))
  }
  await Promise.all(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'].map(compare))
})

test('an empty key is not a missing one', async () => {
  const topic = await newTopic(1)
  await using producer = await TestProducer.connect(brokers)
  await producer.sendAll(topic, [{ key: Buffer.alloc(0), value: Buffer.from('1') }])
  await producer.sendAll(topic, [{ key: null, value: Buffer.from('2') }])
  const [rows] = await read(topic, 1)
  expect(rows!.map(([, , key]) => key)).toEqual(['', null])
})

/** Fetched so, each transaction spans many responses; or one response holds them all. */
const sizes: Partial<ReaderOptions>[] = [{}, { maxBytes: 1_000, maxPartitionBytes: 1_000 }]

test('transactions: committed, aborted, interleaved, across responses, ended by a marker, open at the end', async () => {
  const topic = await newTopic(2)
  const transactional = (id: string) =>
    TestProducer.connect(brokers, { 'transactional.id': `${topic}-${id}`, 'compression.codec': 'lz4' })
  await using a = await transactional('a')
  await using b = await transactional('b')
  await using plain = await TestProducer.connect(brokers)
  let sequence = 0
  const some = (count: number) =>
    Array.from({ length: count }, () => ({ value: Buffer.from(`${sequence++} ${'x'.repeat(200)}`) }))
  // Each flush makes a batch.
  const send = async (producer: TestProducer, times: number) => {
    for (let i = 0; i < times; i++) await producer.sendAll(topic, some(5))
  }
  await send(plain, 1)
  await a.begin()
  await b.begin()
  for (let i = 0; i < 6; i++) {
    await send(a, 2)
    await send(b, 2)
    await send(plain, 1)
  }
  await a.end('abort')
  await send(b, 2)
  // The same producer commits right after an abort.
  await a.begin()
  await send(a, 2)
  await a.end('commit')
  await b.end('commit')
  // Two aborted transactions in a row, with a committed one of the other producer in between.
  for (let i = 0; i < 2; i++) {
    await a.begin()
    await send(a, 2)
    await b.begin()
    await send(b, 1)
    await b.end('commit')
    await send(a, 1)
    await a.end('abort')
  }
  for (const options of sizes) {
    expect(await read(topic, 2, options)).toEqual(await rowsByClient(brokers, topic, 2))
    expect(await read(topic, 2, { ...options, isolation: 'read_uncommitted' })).toEqual(
      await rowsByClient(brokers, topic, 2, 'read_uncommitted'),
    )
  }
  // An open transaction holds back what others write after it, but only for read_committed.
  await a.begin()
  await send(a, 1)
  await send(plain, 2)
  const committed = await read(topic, 2)
  expect(committed).toEqual(await rowsByClient(brokers, topic, 2))
  const uncommitted = await read(topic, 2, { isolation: 'read_uncommitted' })
  expect(uncommitted).toEqual(await rowsByClient(brokers, topic, 2, 'read_uncommitted'))
  expect(uncommitted[0]!.length).toBeGreaterThan(committed[0]!.length + 15)
  await a.end('abort')
})

test('every version of Fetch, by name and by id, in requests that name all or what changed', async () => {
  const topic = await newTopic(3)
  await using producer = await TestProducer.connect(brokers, { 'compression.codec': 'lz4' })
  for (let partition = 0; partition < 3; partition++) await producer.sendAll(topic, records(partition))
  const expected = await rowsByClient(brokers, topic, 3)
  for (const maxFetchVersion of [12, 13, 14, 15, 16, 17]) {
    for (const sessionFromPartitions of [1, 100]) {
      const rows = await read(topic, 3, { maxFetchVersion, sessionFromPartitions, maxBytes: 20_000 })
      expect(rows, `version ${maxFetchVersion}`).toEqual(expected)
    }
  }
})

test('the README’s example runs unchanged', async () => {
  const topic = await newTopic(2)
  await using producer = await TestProducer.connect(brokers)
  await producer.sendAll(
    topic,
    [0, 1].map((partition) => ({ partition, value: Buffer.from(`hello ${partition}`) })),
  )
  const [, example] = /```ts\n([^`]*for await[^`]*)```/.exec(
    readFileSync(join(import.meta.dirname, 'README.md'), 'utf8'),
  )!
  const code = example!.replaceAll('stock-ticks', topic).replace('127.0.0.1:9092', brokers[0]!)
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    cwd: import.meta.dirname,
  })
  let said = ''
  const answered = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text
      if (said.split('\n').length > 2) resolve()
    })
    child.stderr.on('data', (text) => reject(new Error(String(text))))
  })
  await answered.finally(() => child.kill())
  expect(said.trim().split('\n').toSorted()).toEqual(['0 0 hello 0', '1 0 hello 1'])
})
