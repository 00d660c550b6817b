// Writes rows to the topic: idempotent, acknowledged by all replicas, every row that is not delivered reported.
import { RdKafka } from '@confluentinc/kafka-javascript'
import { type KafkaConfig, kafkaClientSettings } from '@ticklake/kafka/config.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { Acknowledgements, queueStateOf } from './acknowledgements.ts'
import type { Message } from './message.ts'

/** How many rows may wait for acknowledgement; more would only cost memory. */
const MOST_IN_FLIGHT = 100_000
const QUEUE_KILOBYTES = 65_536
const POLL_MS = 5
const CONNECT_MS = 10_000
const RETRY_MS = 500
const WATCH_MS = 500
/** The longest that one flush() waits for all acknowledgements. */
const FLUSH_MS = 100
/** How often the client reports its queue, and how often produced rows are sampled for it. */
const STATISTICS_MS = 200
const SAMPLE_MS = 20
/** If rows wait this long without any acknowledgement, the broker is down. */
const SILENT_MS = 2_000
const CODES = RdKafka.CODES.ERRORS

export interface WriterEvents {
  rowProduced(): void
  /** So many rows of all that were produced. */
  rowsDelivered(total: number): void
  deliveryFailed(reason: string): void
  waitingForBroker(servers: string, reason: string): void
  brokerFound(servers: string): void
  clientWarned(reason: string): void
}

export interface TopicWriter extends AsyncDisposable {
  /** False if the queue is full: wait for drained(), then write it again. */
  write(message: Message): boolean
  /** Resolves when rows can be written again. @throws Failure DELIVERY_FAILED */
  drained(): Promise<void>
  /** Resolves when every row is acknowledged. @throws Failure DELIVERY_FAILED, also after the timeout */
  drain(timeoutMs: number): Promise<void>
  /** Why the broker is unavailable, as a sentence; undefined while it answers. */
  whyNotReady(): string | undefined
}

/**
 * The topic must exist, see findBroker. @returns undefined if the signal aborted before it was open
 * @throws Failure KAFKA_UNREACHABLE after KAFKA_CONNECT_TIMEOUT_MS
 */
