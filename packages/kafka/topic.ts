// What the broker says about the topic: its id, each partition's earliest and end offset, and its records.
import kafkaJavascript, { type IAdminClient } from '@confluentinc/kafka-javascript'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { brokerReason, type KafkaConfig, kafkaClientSettings } from './config.ts'
import { closeReader, connectReader } from './reader.ts'
import { describeTopic } from './topic-facts.ts'
import { kafkaUnreachable } from './unreachable.ts'

const { AdminClient, OffsetSpec } = kafkaJavascript

export interface TopicPartition {
  readonly partition: number
  /** The first offset that the broker still holds. */
  readonly low: number
  /** The offset that the next record will get. */
  readonly end: number
}

export interface TopicState {
  readonly topic: string
  /** 32 hex digits, as in claims and keys. */
  readonly topicId: string
  readonly partitions: readonly TopicPartition[]
}

/**
 * A broker learns of a new topic later than the controller that created it: a topic counts as missing only after this
 * long.
 */
export const NEW_TOPIC_KNOWN_WITHIN_MS = 3_000

const CALL_TIMEOUT_MS = 5_000
/** How long a batch waits for messages. */
const BATCH_WAIT_MS = 100
const EOF_PATIENCE_MS = 30_000

/** A connection for queries; it reads no records and joins no group. */
export class Broker implements Disposable {
  readonly #admin: IAdminClient
  readonly #config: KafkaConfig
  #lastFailure: string | undefined

  constructor(config: KafkaConfig) {
    this.#config = config
    this.#admin = AdminClient.create(
      { ...kafkaClientSettings(config, 'ticklake-catalog'), log_level: 4 },
      {
        // Its errors have no reason (`Local: Timed out`); only this line of librdkafka's log has it.
        'event.log': ({ fac, message }: { fac?: string; message?: string }) => {
          if (fac === 'FAIL') this.#lastFailure = brokerReason(message ?? '')
        },
        'event.error': () => {},
      },
    )
  }

  /**
   * The topic and its current offsets. Waits for a broker that does not answer and, briefly, for a topic that may have
   * just been created.
   * @throws Failure KAFKA_UNREACHABLE, TOPIC_MISSING
   */
  async topic(signal?: AbortSignal): Promise<TopicState> {
    const deadline = Date.now() + this.#config.KAFKA_CONNECT_TIMEOUT_MS
    const missingAt = Date.now() + NEW_TOPIC_KNOWN_WITHIN_MS
    while (true) {
      try {
        return await this.#topicNow()
      } catch (error) {
        const isMissing = error instanceof Failure
        const isOver = signal?.aborted || Date.now() >= (isMissing ? missingAt : deadline)
        if (isOver) throw isMissing ? error : this.#unreachable(error)
        await sleep(500, signal)
      }
    }
  }

  /** The same, asked once; for callers that retry anyway. @throws Failure KAFKA_UNREACHABLE, TOPIC_MISSING */
  async topicOnce(): Promise<TopicState> {
    try {
      return await this.#topicNow()
    } catch (error) {
      throw error instanceof Failure ? error : this.#unreachable(error)
    }
  }

  [Symbol.dispose](): void {
    this.#admin.disconnect()
  }

  async #topicNow(): Promise<TopicState> {
    const topic = this.#config.KAFKA_TOPIC
    const facts = await describeTopic(this.#admin, topic)
    if (!facts) throw this.#missing()
    const numbers = Array.from({ length: facts.partitions }, (_, partition) => partition)
    const [lows, ends] = await Promise.all([
      this.#offsets(topic, numbers, OffsetSpec.EARLIEST),
      this.#offsets(topic, numbers, OffsetSpec.LATEST),
    ])
    return {
      topic,
      topicId: facts.topicId,
      partitions: numbers.map((partition) => ({
        partition,
        low: lows.get(partition) ?? 0,
        end: ends.get(partition) ?? 0,
      })),
    }
  }

  async #offsets(
    topic: string,
    numbers: number[],
    offset: (typeof OffsetSpec)['LATEST'],
  ): Promise<Map<number, number>> {
    const asked = numbers.map((partition) => ({ topic, partition, offset }))
    const found = await called<{ partition: number; offset: number; error?: unknown }[]>((done) =>
      this.#admin.listOffsets(asked, { timeout: CALL_TIMEOUT_MS }, done),
    )
    const bad = found.find((entry) => entry.error)
    if (bad) throw new Error(`partition ${bad.partition}: ${reasonOf(bad.error)}`)
    return new Map(found.map((entry) => [entry.partition, entry.offset]))
  }

  #missing(): Failure {
    return new Failure({
      code: 'TOPIC_MISSING',
      what: `the topic ${this.#config.KAFKA_TOPIC} does not exist; there is nothing to compare the lake with`,
      why: `the broker at ${this.#config.KAFKA_BOOTSTRAP_SERVERS} does not have it`,
      remedy: 'create it with `node producer/main.ts topic create`, or set KAFKA_TOPIC',
    })
  }

  #unreachable(error: unknown): Failure {
    return kafkaUnreachable({
      what: `no broker answers at ${this.#config.KAFKA_BOOTSTRAP_SERVERS}; records and lake are unchanged`,
      why: this.#lastFailure ?? reasonOf(error),
      remedy:
        'start it (`make stack`, `make demo` or `make up`), or set KAFKA_BOOTSTRAP_SERVERS; `make doctor` shows whether only the address that it advertises cannot be reached',
      cause: error,
    })
  }
}

/** A record in Kafka. */
export interface HeldRecord {
  readonly offset: number
  readonly timestamp?: number | undefined
  readonly value: Uint8Array | null
}

/**
 * The committed records in [from, to) of a partition, in batches: missing offsets are transaction markers, aborted
 * records or compacted ones. @throws Failure KAFKA_UNREACHABLE if nothing comes for 30 s
 */
export async function* heldRecords(
  config: KafkaConfig,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<HeldRecord[]> {
  const topic = config.KAFKA_TOPIC
  const { reader } = await connectReader(config, {
    clientId: 'ticklake-catalog',
    groupId: 'ticklake-catalog-audit',
    offsetReset: 'error',
    settings: {
      'enable.partition.eof': true,
      'fetch.queue.backoff.ms': 10,
      // Several partitions are read at the same time.
      'queued.max.messages.kbytes': 16_384,
    },
  })
  // Otherwise the last batch of each partition waits a second for messages that do not exist.
  reader.setDefaultConsumeTimeout(BATCH_WAIT_MS)
  let reached = from
  reader.on('partition.eof', (eof) => {
    reached = Math.max(reached, eof.offset)
  })
  try {
    reader.assign([{ topic, partition, offset: from }])
    let lastNewsAt = Date.now()
    while (reached < to) {
      const messages = await called<HeldRecord[]>((done) => reader.consume(1000, done))
      const held = messages.filter(({ offset }) => offset < to)
      const last = messages.at(-1)
      if (last) {
        reached = Math.max(reached, last.offset + 1)
        lastNewsAt = Date.now()
      } else if (Date.now() - lastNewsAt > EOF_PATIENCE_MS) {
        throw kafkaUnreachable({
          what: `partition ${partition} could not be read again from ${reached} to ${to}; the deep audit has no result`,
          why: `nothing came for ${EOF_PATIENCE_MS / 1000} s`,
          remedy: 'check that the broker is up, and that no transaction was left open',
        })
      }
      if (held.length > 0) yield held
    }
  } finally {
    await closeReader(reader)
  }
}

function called<T>(call: (done: (error: unknown, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))))
}
