// The consumer group's client: hands over messages in batches, and assignments to whoever decides on offsets.

import RdKafka from '@confluentinc/kafka-javascript'
import { brokerReason, type KafkaConfig, kafkaClientSettings } from '@ticklake/kafka/config.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { Message } from '../batching/pending-batches.ts'
import { LetGo } from '../retry.ts'
import { Positions } from './fetch-progress.ts'
import { NativeCalls } from './native-calls.ts'

const { AdminClient, KafkaConsumer, CODES } = RdKafka

/** A batch takes what is there, and waits this long for its first message. */
const CONSUME_WAIT_MS = 200
const CONSUME_MESSAGES = 1000
/** Leaving the group waits until the last query is answered, and has no time for more. What fails is asked again. */
const QUERY_TIMEOUT_MS = 5_000
/** Of a query that nobody waits for. */
const LOOK_TIMEOUT_MS = 3_000
/** Of each attempt to reach a broker: a stop waits for one. */
const CONNECT_ATTEMPT_MS = 1_000
const WAITING_EVERY_MS = 1_500
const LOG_WITHIN_MS = 50
/** Of a commit that the caller waits for; the client itself goes on until the broker answers. */
const COMMIT_WITHIN_MS = 5_000

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface Handlers {
  /** Partitions came; reading starts when assign() is called for them. */
  readonly onAssign: (partitions: number[]) => void
  /** Partitions go; the group waits until unassign() is called for them. `lost`: somebody else may have them already. */
  readonly onRevoke: (partitions: number[], lost: boolean) => void
  /** The client cannot go on; another one can. */
  readonly onFatal: (error: Failure) => void
  readonly onMessage: (text: string) => void
  /** No broker can be reached just now; the client goes on trying. Called again and again while that lasts. */
  readonly onBrokerAway: (why: string) => void
  /** A broker has answered. Called with each answer. */
  readonly onBrokerBack: () => void
}

/** The parts of the raw binding that its types leave out. */
interface RawClient {
  consume(
    waitMs: number,
    count: number,
    waitForFirstOnly: boolean,
    done: (
      error: { message: string; code: number } | null,
      messages: Message[],
      ends?: Batch['ends'],
    ) => void,
  ): void
  incrementalAssign(assignment: (TopicPartition & { offset: number })[]): void
  incrementalUnassign(assignment: TopicPartition[]): void
  rebalanceProtocol(): string
  assignmentLost(): boolean
}
type RawConsumer = InstanceType<typeof KafkaConsumer> & { _client: RawClient }

/** The call that the admin client's types leave out. */
interface DescribingAdmin {
  describeTopics(
    topics: string[],
    options: object,
    done: (
      error: Error | null,
      topics?: {
        topicId: { mostSignificantBits: bigint; leastSignificantBits: bigint }
        partitions: unknown[]
        error?: { readonly code: number; readonly message: string }
      }[],
    ) => void,
  ): void
}

/** Messages, and behind them the partitions whose end was reached. */
export interface Batch {
  readonly messages: readonly Message[]
  /** Up to `offset` there is no record that was not handed over: what is missing is a marker of a transaction. */
  readonly ends: readonly { readonly partition: number; readonly offset: number }[]
}

/** What the broker says of the topic. */
export interface TopicFacts {
  /** 32 hex digits */
  readonly topicId: string
  readonly partitions: number
}

export type GroupClient = Awaited<ReturnType<typeof connectGroup>>

/**
 * Connects and joins the group.
 * @throws Failure KAFKA_UNREACHABLE after KAFKA_CONNECT_TIMEOUT_MS; LetGo when the signal aborts before
 */
