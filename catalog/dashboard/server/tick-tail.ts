// Reads the newest ticks of the topic while there are viewers, without joining a group or committing.
import { CONTRACT_VERSION, type Tick } from '@ticklake/contract/columns.ts'
import { type Fault, rejectTimestamp, validate } from '@ticklake/contract/validation.ts'
import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { closeReader, connectReader, type Reader } from '@ticklake/kafka/reader.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { type Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { CandleBook } from './candles.ts'
import { RecentRejections } from './recent-rejections.ts'
import type { Candle } from './wire.ts'

interface Message {
  readonly value: Buffer | null
  readonly partition: number
  readonly offset: number
  readonly timestamp?: number
}

const FLUSH_MS = 250
/** Records, over all partitions, that the charts start from. */
const HISTORY = 600
/** More than this in one flush is skipped: nobody could see that many. */
const MOST_PER_FLUSH = 3_000
/** Up to this many in one flush, each tick is its own candle. */
const SINGLE_UP_TO = 60

const decoder = new TextDecoder()

/** `reset`: these replace all candles that were sent before. */
type OnCandles = (candles: readonly Candle[], reset: boolean) => void

export class TickTail {
  readonly #config: KafkaConfig
  readonly #broker: Pick<Broker, 'topicOnce'>
  readonly #onCandles: OnCandles
  readonly book = new CandleBook()
  /** Which of the records that were read the consumer rejects. */
  readonly rejections = new RecentRejections()

  constructor(config: KafkaConfig, broker: Pick<Broker, 'topicOnce'>, onCandles: OnCandles) {
    this.#config = config
    this.#broker = broker
    this.#onCandles = onCandles
  }

  /**
   * Reads until the signal aborts. @throws Failure TOPIC_MISSING, KAFKA_UNREACHABLE; call again later
   * @param onReading called once it is connected and reads
   */
  async run(signal: AbortSignal, onReading: () => void): Promise<void> {
    const { topic, partitions } = await this.#broker.topicOnce()
    const reader = await this.#connect()
    try {
      const share = Math.max(20, Math.ceil((HISTORY * 2) / Math.max(1, partitions.length)))
      reader.assign(
        partitions.map(({ partition, low, end }) => ({
          topic,
          partition,
          offset: Math.max(low, end - share),
        })),
      )
      onReading()
      this.book.clear()
      this.rejections.clear()
      let reset = true
      // Existing records are history: one candle per tick.
      let historyLeft = partitions.reduce((sum, { low, end }) => sum + Math.min(share, end - low), 0)
      while (!signal.aborted) {
        const flushAt = Date.now() + FLUSH_MS
        const messages: Message[] = []
        while (Date.now() < flushAt && messages.length < MOST_PER_FLUSH && !signal.aborted) {
          const some = await this.#consume(reader)
          messages.push(...some)
          if (some.length === 0) await sleep(50, signal)
        }
        this.#take(messages, historyLeft > 0)
        historyLeft -= messages.length
        const candles = this.book.flush()
        if (candles.length > 0) {
          this.#onCandles(candles, reset)
          reset = false
        }
        if (messages.length >= MOST_PER_FLUSH && historyLeft <= 0) {
          await sleep(flushAt - Date.now(), signal)
          const now = await this.#broker.topicOnce()
          reader.assign(now.partitions.map(({ partition, end }) => ({ topic, partition, offset: end })))
        }
      }
    } finally {
      await closeReader(reader)
    }
  }

  #take(messages: readonly Message[], history: boolean): void {
    const single = history || messages.length <= SINGLE_UP_TO
    const aliases = this.#config.KAFKA_TICK_ALIASES === 'on'
    const faults: (Fault & { origin: string })[] = []
    for (const { value, partition, offset, timestamp } of messages) {
      // As in the consumer, so that it shows what lands.
      const fault = rejectTimestamp(timestamp)
      const result = fault
        ? { accepted: false as const, ...fault }
        : validate(value, CONTRACT_VERSION, aliases)
      if (result.accepted) this.book.add(JSON.parse(decoder.decode(result.canonical)) as Tick, single)
      else faults.push({ ...result, origin: `partition ${partition}, offset ${offset}` })
    }
    this.rejections.add(Date.now(), messages.length, faults)
  }

  async #connect(): Promise<Reader> {
    const { reader } = await connectReader(this.#config, {
      clientId: 'ticklake-page',
      groupId: 'ticklake-page',
      offsetReset: 'latest',
      settings: {
        'fetch.queue.backoff.ms': 50,
        'queued.min.messages': 1_000,
        'queued.max.messages.kbytes': 1_024,
      },
    }).catch((error) => {
      throw this.#unreachable(error)
    })
    // Returns at once with what is available; by default it would wait for the full number.
    reader.setDefaultConsumeTimeout(1)
    return reader
  }

  #consume(reader: Reader): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      reader.consume(500, (error, messages) =>
        error ? reject(this.#unreachable(error)) : resolve(messages as Message[]),
      )
    })
  }

  #unreachable(error: unknown): Failure {
    return kafkaUnreachable({
      what: `ticks cannot be read from ${this.#config.KAFKA_BOOTSTRAP_SERVERS}; records and lake are unchanged`,
      why: reasonOf(error),
      cause: error,
    })
  }
}