export async function openTopic(
  config: KafkaConfig & { readonly PRODUCER_DELIVERY_TIMEOUT_MS: number },
  events: WriterEvents,
  signal: AbortSignal,
): Promise<TopicWriter | undefined> {
  const servers = config.KAFKA_BOOTSTRAP_SERVERS
  const topic = config.KAFKA_TOPIC
  let produced = 0
  let delivered = 0
  let failed = 0
  let isFull = false
  let failure: string | undefined
  let reason = 'it does not acknowledge'
  let progressAt = Date.now()
  let awaySince: number | undefined

  // The client forgets settings of topics that are among its own as soon as it is given any for topics.
  const topicSettings = {
    acks: -1,
    // Java clients hash like this too: a key has one partition, whoever writes it.
    partitioner: 'murmur2_random' as const,
    'message.timeout.ms': config.PRODUCER_DELIVERY_TIMEOUT_MS,
  }
  const settings = {
    ...kafkaClientSettings(config, 'ticklake-producer'),
    'enable.idempotence': true,
    'compression.codec': 'lz4' as const,
    'linger.ms': 10,
    'batch.size': 1_000_000,
    'queue.buffering.max.messages': MOST_IN_FLIGHT,
    'queue.buffering.max.kbytes': QUEUE_KILOBYTES,
    event_cb: true,
    'statistics.interval.ms': STATISTICS_MS,
    // A report for each delivered row takes half of the producer's time.
    'delivery.report.only.error': true,
    dr_cb: (error: RdKafka.LibrdKafkaError | null) => {
      if (!error) return
      failed++
      failure ??= error.message
      events.deliveryFailed(error.message)
    },
  }
  const setDelivered = (rows: number) => {
    if (rows === delivered) return
    delivered = rows
    progressAt = Date.now()
    events.rowsDelivered(delivered)
    if (awaySince === undefined || failed > 0) return
    awaySince = undefined
    events.brokerFound(servers)
  }
  let acknowledgements = new Acknowledgements(performance.now())
  const makeProducer = () => {
    acknowledgements = new Acknowledgements(performance.now())
    const made = new RdKafka.Producer(settings, topicSettings)
    made.on('event.error', (error) => {
      reason = error.message
    })
    made.on('event.log', (line) => events.clientWarned(String((line as { message?: string }).message)))
    made.on('event.stats', (statistics: { message: string }) => {
      const state = queueStateOf(statistics.message)
      if (state) setDelivered(Math.max(delivered, acknowledgements.ended(state) - failed))
    })
    return made
  }
  const producer = await connected(makeProducer, config, events, signal)
  if (!producer) return undefined
  producer.setPollInterval(POLL_MS)
  const sampling = setInterval(() => acknowledgements.sample(performance.now(), produced), SAMPLE_MS).unref()

  // The client's error events have no code here, and a hanging broker raises none, so waiting rows decide.
  const watch = setInterval(() => {
    const now = Date.now()
    if (inFlight() === 0) progressAt = now
    if (now - progressAt < SILENT_MS) return
    awaySince ??= progressAt
    events.waitingForBroker(servers, reason)
  }, WATCH_MS).unref()

  const inFlight = () => produced - delivered - failed
  const throwIfFailed = () => {
    if (failure === undefined) return
    throw new Failure({
      code: 'DELIVERY_FAILED',
      what: `${failed} rows were given up and ${inFlight()} more are not acknowledged; they may be missing from topic ${topic}`,
      why: failure,
      remedy: 'fix the broker and produce them again; a higher PRODUCER_DELIVERY_TIMEOUT_MS waits longer',
      retryable: true,
    })
  }

  return {
    write(message) {
      try {
        // No opaque: it would be freed only with its delivery report.
        producer.produce(topic, null, message.value, message.key)
      } catch (error) {
        if ((error as { code?: number }).code === CODES.ERR__QUEUE_FULL) {
          isFull = true
          return false
        }
        // Any other error is fatal for the client, for example a broker that lost acknowledged rows.
        failure ??= reasonOf(error)
        throwIfFailed()
      }
      produced++
      events.rowProduced()
      return true
    },
    async drained() {
      // At least one turn of the event loop, so that timers, signals and delivery reports are handled between two
      // batches.
      await yieldToEventLoop()
      throwIfFailed()
      if (!isFull) return
      isFull = false
      await sleep(POLL_MS)
      throwIfFailed()
    },
    async drain(timeoutMs) {
      const until = Date.now() + timeoutMs
      let isEmpty = false
      // Failures that the client has reported are handled here some turns later.
      for (let before = -1; before < failed || (!isEmpty && Date.now() < until); await sleep(POLL_MS)) {
        before = failed
        isEmpty ||= await flushed(producer)
      }
      if (isEmpty) setDelivered(produced - failed)
      else failure ??= `no acknowledgement within ${timeoutMs} ms`
      throwIfFailed()
    },
    whyNotReady: () => (awaySince === undefined ? undefined : `the broker at ${servers} is down`),
    async [Symbol.asyncDispose]() {
      clearInterval(watch)
      clearInterval(sampling)
      producer.setPollInterval(0)
      await new Promise<void>((resolve) => producer.disconnect(100, () => resolve()))
    },
  }
}

/**
 * A broker that disappears during connecting is waited for as long as at the start; a client that failed to connect
 * cannot be reused. @returns undefined if the signal aborted
 * @throws Failure KAFKA_UNREACHABLE after KAFKA_CONNECT_TIMEOUT_MS
 */
export async function connected<P extends Pick<RdKafka.Producer, 'connect'>>(
  makeProducer: () => P,
  config: Pick<KafkaConfig, 'KAFKA_BOOTSTRAP_SERVERS' | 'KAFKA_CONNECT_TIMEOUT_MS'>,
  events: Pick<WriterEvents, 'waitingForBroker' | 'brokerFound'>,
  signal: AbortSignal,
): Promise<P | undefined> {
  const servers = config.KAFKA_BOOTSTRAP_SERVERS
  const startedAt = performance.now()
  let wasAway = false
  while (!signal.aborted) {
    const producer = makeProducer()
    try {
      await new Promise<void>((resolve, reject) => {
        producer.connect({ timeout: CONNECT_MS }, (error) => (error ? reject(error) : resolve()))
      })
      if (wasAway) events.brokerFound(servers)
      return producer
    } catch (error) {
      if (performance.now() - startedAt >= config.KAFKA_CONNECT_TIMEOUT_MS) {
        throw kafkaUnreachable({
          what: `the broker at ${servers} stopped answering; nothing was sent`,
          why: reasonOf(error),
          remedy: 'check the broker’s log, then start again',
          cause: error,
        })
      }
      wasAway = true
      events.waitingForBroker(servers, reasonOf(error))
      await sleep(RETRY_MS, signal)
    }
  }
  return undefined
}

/** @returns whether no row waits any more, neither for its acknowledgement nor for its report */
function flushed(producer: Pick<RdKafka.Producer, 'flush'>): Promise<boolean> {
  return new Promise((resolve) => {
    producer.flush(FLUSH_MS, (error: unknown) => resolve(!error))
  })
}

function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