export async function connectGroup(
  config: KafkaConfig,
  groupId: string,
  handlers: Handlers,
  signal: AbortSignal,
) {
  const topic = config.KAFKA_TOPIC
  const consumer = new KafkaConsumer(
    {
      ...kafkaClientSettings(config, 'ticklake-consumer'),
      'group.id': groupId,
      'group.protocol': config.KAFKA_GROUP_PROTOCOL,
      ...(config.KAFKA_GROUP_PROTOCOL === 'classic' && {
        'partition.assignment.strategy': 'cooperative-sticky',
        'session.timeout.ms': 10_000,
      }),
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'isolation.level': 'read_committed',
      // A topic may end with the marker of a transaction, which no later record shows to be a gap.
      'enable.partition.eof': true,
      // The default backoff of 1 s, after each queue that was full, costs a third of the rate.
      'fetch.queue.backoff.ms': 10,
      'queued.min.messages': 20_000,
      'queued.max.messages.kbytes': 16_384,
      'fetch.wait.max.ms': 100,
      // New partitions are seen this soon.
      'topic.metadata.refresh.interval.ms': 30_000,
      log_level: 4,
      // Closing would wait for a last report.
      'enable.metrics.push': false,
      rebalance_cb: onRebalance,
    } as ConstructorParameters<typeof KafkaConsumer>[0],
    { 'auto.offset.reset': 'error' },
  ) as RawConsumer

  const calls = new NativeCalls()
  let state: 'open' | 'closing' | 'dead' = 'open'

  function onRebalance(error: { code: number }, assignment: TopicPartition[]): void {
    const partitions = assignment.map(({ partition }) => partition)
    if (state === 'closing') {
      // Nobody reads the partitions any more, and closing waits for this answer.
      giveBack(partitions)
    } else if (state === 'dead') {
      // It waits for no answer, and its memory may be free already.
    } else if (error.code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) handlers.onAssign(partitions)
    else if (error.code === CODES.ERRORS.ERR__REVOKE_PARTITIONS) {
      handlers.onRevoke(partitions, consumer._client.assignmentLost())
    } else {
      handlers.onFatal(groupFailed(reasonOf(error)))
    }
  }

  function giveBack(partitions: number[]): void {
    if (cooperative()) consumer._client.incrementalUnassign(partitions.map(named))
    else consumer.unassign()
  }

  /** Why the client cannot go on, as its log has it: the error says only that it is so. */
  let fatalReason = 'Local: Fatal error'
  let lastFailure = `${config.KAFKA_BOOTSTRAP_SERVERS} does not answer`
  consumer.on('event.error', ({ message }) => {
    handlers.onMessage(message)
    if (/connections are down|transport failure/.test(message)) handlers.onBrokerAway(lastFailure)
  })
  consumer.on('event.log', (event) => {
    const { fac, message } = event as { fac: string; message: string }
    handlers.onMessage(message)
    // The errors above carry no reason, only this line of librdkafka's log does.
    if (fac === 'FAIL') lastFailure = brokerReason(message)
    if (fac === 'FATAL') fatalReason = message.replace(/^\[thrd:[^\]]*\]: /, '')
  })
  // Until it is connected the client hands no event over: whoever looks at the terminal is told all the same.
  const waiting = setInterval(() => handlers.onBrokerAway(lastFailure), WAITING_EVERY_MS)
  await connected(consumer, config, signal, () => lastFailure).finally(() => clearInterval(waiting))
  handlers.onBrokerBack()
  const admin = AdminClient.createFrom(consumer)

  const named = (partition: number): TopicPartition => ({ topic, partition })
  const cooperative = () => consumer._client.rebalanceProtocol() === 'COOPERATIVE'
  const positions = new Positions()

  function watermarks(
    partition: number,
    timeoutMs = QUERY_TIMEOUT_MS,
  ): Promise<{ low: number; high: number }> {
    return ask((resolve, reject) => {
      consumer.queryWatermarkOffsets(topic, partition, timeoutMs, (error, offsets) => {
        if (error) reject(error)
        else resolve({ low: offsets.lowOffset, high: offsets.highOffset })
      })
    })
  }

  function ask<T>(
    call: (resolve: (answer: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    return calls.ask(() => new Promise<T>(call))
  }

  /** What the last fetch was told; cheap, undefined before the first one and after one that failed. */
  function fetched(partition: number, which: 'lowOffset' | 'highOffset'): number | undefined {
    try {
      const offsets = calls.now(() => consumer.getWatermarkOffsets(topic, partition))
      const offset = offsets?.[which] ?? -1
      return offset >= 0 ? offset : undefined
    } catch {
      return undefined
    }
  }

  return {
    subscribe: () => {
      consumer.subscribe([topic])
    },

    /** One batch of messages; empty when none came in time. @throws Failure OFFSET_OUT_OF_RANGE, KAFKA_READ_FAILED */
    consume(): Promise<Batch> {
      const call = (resolve: (batch: Batch) => void, reject: (error: unknown) => void) =>
        consumer._client.consume(CONSUME_WAIT_MS, CONSUME_MESSAGES, true, (error, messages, ends = []) => {
          if (!error) {
            if (messages.length > 0 || ends.length > 0) handlers.onBrokerBack()
            positions.handedOver(messages, ends, messages.length >= CONSUME_MESSAGES)
            return resolve({ messages, ends })
          }
          if (error.code === CODES.ERRORS.ERR__FATAL) {
            state = 'dead'
            // Its log, which alone says why, is on its way.
            setTimeout(() => reject(groupFailed(fatalReason)), LOG_WITHIN_MS)
          } else if (isPassing(error.code)) resolve({ messages: [], ends: [] })
          else reject(readFailure(error))
        })
      return calls.poll(() => new Promise(call))
    },

    /** Starts to read the partitions at these offsets. Only between two calls of consume(). */
    assign(starts: { partition: number; offset: number }[]): void {
      if (state !== 'open') return
      const assignment = starts.map(({ partition, offset }) => ({ topic, partition, offset }))
      if (cooperative()) consumer._client.incrementalAssign(assignment)
      else consumer.assign(assignment)
      positions.assigned(assignment)
    },

    /** Gives the partitions back to the group. */
    unassign(partitions: number[]): void {
      positions.unassigned(partitions)
      if (state !== 'dead') giveBack(partitions)
    },

    /** Commits an offset, for lag tools. */
    commit(partition: number, offset: number): Promise<void> {
      const raw = consumer as unknown as {
        commitCb(toppars: object[], done: (error: Error | null) => void): void
      }
      const committed = ask<void>((resolve, reject) =>
        raw.commitCb([{ ...named(partition), offset }], (error) => (error ? reject(error) : resolve())),
      )
      return within(committed, COMMIT_WITHIN_MS, 'the commit was not answered in 5 s')
    },

    /** The offset that the group has committed, or undefined. */
    committed(partition: number): Promise<number | undefined> {
      return ask((resolve, reject) => {
        consumer.committed([named(partition)], QUERY_TIMEOUT_MS, (error, offsets) => {
          if (error) return reject(error)
          const offset = (offsets[0] as { offset?: number } | undefined)?.offset
          resolve(offset !== undefined && offset >= 0 ? offset : undefined)
        })
      })
    },

    /** The first offset that Kafka still has, and the one that the next message gets. */
    watermarks: (partition: number) => watermarks(partition),

    /** The first offset whose record is not older than this; undefined: all are older. */
    offsetAt(partition: number, timestampMs: number): Promise<number | undefined> {
      return ask((resolve, reject) => {
        consumer.offsetsForTimes(
          [{ ...named(partition), offset: timestampMs }],
          QUERY_TIMEOUT_MS,
          (error, offsets) => {
            if (error) return reject(error)
            const offset = (offsets[0] as { offset?: number } | undefined)?.offset
            resolve(offset !== undefined && offset >= 0 ? offset : undefined)
          },
        )
      })
    },

    /** The high watermark that the last fetch brought; cheap, undefined before the first fetch. */
    knownEnd: (partition: number) => fetched(partition, 'highOffset'),

    /**
     * Looks every 30 s for a partition whose next offset Kafka does not have, and whose error consume() was not told.
     * @param onLost gets OFFSET_OUT_OF_RANGE
     * @returns stops looking
     */
    watchPositions: (onLost: (error: Failure) => void): (() => void) =>
      positions.watch(
        {
          watermarks: (partition) => watermarks(partition, LOOK_TIMEOUT_MS),
          fetchedLow: (partition) => fetched(partition, 'lowOffset'),
        },
        (why) => onLost(offsetOutOfRange(why)),
      ),

    /** The topic's id and partitions, or undefined when there is no such topic. */
    async describeTopic(): Promise<TopicFacts | undefined> {
      const facts = await calls.ask(() => describeTopic(admin, topic))
      handlers.onBrokerBack()
      return facts
    },

    /**
     * Leaves the group and closes the connections, once every call under way is answered. Where that takes longer than
     * a stop may take, the caller ends the process.
     */
    async disconnect(): Promise<void> {
      if (state === 'open') state = 'closing'
      await calls.close()
      await new Promise<void>((resolve) => {
        consumer.disconnect(() => resolve())
      })
    },
  }
}

function within<T>(promise: Promise<T>, ms: number, why: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(why)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function connected(
  consumer: RawConsumer,
  config: KafkaConfig,
  signal: AbortSignal,
  lastFailure: () => string,
): Promise<void> {
  if (signal.aborted) throw new LetGo()
  const timeoutMs = config.KAFKA_CONNECT_TIMEOUT_MS
  askInShort(consumer, performance.now() + timeoutMs, signal)
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.connect({}, (error) => (error ? reject(error) : resolve()))
    })
  } catch (error) {
    if (signal.aborted) throw new LetGo()
    throw kafkaUnreachable({
      what: `no broker answered at ${config.KAFKA_BOOTSTRAP_SERVERS} within ${timeoutMs / 1000} s; nothing was read`,
      why: lastFailure(),
      remedy:
        'start it (`make stack`, `make demo` or `make up`), or set KAFKA_BOOTSTRAP_SERVERS and the KAFKA_SECURITY_PROTOCOL that it wants',
      cause: error,
    })
  }
}

