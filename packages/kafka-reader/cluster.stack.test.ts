// Three brokers: leaders that move, die and hang, truncation, replicas, expiring authentication, quotas, and other
// events.
import { statSync, truncateSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { Connection } from './connection.ts'
import { FetchSession } from './fetch-session.ts'
import { KafkaReader, KafkaReaderError, type ReaderOptions } from './kafka-reader.ts'
import { settingsOf } from './options.ts'
import { PartitionState } from './partition-state.ts'
import { fetchApi, fetchCall, topicKeyOf } from './protocol/fetch.ts'
import { TestAdmin } from './test-admin.ts'
import { REAUTHENTICATE_MS, TestCluster, user } from './test-cluster.ts'
import { rowsByClient, rowsByReader, rowsOf, TestProducer } from './test-records.ts'

let cluster: TestCluster
let admin: TestAdmin

beforeAll(async () => {
  cluster = await TestCluster.start()
  admin = await TestAdmin.connect(cluster.brokers[0]!)
})

afterAll(async () => {
  admin?.[Symbol.dispose]()
  await cluster?.[Symbol.asyncDispose]()
})

/** Creates a topic, and waits until each broker knows it. */
async function createTopic(...topic: Parameters<TestAdmin['createTopic']>): Promise<string> {
  const topicId = await admin.createTopic(...topic)
  for (const broker of cluster.brokers) {
    for (let i = 0; i < 300; i++) {
      await using reader = new KafkaReader({ brokers: [broker] })
      const known = await reader.topics([topic[0]], { timeoutMs: 1_000 }).catch(() => [])
      if (known[0]?.topicId === topicId) break
      await sleep(50)
    }
  }
  return topicId
}

/** A reader that records its retries. */
function newReader(options: Partial<ReaderOptions> = {}): KafkaReader & { retried: string[] } {
  const retried: string[] = []
  const reader = new KafkaReader({
    brokers: cluster.brokers,
    connectTimeoutMs: 3_000,
    requestTimeoutMs: 3_000,
    onRetry: ({ code, message }) => retried.push(`${code} ${message}`),
    ...options,
  })
  return Object.assign(reader, { retried })
}

function error(of: Promise<unknown>): Promise<KafkaReaderError> {
  return of.then(
    () => Promise.reject(new Error('it succeeded')),
    (thrown) => (thrown instanceof KafkaReaderError ? thrown : Promise.reject(thrown)),
  )
}

const soon = () => ({ signal: AbortSignal.timeout(30_000) })
const numbers = (from: number, to: number, partition = 0) =>
  Array.from({ length: to - from }, (_, i) => ({ partition, value: Buffer.from(`${from + i}`) }))

/** Reads until this many records came, and returns their values. */
async function values(reader: KafkaReader, count: number): Promise<string[]> {
  const got: string[] = []
  while (got.length < count) {
    const { bytes, valueStarts, valueEnds, release } = await reader.fetch(soon())
    for (const [i, start] of valueStarts.entries()) got.push(bytes.toString('utf8', start, valueEnds[i]))
    release()
  }
  return got
}

/** A port that is not a broker. */
async function listen(connected: (socket: Socket) => void): Promise<{ address: string; close: () => void }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    connected(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { address: `127.0.0.1:${port}`, close }
}

/** Waits until these brokers have all records of a topic. */
async function inSync(topic: string, brokers: number[]): Promise<void> {
  await using reader = newReader()
  for (let i = 0; i < 150; i++) {
    const [found] = await reader.topics([topic])
    if (found!.partitions.every((it) => brokers.every((id) => it.inSyncReplicas.includes(id)))) return
    await sleep(200)
  }
  throw new Error(`${topic} is not in sync`)
}

describe.concurrent('what an answer can be', () => {
  test('a first batch larger than every limit comes whole', async () => {
    await createTopic('large', [[1]], { 'max.message.bytes': '20000000' })
    await using producer = await TestProducer.connect(cluster.brokers, { 'message.max.bytes': 20_000_000 })
    const value = Buffer.alloc(10_000_000, 'a large record. ')
    await producer.sendAll('large', [{ value }, { value: Buffer.from('small') }])
    await using reader = newReader({ maxBytes: 100, maxPartitionBytes: 100 })
    await reader.assign([{ topic: 'large', partition: 0, offset: 0 }])
    const got: Buffer[] = []
    while (got.length < 2) {
      const { bytes, valueStarts, valueEnds } = await reader.fetch(soon())
      for (const [i, start] of valueStarts.entries()) got.push(bytes.subarray(start, valueEnds[i]))
    }
    expect(got[0]!.equals(value)).toBe(true)
    expect(got[1]!.toString()).toBe('small')
    await using careful = newReader({ maxResponseBytes: 1_000_000 })
    await careful.assign([{ topic: 'large', partition: 0, offset: 0 }])
    expect(await error(careful.fetch(soon()))).toMatchObject({ code: 'RESPONSE_TOO_LARGE', canRetry: false })
  })

  test('a batch that decompresses to more than allowed is refused, and ends only its partition', async () => {
    await createTopic('bomb', [[1], [1]], { 'max.message.bytes': '20000000' })
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await using producer = await TestProducer.connect(cluster.brokers, {
        'compression.codec': codec,
        'message.max.bytes': 20_000_000,
      })
      await producer.sendAll('bomb', [
        { value: Buffer.alloc(9_000_000) },
        { partition: 1, value: Buffer.from(codec) },
      ])
    }
    await using reader = newReader({ maxBatchBytes: 1_000_000 })
    for (const [offset, codec] of ['gzip', 'snappy', 'lz4', 'zstd'].entries()) {
      await reader.assign([0, 1].map((partition) => ({ topic: 'bomb', partition, offset })))
      const refused: KafkaReaderError[] = []
      const got: string[] = []
      while (refused.length === 0 || got.length === 0) {
        try {
          got.push(...(await values(reader, 1)))
        } catch (thrown) {
          refused.push(thrown as KafkaReaderError)
        }
      }
      expect(refused).toMatchObject([{ code: 'BATCH_TOO_LARGE', partition: 0, offset, canRetry: false }])
      expect(got[0]).toBe(codec)
    }
  })

  test('an offset that was deleted, or never existed, is reported, and the log’s ends can be asked for', async () => {
    await createTopic('short', [[1], [1]])
    await using producer = await TestProducer.connect(cluster.brokers)
    await producer.sendAll('short', [...numbers(0, 20, 0), ...numbers(0, 5, 1)])
    await admin.deleteRecords('short', 0, 12)
    await using reader = newReader()
    await reader.assign([{ topic: 'short', partition: 0, offset: 3 }])
    const facts = { code: 'OFFSET_OUT_OF_RANGE', topic: 'short', canRetry: false }
    expect(await error(reader.fetch(soon()))).toMatchObject({ ...facts, partition: 0, offset: 3 })
    expect(reader.fetchProgress()).toEqual([])
    await reader.assign([
      { topic: 'short', partition: 0, offset: 21 },
      { topic: 'short', partition: 1, offset: 3 },
    ])
    // One partition's error does not end another.
    const both = await Promise.allSettled([values(reader, 1)])
    expect(both[0].status === 'rejected' ? both[0].reason : await error(values(reader, 1))).toMatchObject(
      facts,
    )
    const ends = await reader.listOffsets([
      { topic: 'short', partition: 0, at: 'earliest' },
      { topic: 'short', partition: 0, at: 'latest' },
      { topic: 'short', partition: 1, at: 0 },
      { topic: 'short', partition: 1, at: Date.now() + 60_000 },
    ])
    expect(ends.map(({ offset }) => offset)).toEqual([12, 20, 0, -1])
    reader.unassign([{ topic: 'short', partition: 1 }])
    await reader.assign([{ topic: 'short', partition: 0, offset: 'earliest' }])
    expect(await values(reader, 8)).toEqual(numbers(12, 20).map(({ value }) => `${value}`))
    expect(reader.fetchProgress().find(({ partition }) => partition === 0)).toMatchObject({
      offset: 20,
      highWatermark: 20,
      lastStableOffset: 20,
      logStartOffset: 12,
    })
  })

  test('a partition without records reports its ends, and again when they move', async () => {
    await createTopic('idle', [[2]])
    await using reader = newReader()
    await reader.assign([{ topic: 'idle', partition: 0, offset: 0 }])
    expect(await reader.fetch(soon())).toMatchObject({
      count: 0,
      highWatermark: 0,
      lastStableOffset: 0,
      nextOffset: 0,
    })
    await using producer = await TestProducer.connect(cluster.brokers)
    const next = reader.fetch(soon())
    await producer.sendAll('idle', numbers(0, 1))
    expect(await next).toMatchObject({ count: 1, highWatermark: 1, nextOffset: 1 })
  })

  test('a topic that was deleted, or recreated, never gives another topic’s records', async () => {
    await using producer = await TestProducer.connect(cluster.brokers)
    const topicId = await createTopic('recreated', [[1]])
    await producer.sendAll('recreated', numbers(0, 3))
    await using reader = newReader()
    await reader.assign([{ topic: 'recreated', topicId, partition: 0, offset: 0 }])
    expect(await values(reader, 3)).toEqual(['0', '1', '2'])
    await admin.deleteTopic('recreated')
    await createTopic('recreated', [[1]])
    await producer.sendAll('recreated', numbers(100, 110))
    expect(await error(values(reader, 1))).toMatchObject({
      code: 'UNKNOWN_TOPIC_ID',
      topic: 'recreated',
      canRetry: false,
    })
    const again = reader.assign([{ topic: 'recreated', topicId, partition: 0, offset: 3 }])
    expect(await error(again)).toMatchObject({ code: 'UNKNOWN_TOPIC_ID', canRetry: false })
    const never = reader.assign([{ topic: 'never-made', partition: 0, offset: 0 }])
    const facts = { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'never-made', canRetry: false }
    expect(await error(never)).toMatchObject(facts)
  })

  test('a compacted topic: offsets with gaps, batches without records, the end after them', async () => {
    const config = { 'cleanup.policy': 'compact', 'segment.ms': '50', 'min.cleanable.dirty.ratio': '0.01' }
    await createTopic('compacted', [[1]], { ...config, 'delete.retention.ms': '0' })
    await using plain = await TestProducer.connect(cluster.brokers, { 'compression.codec': 'lz4' })
    await using transactional = await TestProducer.connect(cluster.brokers, {
      'transactional.id': 'compacted',
    })
    const keyed = (from: number, to: number) =>
      numbers(from, to).map((it, i) => ({ ...it, key: `${i % 7}`, value: i === 3 ? null : it.value }))
    for (let round = 0; round < 4; round++) {
      await plain.sendAll('compacted', keyed(round * 50, round * 50 + 50))
      await transactional.begin()
      await transactional.sendAll('compacted', keyed(1000, 1010))
      await transactional.end(round % 2 ? 'commit' : 'abort')
      await sleep(100)
    }
    await plain.sendAll('compacted', keyed(5000, 5001))
    await using reader = newReader()
    let rows = await rowsByReader(reader, 'compacted', 1)
    for (let i = 0; i < 100 && rows[0]!.length > 50; i++) {
      await sleep(200)
      rows = await rowsByReader(reader, 'compacted', 1)
    }
    expect(rows[0]!.length).toBeLessThan(50)
    expect(rows).toEqual(await rowsByClient(cluster.brokers, 'compacted', 1))
    // From every offset, including those in a gap or within a batch.
    for (let offset = 0; offset < 240; offset += 17) {
      await reader.assign([{ topic: 'compacted', partition: 0, offset }])
      const got: unknown[] = []
      const expected = rows[0]!.filter((row) => row[0] >= offset)
      while (got.length < expected.length) got.push(...rowsOf(await reader.fetch(soon())))
      expect(got).toEqual(expected)
    }
  })
})

