// The consumer group's client: returns messages in batches, and reports assignments to the caller, which decides on
// offsets.

import RdKafka from '@confluentinc/kafka-javascript'
import {
  advertisedAddress,
  brokerReason,
  type KafkaConfig,
  kafkaClientSettings,
} from '@ticklake/kafka/config.ts'
import { type Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { Message } from '../batching/pending-batches.ts'
import { FetchProgress } from './fetch-progress.ts'
import { advertisedBy, connected, type Reachability } from './kafka-connection.ts'
import { groupFailed, isPassing, offsetOutOfRange, readFailure } from './kafka-errors.ts'
import { brokerQueries } from './kafka-queries.ts'
import { NativeCalls } from './native-calls.ts'

const { KafkaConsumer, CODES } = RdKafka

/** A batch takes what is available, and waits this long for its first message. */
const CONSUME_WAIT_MS = 200
const CONSUME_MESSAGES = 1000
/** Timeout of a query that nobody waits for. */
const CHECK_TIMEOUT_MS = 3_000
const WAITING_EVERY_MS = 1_500
/** What the binding throws once its client is closed. */
const CLOSED = 'KafkaConsumer is disconnected'
const LOG_WITHIN_MS = 50

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface Handlers {
  /** Partitions were assigned; reading starts when assign() is called for them. */
  readonly onAssign: (partitions: number[]) => void
  /**
   * Partitions are revoked; the group waits until unassign() is called for them. `lost`: another member may already
   * have them.
   */
  readonly onRevoke: (partitions: number[], lost: boolean) => void
  /** The client cannot continue; another one can. */
  readonly onFatal: (error: Failure) => void
  readonly onMessage: (text: string) => void
  /** No broker can be reached now; the client keeps trying. Called repeatedly while that lasts. */
  readonly onBrokerAway: (why: string) => void
  /** A broker has answered. Called with each answer. */
  readonly onBrokerBack: () => void
}

/** The parts of the raw binding that are missing from its types. */
interface RawClient {
  consume(
    waitMs: number,
    count: number,
    waitForFirstOnly: boolean,
    done: (
      error: { message: string; code: number } | null,
      messages: Message[],
      ends?: ClientBatch['ends'],
    ) => void,
  ): void
  incrementalAssign(assignment: (TopicPartition & { offset: number })[]): void
  incrementalUnassign(assignment: TopicPartition[]): void
  rebalanceProtocol(): string
  assignmentLost(): boolean
}
type RawConsumer = InstanceType<typeof KafkaConsumer> & { _client: RawClient }

/** Messages, and the partitions of which the end was reached after them. */
export interface ClientBatch {
  readonly messages: readonly Message[]
  /** All records up to `offset` were returned: missing offsets are transaction markers. */
  readonly ends: readonly { readonly partition: number; readonly offset: number }[]
}

export type GroupClient = Awaited<ReturnType<typeof connectGroup>>

/**
 * Connects; subscribe() joins the group.
 * @param reading `paused`: partitions are assigned but never fetched; records come from elsewhere
 * @throws Failure KAFKA_UNREACHABLE after KAFKA_CONNECT_TIMEOUT_MS; Aborted when the signal aborts before
 */
export async function connectGroup(
  config: KafkaConfig,
  groupId: string,
  handlers: Handlers,
  signal: AbortSignal,
  reading: 'read' | 'paused' = 'read',
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
      // A topic may end with a transaction marker, which no later record reveals as a gap.
      'enable.partition.eof': true,
      // The default backoff of 1 s after each full queue costs a third of the throughput.
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

  /** The partitions that this client holds, of those that the group has assigned to it. */
  const assigned = new Set<number>()
  /** The group waits for an answer to its last assignment; without it, the client never closes. */
  let isAssignmentOpen = false

  function onRebalance(error: { code: number }, assignment: TopicPartition[]): void {
    const partitions = assignment.map(({ partition }) => partition)
    if (state === 'dead') return // It waits for no answer, and its memory may already be freed.
    if (error.code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) {
      isAssignmentOpen = true
      if (state === 'closing') answerWhileClosing(partitions)
      else handlers.onAssign(partitions)
    } else if (error.code === CODES.ERRORS.ERR__REVOKE_PARTITIONS) {
      if (state === 'closing') answerWhileClosing(partitions)
      else handlers.onRevoke(partitions, consumer._client.assignmentLost())
    } else if (state === 'open') handlers.onFatal(groupFailed(reasonOf(error)))
  }

  /** Nobody reads the partitions any more; closing waits for this answer, unless it has finished before. */
  function answerWhileClosing(partitions: readonly number[]): void {
    try {
      giveBack(partitions)
    } catch (error) {
      if (reasonOf(error) !== CLOSED) throw error
    }
  }

  /** Partitions that were never assigned are declined: librdkafka takes back only what it was given. */
  function giveBack(partitions: readonly number[]): void {
    const held = partitions.filter((partition) => assigned.delete(partition))
    const declines = isAssignmentOpen
    isAssignmentOpen = false
    if (!cooperative()) consumer.unassign()
    else if (declines && held.length === 0) takeNothing()
    else consumer._client.incrementalUnassign(held.map(named))
  }

  function takeNothing(): void {
    try {
      consumer._client.incrementalAssign([])
    } catch (error) {
      if (reasonOf(error) !== CLOSED) throw error
      // While it closes, the binding assigns nothing, and librdkafka accepts any answer.
      consumer._client.incrementalUnassign([])
    }
  }

  /** Why the client cannot continue, from its log: the error itself does not say why. */
  let fatalReason = 'Local: Fatal error'
  let lastFailure = `${config.KAFKA_BOOTSTRAP_SERVERS} does not answer`
  /** Those that could not be reached. */
  const advertised = new Set<string>()
  consumer.on('event.error', ({ message }) => {
    handlers.onMessage(message)
    if (/connections are down|transport failure/.test(message)) handlers.onBrokerAway(lastFailure)
  })
  consumer.on('event.log', (event) => {
    const { fac, message } = event as { fac: string; message: string }
    handlers.onMessage(message)
    // The errors above have no reason; only this line of librdkafka's log does.
    if (fac === 'FAIL') {
      lastFailure = brokerReason(message)
      const address = advertisedAddress(message)
      if (address !== undefined) advertised.add(address)
    }
    if (fac === 'FATAL') fatalReason = message.replace(/^\[thrd:[^\]]*\]: /, '')
  })
  // Until it is connected the client delivers no events, so the wait is logged here.
  const waiting = setInterval(() => handlers.onBrokerAway(lastFailure), WAITING_EVERY_MS)
  const failures = (): Reachability => ({ advertised: [...advertised], lastFailure })
  await connected(consumer, config, signal, failures).finally(() => clearInterval(waiting))
  handlers.onBrokerBack()

  const named = (partition: number): TopicPartition => ({ topic, partition })
  const cooperative = () => consumer._client.rebalanceProtocol() === 'COOPERATIVE'
  const progress = new FetchProgress()
  const { fetched, ...queries } = brokerQueries(consumer, topic, calls, handlers.onBrokerBack)

  return {
    ...queries,

    subscribe: () => {
      consumer.subscribe([topic])
    },

    /** One batch of messages; empty if none came in time. @throws Failure OFFSET_OUT_OF_RANGE, KAFKA_READ_FAILED */
    consume(): Promise<ClientBatch> {
      const call = (resolve: (batch: ClientBatch) => void, reject: (error: unknown) => void) =>
        consumer._client.consume(CONSUME_WAIT_MS, CONSUME_MESSAGES, true, (error, messages, ends = []) => {
          if (!error) {
            if (messages.length > 0 || ends.length > 0) handlers.onBrokerBack()
            progress.handedOver(messages, ends, messages.length >= CONSUME_MESSAGES)
            return resolve({ messages, ends })
          }
          if (error.code === CODES.ERRORS.ERR__FATAL) {
            state = 'dead'
            // Its log, which alone says why, is still to come.
            setTimeout(() => reject(groupFailed(fatalReason)), LOG_WITHIN_MS)
          } else if (isPassing(error.code)) resolve({ messages: [], ends: [] })
          else reject(readFailure(error))
        })
      return calls.poll(() => new Promise(call))
    },

    /** Starts to read the partitions at these offsets. Only between two calls of consume(). */
    assign(starts: readonly { readonly partition: number; readonly offset: number }[]): void {
      if (state !== 'open') return
      const assignment = starts.map(({ partition, offset }) => ({ topic, partition, offset }))
      if (cooperative()) consumer._client.incrementalAssign(assignment)
      else consumer.assign(assignment)
      // Partitions that are assigned again are no longer paused.
      if (reading === 'paused') consumer.pause(assignment)
      progress.assigned(assignment)
      isAssignmentOpen = false
      for (const { partition } of starts) assigned.add(partition)
    },

    /** Gives the partitions back to the group. */
    unassign(partitions: readonly number[]): void {
      progress.unassigned(partitions)
      if (state !== 'dead') giveBack(partitions)
    },

    /** The high watermark from the last fetch; cheap, undefined before the first fetch. */
    knownEnd: (partition: number) => fetched(partition, 'highOffset'),

    /**
     * Checks every 30 s for a partition for which Kafka does not have the next offset and consume() got no error.
     * @param onLost gets OFFSET_OUT_OF_RANGE
     * @returns stops the checks
     */
    watchProgress: (onLost: (error: Failure) => void): (() => void) =>
      progress.watch(
        {
          watermarks: (partition) => queries.watermarks(partition, CHECK_TIMEOUT_MS),
          fetchedLow: (partition) => fetched(partition, 'lowOffset'),
        },
        (why) => onLost(offsetOutOfRange(why)),
      ),

    /** Why the broker for the topic's queries cannot be reached, and the addresses that brokers advertise. */
    reachability: (): Reachability => ({
      advertised: advertisedBy(consumer),
      lastFailure,
    }),

    /**
     * Leaves the group and closes the connections, once every call in progress is answered. If that takes longer than a
     * stop may take, the caller ends the process.
     */
    async disconnect(): Promise<void> {
      if (state === 'open') state = 'closing'
      if (isAssignmentOpen && state === 'closing') answerWhileClosing([])
      await calls.close()
      await new Promise<void>((resolve) => {
        consumer.disconnect(() => resolve())
      })
    },
  }
}