/**
 * Connecting asks for metadata once, and the client cannot be closed before that is answered or has timed out: it is
 * asked in short attempts until the deadline, so that a stop need not wait.
 */
function askInShort(consumer: RawConsumer, deadline: number, signal: AbortSignal): void {
  const getMetadata = consumer.getMetadata.bind(consumer)
  consumer.getMetadata = (_options, done) => {
    const attempt = () =>
      getMetadata({ timeout: CONNECT_ATTEMPT_MS }, (error, metadata) => {
        if (error && !signal.aborted && performance.now() < deadline) attempt()
        else done?.(error, metadata)
      })
    attempt()
    return consumer
  }
}

/** Errors that librdkafka mends by itself, or that say only that nothing came. */
function isPassing(code: number): boolean {
  const {
    ERR__AUTO_OFFSET_RESET,
    ERR_OFFSET_OUT_OF_RANGE,
    ERR_TOPIC_AUTHORIZATION_FAILED,
    ERR_GROUP_AUTHORIZATION_FAILED,
  } = CODES.ERRORS
  return ![
    ERR__AUTO_OFFSET_RESET,
    ERR_OFFSET_OUT_OF_RANGE,
    ERR_TOPIC_AUTHORIZATION_FAILED,
    ERR_GROUP_AUTHORIZATION_FAILED,
  ].includes(code)
}