describe.concurrent('requests', () => {
  test('hundreds of partitions: only changes are sent, and removed ones are forgotten', async () => {
    const partitions = 240
    const ids = Array.from({ length: partitions }, (_, partition) => partition)
    await createTopic(
      'many',
      ids.map((partition) => [(partition % 3) + 1]),
    )
    await using producer = await TestProducer.connect(cluster.brokers)
    await using reader = newReader({ sessionFromPartitions: 50 })
    await reader.assign(ids.map((partition) => ({ topic: 'many', partition, offset: 0 })))
    const seen = new Map<number, string[]>()
    const readOn = async (count: number) => {
      for (let got = 0; got < count; ) {
        const { partition, bytes, valueStarts, valueEnds } = await reader.fetch(soon())
        for (const [i, start] of valueStarts.entries()) {
          seen.set(partition, [...(seen.get(partition) ?? []), bytes.toString('utf8', start, valueEnds[i])])
          got++
        }
      }
    }
    for (let round = 0; round < 5; round++) {
      const some = ids.filter((partition) => partition % 5 === round || partition % 7 === 0)
      await producer.sendAll(
        'many',
        some.map((partition) => ({ partition, value: Buffer.from(`${round}`) })),
      )
      await readOn(some.length)
      // A new topic's leaders may not know that they lead it.
      if (round === 0) reader.retried.length = 0
      // Some are unassigned and return at their offset, others do not return.
      const moved = ids.slice(round * 10, round * 10 + 10)
      const progress = reader.fetchProgress()
      reader.unassign(moved.map((partition) => ({ topic: 'many', partition })))
      if (round === 2) await producer.sendAll('many', [{ partition: 20, value: Buffer.from('while away') }])
      await reader.assign(
        moved.map((partition) => ({
          topic: 'many',
          partition,
          offset: progress.find((it) => it.partition === partition)!.offset,
        })),
      )
      if (round === 2) await readOn(1)
    }
    for (const partition of ids) {
      const expected = [0, 1, 2, 3, 4]
        .filter((round) => partition % 5 === round || partition % 7 === 0)
        .map(String)
      if (partition === 20) expected.splice(1, 0, 'while away')
      expect(seen.get(partition) ?? [], `partition ${partition}`).toEqual(expected)
    }
    expect(reader.retried).toEqual([])
  })

  test('a session that the broker does not know, or knows differently, is restarted', async () => {
    const topicId = await createTopic('session', [[1], [1]])
    await using producer = await TestProducer.connect(cluster.brokers)
    await producer.sendAll('session', [...numbers(0, 1, 0), ...numbers(0, 1, 1)])
    const settings = settingsOf({ brokers: cluster.brokers })
    const connection = await Connection.open(settings.brokers[0]!, settings)
    const states = [0, 1].map(
      (partition) => new PartitionState({ topic: 'session', topicId }, partition, 1, -1),
    )
    const session = new FetchSession(1)
    const version = connection.version(fetchApi)
    const ask = async () => {
      const { maxBytes, isolation } = settings
      const delta = session.next(states, (state) => topicKeyOf(version, state))
      const partitions = delta.partitions.map((state) => ({
        ...state,
        currentLeaderEpoch: -1,
        offset: state.fetchOffset,
        lastFetchedEpoch: -1,
        maxBytes,
      }))
      const request = {
        ...delta,
        partitions,
        maxBytes,
        readCommitted: isolation === 'read_committed',
        rack: '',
      }
      const answer = await connection.request(fetchCall(version, { ...request, maxWaitMs: 10, minBytes: 1 }))
      if (answer.error === 0) session.answered(answer.sessionId)
      return {
        named: partitions.length,
        error: answer.error,
        partitions: answer.partitions.length,
        id: answer.sessionId,
      }
    }
    const first = await ask()
    expect(first).toMatchObject({ named: 2, error: 0, partitions: 2 })
    expect(first.id).toBeGreaterThan(0)
    expect(await ask()).toMatchObject({ named: 0, error: 0, partitions: 0, id: first.id })
    // The next number is left out.
    session.answered(first.id)
    expect(await ask()).toMatchObject({ error: 71 })
    session.reset()
    session.answered(first.id + 1)
    expect(await ask()).toMatchObject({ error: 70 })
    session.reset()
    expect(await ask()).toMatchObject({ named: 2, error: 0, partitions: 2 })
    connection.close()
  })

  test('a quota only slows it down', async () => {
    await createTopic('slow', [[1]])
    await using producer = await TestProducer.connect(cluster.brokers)
    const batch = Array.from({ length: 100 }, () => ({ value: Buffer.alloc(1_000, 'x') }))
    for (let i = 0; i < 10; i++) await producer.sendAll('slow', batch)
    // The brokers here look back for two seconds, so that half of the batches are too much.
    await admin.limitFetch('throttled', 250_000)
    await using reader = newReader({ clientId: 'throttled', maxBytes: 100_000, requestTimeoutMs: 1_000 })
    // The brokers take the quota up a moment after they were told of it.
    for (let tookMs = 0; tookMs <= 700; ) {
      await reader.assign([{ topic: 'slow', partition: 0, offset: 0 }])
      const begunMs = Date.now()
      expect(await values(reader, 1_000)).toHaveLength(1_000)
      tookMs = Date.now() - begunMs
    }
    expect(reader.retried).toEqual([])
  })

  test('the caller sets the pace, an aborted wait loses nothing, and closing is prompt', async () => {
    await createTopic('pace', [[1]])
    await using producer = await TestProducer.connect(cluster.brokers)
    await using reader = newReader({ maxWaitMs: 20_000 })
    await reader.assign([{ topic: 'pace', partition: 0, offset: 0 }])
    for (let round = 0; round < 5; round++) {
      const impatient = AbortSignal.timeout(30)
      const thrown = await reader.fetch({ signal: impatient }).catch((reason) => reason)
      expect(thrown).toBe(impatient.reason)
      await producer.sendAll('pace', numbers(round, round + 1))
      expect(await values(reader, 1)).toEqual([`${round}`])
    }
    const waiting = error(reader.fetch())
    const begun = Date.now()
    await reader.close()
    expect(await waiting).toMatchObject({ code: 'CLOSED' })
    expect(Date.now() - begun).toBeLessThan(500)
  })
})

