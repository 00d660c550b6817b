// Writes rows to the topic: idempotent, acknowledged by all replicas, every delivery report counted.
import { RdKafka } from '@confluentinc/kafka-javascript'
import { type KafkaConfig, kafkaClientSettings } from '@ticklake/kafka/config.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { Message } from './message.ts'

/** How many rows may wait for acknowledgement; more would only cost memory. */
const MOST_IN_FLIGHT = 100_000
const QUEUE_KILOBYTES = 65_536
const POLL_MS = 5
const CONNECT_MS = 10_000
const RETRY_MS = 500
const WATCH_MS = 500
/** If rows wait this long without any acknowledgement, the broker is down. */
const SILENT_MS = 2_000
const CODES = RdKafka.CODES.ERRORS

export interface WriterEvents {
  rowProduced(): void
  rowDelivered(): void
  deliveryFailed(reason: string): void
  waitingForBroker(servers: string, reason: string): void
  brokerFound(servers: string): void
  clientWarned(reason: string): void
}

export interface TopicWriter extends AsyncDisposable {
  /** Rows that the broker has not acknowledged yet. */
  readonly inFlight: number
  /** False if the queue is full: wait for drained(), then write it again. */
  write(message: Message): boolean
  /** Resolves when rows can be written again. @throws Failure DELIVERY_FAILED */
  drained(signal: AbortSignal): Promise<void>
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
  let inFlight = 0
  let failed = 0
  let failure: string | undefined
  let reason = 'it does not acknowledge'
  let progressAt = Date.now()
  let awaySince: number | undefined

  const settings = {
    ...kafkaClientSettings(config, 'ticklake-producer'),
    'enable.idempotence': true,
    acks: -1,
    // The hash of Java clients: a key has the same partition from every client.
    partitioner: 'murmur2_random',
    'compression.codec': 'lz4' as const,
    'linger.ms': 10,
    'batch.size': 1_000_000,
    'queue.buffering.max.messages': MOST_IN_FLIGHT,
    'queue.buffering.max.kbytes': QUEUE_KILOBYTES,
    'message.timeout.ms': config.PRODUCER_DELIVERY_TIMEOUT_MS,
    'reconnect.backoff.max.ms': 1_000,
    event_cb: true,
    dr_cb: (error: RdKafka.LibrdKafkaError | null) => {
      inFlight--
      progressAt = Date.now()
      if (error) {
        failed++
        failure ??= error.message
        events.deliveryFailed(error.message)
        return
      }
      events.rowDelivered()
      if (awaySince === undefined) return
      awaySince = undefined
      events.brokerFound(servers)
    },
  }
  const makeProducer = () => {
    const made = new RdKafka.Producer(settings, {})
    made.on('event.error', (error) => {
      reason = error.message
    })
    made.on('event.log', (line) => events.clientWarned(String((line as { message?: string }).message)))
    return made
  }
  const producer = await connected(makeProducer, config, events, signal)
  if (!producer) return undefined
  producer.setPollInterval(POLL_MS)

  // The client's error events have no code here, and a hanging broker raises none, so waiting rows decide.
  const watch = setInterval(() => {
    const now = Date.now()
    if (inFlight === 0) progressAt = now
    if (now - progressAt < SILENT_MS) return
    awaySince ??= progressAt
    events.waitingForBroker(servers, reason)
  }, WATCH_MS).unref()

  const throwIfFailed = () => {
    if (failure === undefined) return
    throw new Failure({
      code: 'DELIVERY_FAILED',
      what: `${failed} rows were given up and ${inFlight} more are not acknowledged; they may be missing from topic ${topic}`,
      why: failure,
      remedy: 'fix the broker and produce them again; a higher PRODUCER_DELIVERY_TIMEOUT_MS waits longer',
      retryable: true,
    })
  }

  return {
    get inFlight() {
      return inFlight
    },
    write(message) {
      if (inFlight >= MOST_IN_FLIGHT) return false
      try {
        // No opaque: it would be freed only with its delivery report.
        producer.produce(topic, null, message.value, message.key)
      } catch (error) {
        if ((error as { code?: number }).code === CODES.ERR__QUEUE_FULL) return false
        // Any other error is fatal for the client, for example a broker that lost acknowledged rows.
        failure ??= reasonOf(error)
        throwIfFailed()
      }
      inFlight++
      events.rowProduced()
      return true
    },
    async drained(signal) {
      // At least one turn of the event loop, so that timers, signals and delivery reports are handled between two
      // batches.
      await yieldToEventLoop()
      throwIfFailed()
      while (inFlight > MOST_IN_FLIGHT / 2 && !signal.aborted) {
        await sleep(POLL_MS)
        throwIfFailed()
      }
    },
    async drain(timeoutMs) {
      const until = Date.now() + timeoutMs
      while (inFlight > 0 && Date.now() < until) {
        // flush() may resolve before the last reports are handled here: the count decides, not flush().
        await new Promise<void>((resolve) => producer.flush(100, () => resolve()))
        await sleep(POLL_MS)
      }
      if (inFlight > 0) failure ??= `no acknowledgement within ${timeoutMs} ms`
      throwIfFailed()
    },
    whyNotReady: () => (awaySince === undefined ? undefined : `the broker at ${servers} is down`),
    async [Symbol.asyncDispose]() {
      clearInterval(watch)
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

function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