function readFailure(error: { message: string; code: number }): Failure {
  if (
    error.code === CODES.ERRORS.ERR__AUTO_OFFSET_RESET ||
    error.code === CODES.ERRORS.ERR_OFFSET_OUT_OF_RANGE
  ) {
    return offsetOutOfRange(error.message)
  }
  return new Failure({
    code: 'KAFKA_READ_FAILED',
    what: 'Kafka refuses to be read; what was landed stays landed',
    why: error.message,
    remedy: 'check the user’s rights on the topic and the group, then start the consumer again',
  })
}

function offsetOutOfRange(why: string): Failure {
  return new Failure({
    code: 'OFFSET_OUT_OF_RANGE',
    what: 'Kafka does not have the offset that the chain of claims goes on with; nothing more is written',
    why,
    remedy: 'start the consumer again: it then says how many records are gone and what can be done',
  })
}

function groupFailed(why: string): Failure {
  return new Failure({
    code: 'KAFKA_GROUP_FAILED',
    what: 'the consumer group refused this consumer; what was landed stays landed',
    why,
    remedy: 'check the user’s rights on the group; set KAFKA_GROUP_PROTOCOL=classic for a broker before 4.0',
    retryable: true,
  })
}

/** What the broker says of the topic, or undefined when there is no such topic. */
export function describeTopic(admin: object, topic: string): Promise<TopicFacts | undefined> {
  return new Promise((resolve, reject) => {
    ;(admin as DescribingAdmin).describeTopics([topic], { timeout: QUERY_TIMEOUT_MS }, (error, topics) => {
      const found = topics?.[0]
      if (error) return reject(error)
      // Any other error, such as a right that this user lacks, does not say that the topic is gone.
      if (found?.error && found.error.code !== CODES.ERRORS.ERR_UNKNOWN_TOPIC_OR_PART) {
        return reject(Object.assign(new Error(found.error.message), { code: found.error.code }))
      }
      if (!found || found.error || found.partitions.length === 0) return resolve(undefined)
      const { mostSignificantBits: high, leastSignificantBits: low } = found.topicId
      resolve({ topicId: hex(high) + hex(low), partitions: found.partitions.length })
    })
  })
}

/** The topic's id, 32 hex digits, or undefined when there is no such topic. */
export async function topicIdOf(admin: object, topic: string): Promise<string | undefined> {
  return (await describeTopic(admin, topic))?.topicId
}

function hex(bits: bigint): string {
  return BigInt.asUintN(64, bits).toString(16).padStart(16, '0')
}