describe.concurrent('TLS and SASL', () => {
  test.for(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const)(
    '%s, and again before the broker’s session lifetime ends',
    async (mechanism) => {
      const topic = `secure-${mechanism.toLowerCase()}`
      await createTopic(topic, [[1]])
      await using producer = await TestProducer.connect(cluster.brokers)
      // One reauthentication is enough if only the mechanism differs.
      const rounds = mechanism === 'SCRAM-SHA-512' ? 26 : 12
      let asked = 0
      await using reader = newReader({
        brokers: cluster.secureBrokers,
        tls: { ca: cluster.ca },
        sasl: {
          mechanism,
          username: user.username,
          password: async () => {
            asked++
            return user.password
          },
        },
      })
      await reader.assign([{ topic, partition: 0, offset: 0 }])
      const got: string[] = []
      const readings = values(reader, rounds).then((all) => got.push(...all))
      for (let i = 0; i < rounds; i++) {
        await producer.sendAll(topic, numbers(i, i + 1))
        await sleep(REAUTHENTICATE_MS / 10)
      }
      await readings
      expect(got).toEqual(numbers(0, rounds).map(({ value }) => `${value}`))
      // Once for queries, once for Fetch; and each of them again, more than once.
      expect(asked).toBeGreaterThanOrEqual(rounds > 20 ? 4 : 3)
      expect(reader.retried).toEqual([])
    },
  )

  test('a wrong password, an unknown authority and a missing TLS are reported, not retried', async () => {
    const sasl = { mechanism: 'SCRAM-SHA-512', ...user } as const
    const secure = { brokers: cluster.secureBrokers, tls: { ca: cluster.ca } }
    const wrong = [
      [{ ...secure, sasl: { ...sasl, password: 'no' } }, 'SASL_AUTHENTICATION_FAILED'],
      [{ ...secure, sasl: { ...sasl, mechanism: 'PLAIN', password: 'no' } }, 'SASL_AUTHENTICATION_FAILED'],
      [{ ...secure, sasl, tls: true }, 'TLS_FAILED'],
      [{ sasl }, 'ILLEGAL_SASL_STATE'],
      [{ ...secure, sasl: { ...sasl, mechanism: 'SCRAM-SHA-1' } }, 'UNSUPPORTED_SASL_MECHANISM'],
    ] as const
    for (const [options, code] of wrong) {
      await using reader = newReader(options as Partial<ReaderOptions>)
      expect(await error(reader.topics(['x'])), code).toMatchObject({ code, canRetry: false })
    }
    // It cannot be distinguished from a broker that dies, so it is retried until the timeout.
    const confused: Partial<ReaderOptions>[] = [
      { brokers: cluster.secureBrokers },
      { tls: { ca: cluster.ca } },
    ]
    for (const options of confused) {
      await using reader = newReader(options)
      expect((await error(reader.topics(['x'], { timeoutMs: 1_000 }))).broker).toMatch(/^127/)
    }
  })
})

