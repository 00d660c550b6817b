// CPU seconds and wall time per million records, count only: this reader and the Confluent client alternating, each in
// its own process.
//   node packages/kafka-reader/bench.ts 127.0.0.1:9092 [records] [rounds]
// Creates a topic `kafka-reader-bench-<n>` with 6 partitions of 181-byte values (keys, lz4, LogAppendTime) unless it
// exists.
import { spawnSync } from 'node:child_process'
import { KafkaReader } from './kafka-reader.ts'

const PARTITIONS = 6
const VALUE_BYTES = 181
const contenders = ['reader', 'confluent'] as const

interface Result {
  readonly records: number
  readonly bytes: number
  readonly cpuSeconds: number
  readonly seconds: number
  readonly peakMiB: number
}

const [broker, count = '1000000', rounds = '3', contender] = process.argv.slice(2)
if (!broker) {
  process.stderr.write('usage: node packages/kafka-reader/bench.ts host:port [records] [rounds]\n')
  process.exitCode = 2
} else if (contender) {
  process.stdout.write(JSON.stringify(await run(contender, broker, Number(count))))
} else {
  await fill(broker, Number(count))
  const results = new Map<string, Result[]>(contenders.map((name) => [name, []]))
  for (let round = 0; round < Number(rounds); round++) {
    for (const name of contenders) {
      const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, broker, count, '1', name])
      if (stdout.length === 0) throw new Error(String(stderr))
      results.get(name)!.push(JSON.parse(String(stdout)) as Result)
    }
  }
  for (const [name, ofName] of results) {
    const million = (value: (result: Result) => number) =>
      median(ofName.map((result) => (value(result) * 1e6) / result.records))
    process.stdout.write(
      `${name.padEnd(10)} ${million(({ cpuSeconds }) => cpuSeconds).toFixed(2)} CPU s a million records, ` +
        `${Math.round(1e6 / million(({ seconds }) => seconds)).toLocaleString('en')} records/s, ` +
        `peak ${Math.round(median(ofName.map(({ peakMiB }) => peakMiB)))} MiB; ` +
        `${ofName[0]!.records} records, ${ofName[0]!.bytes} bytes of values, ${ofName.length} rounds\n`,
    )
  }
}

/** CPU of the whole process, including its start; wall time from the first call to the last record. */
async function run(name: string, address: string, wanted: number): Promise<Result> {
  const begun = performance.now()
  const counted = await (name === 'reader'
    ? countByReader(address, wanted)
    : countByConfluent(address, wanted))
  const seconds = (performance.now() - begun) / 1000
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return { ...counted, seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 }
}

async function countByReader(address: string, wanted: number): Promise<{ records: number; bytes: number }> {
  await using reader = new KafkaReader({ brokers: [address] })
  const topic = topicOf(wanted)
  await reader.assign(
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 'earliest' })),
  )
  let records = 0
  let bytes = 0
  while (records < wanted) {
    const { count: got, valueStarts, valueEnds, release } = await reader.fetch()
    for (let i = 0; i < got; i++) bytes += valueEnds[i]! - valueStarts[i]!
    records += got
    release()
  }
  return { records, bytes }
}

async function countByConfluent(
  address: string,
  wanted: number,
): Promise<{ records: number; bytes: number }> {
  const { KafkaConsumer } = (await import('@confluentinc/kafka-javascript')).default
  const consumer = new KafkaConsumer(
    {
      'bootstrap.servers': address,
      'group.id': 'kafka-reader-bench',
      'enable.auto.commit': false,
      'fetch.queue.backoff.ms': 10,
      'queued.min.messages': 100_000,
    },
    {},
  )
  await new Promise<void>((resolve, reject) => {
    consumer.connect({}, (error) => (error ? reject(error) : resolve()))
  })
  const topic = topicOf(wanted)
  consumer.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 })))
  let records = 0
  let bytes = 0
  while (records < wanted) {
    const messages = await new Promise<{ value: Buffer | null }[]>((resolve, reject) => {
      consumer.consume(1000, (error, got) => (error ? reject(error) : resolve(got as never)))
    })
    for (const { value } of messages) bytes += value!.length
    records += messages.length
  }
  await new Promise((resolve) => consumer.disconnect(resolve))
  return { records, bytes }
}

async function fill(address: string, wanted: number): Promise<void> {
  const { AdminClient, Producer } = (await import('@confluentinc/kafka-javascript')).default
  const topic = topicOf(wanted)
  const admin = AdminClient.create({ 'bootstrap.servers': address })
  const created = await new Promise<boolean>((resolve, reject) => {
    const config = { 'message.timestamp.type': 'LogAppendTime' }
    admin.createTopic({ topic, num_partitions: PARTITIONS, replication_factor: 1, config }, (error) => {
      if (error && error.code !== 36) reject(error)
      else resolve(!error)
    })
  })
  admin.disconnect()
  if (!created) return
  const producer = new Producer({
    'bootstrap.servers': address,
    'compression.codec': 'lz4',
    'linger.ms': 50,
    'batch.size': 400_000,
    'enable.idempotence': true,
    'queue.buffering.max.messages': 200_000,
  })
  await new Promise<void>((resolve, reject) => {
    producer.connect({}, (error) => (error ? reject(error) : resolve()))
  })
  for (let i = 0; i < wanted; i++) {
    const price = 100 + ((i * 7919) % 100_003) / 1000
    const text = `{"symbol":"S${i % 500}","date":"2020-${String((i % 12) + 1).padStart(2, '0')}-01","open":${price},"high":${price + 1.25},"low":${price - 1.5},"close":${price + 0.5},"volume":${i * 31},"note":"`
    const value = Buffer.from(`${text}${'x'.repeat(VALUE_BYTES - 2 - text.length)}"}`)
    for (;;) {
      try {
        producer.produce(topic, i % PARTITIONS, value, `S${i % 500}`)
        break
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
        producer.poll()
      }
    }
  }
  await new Promise<void>((resolve, reject) => {
    producer.flush(60_000, (error) => (error ? reject(error) : resolve()))
  })
  await new Promise((resolve) => producer.disconnect(resolve))
}

function topicOf(wanted: number): string {
  return `kafka-reader-bench-${wanted}`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
