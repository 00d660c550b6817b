// For tests: the same records by the Confluent client and by this reader, in a comparable form.
import RdKafka from '@confluentinc/kafka-javascript'
import type { KafkaReader, Records } from './kafka-reader.ts'

const { KafkaConsumer, Producer } = RdKafka

export interface TestRecord {
  readonly partition?: number
  readonly key?: string | Buffer | null
  readonly value: Buffer | null
  readonly timestamp?: number
  readonly headers?: Record<string, string>[]
}

/** offset, timestamp, key and value in hex: null stays null. */
export type Row = readonly [offset: number, timestamp: number, key: string | null, value: string | null]

type Done = (error: unknown) => void
const done = (start: (callback: Done) => void) =>
  new Promise<void>((resolve, reject) => start((error) => (error ? reject(error) : resolve())))

export class TestProducer implements AsyncDisposable {
  readonly #producer: InstanceType<typeof Producer>

  private constructor(producer: InstanceType<typeof Producer>) {
    this.#producer = producer
  }

  static async connect(
    brokers: readonly string[],
    config: Record<string, unknown> = {},
  ): Promise<TestProducer> {
    const producer = new Producer({
      'bootstrap.servers': brokers.join(','),
      'enable.idempotence': true,
      'linger.ms': 5,
      'retry.backoff.ms': 50,
      ...config,
    })
    // The test kills brokers; that is no error.
    producer.on('event.error', () => {})
    await done((callback) => producer.connect({}, callback))
    if (config['transactional.id']) await done((callback) => producer.initTransactions(60_000, callback))
    return new TestProducer(producer)
  }

  send(topic: string, { partition = 0, key = null, value, timestamp, headers }: TestRecord): void {
    this.#producer.produce(topic, partition, value, key, timestamp, undefined, headers as never)
  }

  async flush(): Promise<void> {
    await done((callback) => this.#producer.flush(60_000, callback))
  }

  /** Sends, and waits until everything is acknowledged. */
  async sendAll(topic: string, records: Iterable<TestRecord>): Promise<void> {
    for (const record of records) this.send(topic, record)
    await this.flush()
  }

  begin(): Promise<void> {
    return done((callback) => this.#producer.beginTransaction(callback))
  }

  async end(how: 'commit' | 'abort'): Promise<void> {
    if (how === 'commit') await done((callback) => this.#producer.commitTransaction(60_000, callback))
    else await done((callback) => this.#producer.abortTransaction(60_000, callback))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#producer.disconnect(() => resolve()))
  }
}

/** All records that the Confluent client returns from these partitions. */
export async function rowsByClient(
  brokers: readonly string[],
  topic: string,
  partitions: number,
  isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
): Promise<Row[][]> {
  const consumer = new KafkaConsumer(
    {
      'bootstrap.servers': brokers.join(','),
      'group.id': 'kafka-reader-test',
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'isolation.level': isolation,
      'check.crcs': true,
    },
    {},
  )
  const ended = new Set<number>()
  consumer.on('partition.eof', ({ partition }) => ended.add(partition))
  await done((callback) => consumer.connect({}, callback))
  consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })))
  consumer.setDefaultConsumeTimeout(200)
  const rows: Row[][] = Array.from({ length: partitions }, () => [])
  while (ended.size < partitions) {
    const messages = await new Promise<RdKafka.Message[]>((resolve, reject) => {
      consumer.consume(10_000, (error, got) => (error ? reject(error) : resolve(got)))
    })
    for (const { partition, offset, timestamp, key, value } of messages) {
      rows[partition]!.push([offset, timestamp ?? -1, hex(key), hex(value)])
    }
  }
  await new Promise((resolve) => consumer.disconnect(resolve))
  return rows
}

/** All records that this reader returns from these partitions, up to their current ends. */
export async function rowsByReader(reader: KafkaReader, topic: string, partitions: number): Promise<Row[][]> {
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const ends = await reader.listOffsets(all.map((at) => ({ ...at, at: 'latest' as const })))
  await reader.assign(all.map((at) => ({ ...at, offset: 0 })))
  const rows: Row[][] = all.map(() => [])
  while (reader.fetchProgress().some(({ partition, offset }) => offset < ends[partition]!.offset)) {
    const records = await reader.fetch({ signal: AbortSignal.timeout(30_000) })
    for (const row of rowsOf(records)) {
      // Others may append records.
      if (row[0] < ends[records.partition]!.offset) rows[records.partition]!.push(row)
    }
    records.release()
  }
  reader.unassign(all)
  return rows
}

export function rowsOf(records: Records): Row[] {
  const { bytes, keyStarts, keyEnds, valueStarts, valueEnds } = records
  const span = (start: number, end: number) => (start < 0 ? null : bytes.toString('hex', start, end))
  return Array.from(records.offsets, (offset, i) => [
    offset,
    records.timestamps[i]!,
    span(keyStarts[i]!, keyEnds[i]!),
    span(valueStarts[i]!, valueEnds[i]!),
  ])
}

function hex(bytes: Buffer | string | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('hex')
}