describe('leaders', () => {
  test('that move, die and hang: each record once, in order, from leaders and from replicas', async () => {
    const partitions = [0, 1, 2, 3, 4, 5]
    await createTopic(
      'flow',
      partitions.map((partition) => [
        (partition % 3) + 1,
        ((partition + 1) % 3) + 1,
        ((partition + 2) % 3) + 1,
      ]),
      { 'min.insync.replicas': '2' },
    )
    await using producer = await TestProducer.connect(cluster.brokers, {
      'compression.codec': 'lz4',
      acks: -1,
      'socket.timeout.ms': 3_000,
    })
    let sent = 0
    const sending = setInterval(() => {
      for (const partition of partitions) {
        for (let i = 0; i < 3; i++) producer.send('flow', { partition, value: Buffer.from(`${sent + i}`) })
      }
      sent += 3
    }, 20)
    const received = async (reader: KafkaReader, got: number[][]) => {
      for await (const { partition, bytes, valueStarts, valueEnds, offsets } of reader) {
        for (const [i, start] of valueStarts.entries()) {
          expect(offsets[i]).toBe(got[partition]!.length)
          got[partition]!.push(Number(bytes.toString('latin1', start, valueEnds[i])))
        }
      }
    }
    await using byLeader = newReader()
    await using byReplica = newReader({ rack: 'rack-2' })
    const readers = [byLeader, byReplica]
    onTestFailed(() => console.error(readers.map(({ retried }) => retried.slice(-40))))
    const got = readers.map(() => partitions.map((): number[] => []))
    for (const reader of readers) {
      await reader.assign(partitions.map((partition) => ({ topic: 'flow', partition, offset: 0 })))
    }
    const reading = readers.map((reader, at) => received(reader, got[at]!))
    for (const promise of reading) promise.catch(() => {})
    /** Every partition of every reader gets further records. */
    const flows = async () => {
      const goal = sent + 10
      for (let i = 0; i < 600 && !got.flat().every(({ length }) => length > goal); i++) await sleep(50)
      expect(got.flat().map(({ length }) => length > goal)).toEqual(got.flat().map(() => true))
    }
    const sources = (reader: KafkaReader) => reader.fetchProgress().map(({ source }) => source)
    try {
      await flows()
      expect(sources(byLeader)).toEqual([1, 2, 3, 1, 2, 3])
      expect(sources(byReplica)).toEqual([2, 2, 2, 2, 2, 2])
      // Moved.
      for (const partition of partitions) {
        await admin.reassign('flow', partition, [
          ((partition + 1) % 3) + 1,
          ((partition + 2) % 3) + 1,
          (partition % 3) + 1,
        ])
      }
      await admin.electPreferred('flow', partitions)
      await flows()
      expect(sources(byLeader)).toEqual([2, 3, 1, 2, 3, 1])
      // Killed.
      await cluster.kill(3)
      await flows()
      expect(sources(byLeader)).not.toContain(3)
      cluster.begin(3)
      await cluster.ready(3)
      await inSync('flow', [1, 2, 3])
      await flows()
      // Stopped: connections stay open, and nothing is answered.
      cluster.stop(2)
      await flows()
      expect([...sources(byLeader), ...sources(byReplica)]).not.toContain(2)
      cluster.goOn(2)
      await inSync('flow', [1, 2, 3])
      await admin.electPreferred('flow', partitions)
      await flows()
    } finally {
      cluster.goOn(2)
      clearInterval(sending)
    }
    await producer.flush()
    for (let i = 0; i < 600 && got.flat().some(({ length }) => length < sent); i++) await sleep(50)
    for (const reader of readers) await reader.close()
    await Promise.all(reading)
    const expected = Array.from({ length: sent }, (_, i) => i)
    for (const ofPartition of got.flat()) expect(ofPartition).toEqual(expected)
  })

  test('an unclean leader, and a power cut, that lose records that were read: reported with partition and offset', async () => {
    // Broker 2 loses what it did not flush.
    await createTopic('unflushed', [[2]])
    await using producer = await TestProducer.connect(cluster.brokers)
    await using unflushed = newReader()
    await unflushed.assign([{ topic: 'unflushed', partition: 0, offset: 0 }])
    for (let i = 0; i < 10; i++) {
      await producer.sendAll('unflushed', numbers(i * 10, i * 10 + 10))
    }
    expect(await values(unflushed, 100)).toHaveLength(100)
    await createTopic('truncated', [[2, 3]], {
      'unclean.leader.election.enable': 'true',
      'min.insync.replicas': '1',
    })
    await producer.sendAll('truncated', numbers(0, 10))
    await inSync('truncated', [2, 3])
    await using reader = newReader()
    await reader.assign([{ topic: 'truncated', partition: 0, offset: 0, leaderEpoch: -1 }])
    expect(await values(reader, 10)).toHaveLength(10)
    cluster.stop(3)
    try {
      // Its last request is answered without them.
      await sleep(1_000)
      // Acknowledged once broker 3 has left the in-sync replicas.
      await producer.sendAll('truncated', numbers(10, 20))
      expect(await values(reader, 10)).toHaveLength(10)
      const [read] = reader.fetchProgress()
      expect(read).toMatchObject({ offset: 20 })
      await cluster.kill(2)
      cluster.goOn(3)
      // One that does not have the lost records.
      await using another = await TestProducer.connect([cluster.brokers[0]!])
      await another.sendAll('truncated', numbers(100, 105))
      const facts = { code: 'LOG_TRUNCATED', topic: 'truncated', partition: 0, offset: 20, canRetry: false }
      const divergence = {
        offset: 20,
        leaderEpoch: read!.leaderEpoch,
        brokerEpoch: read!.leaderEpoch,
        brokerEndOffset: 10,
      }
      expect(await error(values(reader, 1))).toMatchObject({ ...facts, divergence })
      // It is also found after a restart of the reader, and on demand.
      await using later = newReader()
      const at = { topic: 'truncated', partition: 0, leaderEpoch: read!.leaderEpoch }
      await later.assign([{ ...at, offset: 12 }])
      expect(await error(values(later, 1))).toMatchObject({ ...facts, offset: 12 })
      expect(await later.epochEnds([at])).toMatchObject([{ leaderEpoch: at.leaderEpoch, endOffset: 10 }])
      // Without the epoch it could not be detected: other records are at the old offsets.
      await later.assign([{ topic: 'truncated', partition: 0, offset: 12 }])
      expect(await values(later, 3)).toEqual(['102', '103', '104'])
    } finally {
      cluster.goOn(3)
    }
    const log = join(cluster.logDir(2, 'unflushed-0'), '00000000000000000000.log')
    truncateSync(log, Math.floor(statSync(log).size * 0.55))
    cluster.begin(2)
    await cluster.ready(2)
    await using another = await TestProducer.connect(cluster.brokers)
    await another.sendAll('unflushed', numbers(1000, 1200))
    expect(await error(values(unflushed, 1))).toMatchObject({
      code: 'LOG_TRUNCATED',
      divergence: { offset: 100, brokerEndOffset: 50 },
    })
  })

  test('a port that is not a broker, or does not answer, ends a call in time and is reported', async () => {
    const ask = async (broker: string, options: Partial<ReaderOptions> = {}) => {
      await using reader = newReader({ brokers: [broker], ...options })
      const begun = Date.now()
      const failure = await error(
        reader.assign([{ topic: 'x', partition: 0, offset: 0 }], { timeoutMs: 700 }),
      )
      expect(Date.now() - begun).toBeLessThan(3_000)
      return failure
    }
    const passing = { canRetry: true, broker: '127.0.0.1:1' }
    expect(await ask('127.0.0.1:1')).toMatchObject({ code: 'CONNECTION_FAILED', ...passing })
    const silent = await listen(() => {})
    expect(await ask(silent.address)).toMatchObject({ code: 'TIMED_OUT', canRetry: true })
    expect(await ask(silent.address, { tls: true, connectTimeoutMs: 200 })).toMatchObject({
      broker: silent.address,
    })
    silent.close()
    const web = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const other = await ask(web.address)
    expect(other).toMatchObject({ code: 'RESPONSE_TOO_LARGE', canRetry: false, broker: web.address })
    expect(other.message).toContain('does the port speak Kafka')
    web.close()
  })
})
