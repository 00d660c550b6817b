// Reads partitions of Kafka topics as slabs of bytes with typed arrays beside them, without an object per record.
import { Answer, nameOf } from './answer.ts'
import { Cluster, closedError } from './cluster.ts'
import { brokerError, KafkaReaderError } from './errors.ts'
import type { Leader } from './leader.ts'
import { type ReaderOptions, type Settings, settingsOf } from './options.ts'
import { PartitionState, type TopicPartition } from './partition-state.ts'
import { Placement } from './placement.ts'
import type { TopicMetadata } from './protocol/metadata.ts'
import { type CallOptions, type EpochQuery, type OffsetQuery, Queries, type QueryOptions } from './queries.ts'
import type { Records } from './records/records.ts'
import { SlabPool } from './records/slab.ts'

export { type Divergence, type ErrorCode, KafkaReaderError } from './errors.ts'
export type { ReaderOptions, SaslOptions } from './options.ts'
export type { TopicPartition } from './partition-state.ts'
export type { PartitionMetadata, TopicMetadata } from './protocol/metadata.ts'
export type { CallOptions, EpochQuery, OffsetQuery, QueryOptions } from './queries.ts'
export type { Records } from './records/records.ts'

export interface Assignment extends TopicPartition {
  /** The first offset to read, up to 2^53. */
  readonly offset: number | 'earliest' | 'latest'
  /** The leader epoch of the record before it, with which a later truncation is detected (LOG_TRUNCATED). */
  readonly leaderEpoch?: number | undefined
  /** 32 hex digits. When given, a topic of the same name with another id is an error (UNKNOWN_TOPIC_ID). */
  readonly topicId?: string | undefined
}

export interface PartitionProgress extends TopicPartition {
  readonly topicId: string
  /** The offset that is returned next. */
  readonly offset: number
  /** The leader epoch of the record before it; -1 if unknown. */
  readonly leaderEpoch: number
  /** -1 until a broker has answered. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** The broker that is read from, -1 without a leader. */
  readonly source: number
}

/** Errors of one answer after which only the session is restarted. */
const sessionErrors: ReadonlySet<string> = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

export class KafkaReader implements AsyncIterable<Records>, AsyncDisposable {
  readonly #settings: Settings
  readonly #cluster: Cluster
  readonly #queries: Queries
  readonly #placement: Placement
  readonly #slabs = new SlabPool()
  readonly #states = new Map<string, PartitionState>()
  /** Brokers with an unread answer. */
  readonly #ready: Leader[] = []
  readonly #errors: KafkaReaderError[] = []
  #answer: Answer | undefined
  #fetching = false
  #wake: () => void = () => {}

  /**
   * Does not connect yet.
   * @throws KafkaReaderError INVALID_ARGUMENT
   */
  constructor(options: ReaderOptions) {
    this.#settings = settingsOf(options)
    this.#cluster = new Cluster(this.#settings)
    this.#queries = new Queries(this.#cluster, this.#settings)
    this.#placement = new Placement(this.#cluster, this.#settings, {
      onAnswer: (leader) => {
        this.#ready.push(leader)
        this.#wake()
      },
      onError: (state, error) => this.#end(state, error),
      onFatal: (error) => {
        this.#errors.push(error)
        this.#wake()
      },
    })
  }

  /**
   * The cluster's metadata of these topics.
   * @throws KafkaReaderError UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED, or the reason why no broker
   * answered in time
   */
  async topics(names: readonly string[], options: QueryOptions = {}): Promise<readonly TopicMetadata[]> {
    return (await this.#queries.metadata(names, options)).topics
  }

  /**
   * Offsets by time, or the ends of partitions; in the order of the queries. Offset -1: no record is that young.
   * @throws KafkaReaderError
   */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: QueryOptions = {},
  ): Promise<readonly (TopicPartition & { offset: number; timestamp: number; leaderEpoch: number })[]> {
    return this.#queries.listOffsets(queries, options)
  }

  /**
   * Where the records of leader epochs end in the current log, in the order of the queries: an end before what was read
   * of the epoch, or a lower epoch, means that the log was truncated.
   * @throws KafkaReaderError
   */
  epochEnds(
    queries: readonly EpochQuery[],
    options: QueryOptions = {},
  ): Promise<readonly (TopicPartition & { leaderEpoch: number; endOffset: number })[]> {
    return this.#queries.epochEnds(queries, options)
  }

  /**
   * Starts to read these partitions, in addition to current ones; one that is already read continues at the new offset.
   * @throws KafkaReaderError as topics(); UNKNOWN_TOPIC_ID if a topic has another id than the given one
   */
  async assign(assignments: readonly Assignment[], options: QueryOptions = {}): Promise<void> {
    for (const { offset, leaderEpoch, ...at } of assignments) {
      if (typeof offset === 'number' && !(Number.isSafeInteger(offset) && offset >= 0)) {
        throw invalid(`${nameOf(at)}: ${offset} is not an offset`)
      }
      if (leaderEpoch !== undefined && !(Number.isSafeInteger(leaderEpoch) && leaderEpoch >= -1)) {
        throw invalid(`${nameOf(at)}: ${leaderEpoch} is not a leader epoch`)
      }
    }
    if (new Set(assignments.map(nameOf)).size < assignments.length)
      throw invalid('a partition is named twice')
    if (assignments.length === 0) return
    const metadata = await this.#queries.metadata(
      [...new Set(assignments.map(({ topic }) => topic))],
      options,
    )
    const topics = new Map(metadata.topics.map((topic) => [topic.topic, topic]))
    for (const { topic, topicId, partition } of assignments) {
      const found = topics.get(topic)!
      if (topicId !== undefined && topicId !== found.topicId) {
        throw brokerError(100, {
          message: `topic ${topic} was deleted and recreated`,
          topic,
          canRetry: false,
        })
      }
      if (!found.partitions.some((it) => it.partition === partition)) {
        throw brokerError(3, {
          message: `${topic} has no partition ${partition}`,
          topic,
          partition,
          canRetry: false,
        })
      }
    }
    const named = assignments.filter(({ offset }) => typeof offset === 'string')
    const ends = new Map(
      (
        await this.listOffsets(
          named.map(({ topic, partition, offset }) => ({ topic, partition, at: offset })),
          options,
        )
      ).map((answer) => [nameOf(answer), answer.offset]),
    )
    this.unassign(assignments)
    const states = assignments.map(({ topic, partition, offset, leaderEpoch }) => {
      const from = typeof offset === 'number' ? offset : ends.get(nameOf({ topic, partition }))!
      const state = new PartitionState(topics.get(topic)!, partition, from, leaderEpoch ?? -1)
      this.#states.set(nameOf(state), state)
      return state
    })
    this.#placement.add(states, metadata)
  }

  /** Stops reading these partitions. Records that were fetched but not returned are dropped. */
  unassign(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const state = this.#states.get(nameOf(at))
      if (!state) continue
      this.#states.delete(nameOf(at))
      this.#placement.remove(state)
    }
  }

  /** The progress of each assigned partition. */
  fetchProgress(): readonly PartitionProgress[] {
    return [...this.#states.values()].map((state) => ({
      topic: state.topic,
      topicId: state.topicId,
      partition: state.partition,
      offset: state.nextOffset,
      leaderEpoch: state.nextOffsetEpoch,
      highWatermark: state.highWatermark,
      lastStableOffset: state.lastStableOffset,
      logStartOffset: state.logStartOffset,
      source: state.source,
    }))
  }

  /**
   * The next records of any partition; waits for them. Without further calls each broker gets at most one request, so
   * the caller sets the pace. Leaders that fail or move are searched for without limit (see `onRetry`).
   * @throws KafkaReaderError with topic and partition: this partition is unassigned, the others go on with the next
   * call.
   * Without: nobody can be asked, and trying again alone will not help; the next call tries again.
   * The signal's reason when it is aborted; nothing is lost then.
   */
  async fetch({ signal }: CallOptions = {}): Promise<Records> {
    if (this.#fetching) throw invalid('fetch() was called during another call')
    this.#fetching = true
    try {
      for (;;) {
        if (this.#cluster.closed.aborted) throw closedError()
        signal?.throwIfAborted()
        const error = this.#errors.shift()
        if (error) throw error
        const records = this.#answer?.next()
        if (records) return records
        this.#answer = undefined
        const leader = this.#ready.shift()
        if (leader) this.#take(leader)
        else if (this.#errors.length === 0) await this.#somethingNew(signal)
      }
    } finally {
      this.#fetching = false
    }
  }

  /** Calls fetch() repeatedly, until the reader is closed. */
  async *records(options: CallOptions = {}): AsyncGenerator<Records, void, void> {
    try {
      for (;;) yield await this.fetch(options)
    } catch (error) {
      if (error instanceof KafkaReaderError && error.code === 'CLOSED') return
      throw error
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Records, void, void> {
    return this.records()
  }

  /** Closes all connections at once; calls that wait end with CLOSED. Returned records stay valid. */
  async close(): Promise<void> {
    this.#cluster.close()
    this.#placement.close()
    this.#states.clear()
    this.#ready.length = 0
    this.#answer = undefined
    this.#wake()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(leader: Leader): void {
    const response = leader.takeAnswer()
    if (!response) return
    if (response.error !== 0) {
      leader.connection?.release(response.buffer)
      const error = brokerError(response.error, {
        message: `Fetch, by broker ${leader.nodeId}`,
        broker: leader.connection?.address,
      })
      leader.session.reset()
      if (sessionErrors.has(error.code)) {
        this.#settings.onRetry(error)
        setTimeout(() => leader.fetch(), this.#settings.retryBackoffMs[0]).unref()
      } else if (error.canRetry) {
        for (const state of [...leader.partitions]) this.#placement.retry(state, error)
      } else this.#errors.push(error)
      return
    }
    leader.session.answered(response.sessionId)
    this.#answer = new Answer(leader, response, this.#settings, this.#slabs, {
      onRetry: (state, error) => this.#placement.retry(state, error),
      onError: (state, error) => this.#end(state, error),
      onReplica: (state, nodeId) => this.#placement.readFrom(state, nodeId),
    })
    // The broker prepares the next answer while this one is decoded.
    leader.fetch()
  }

  #end(state: PartitionState, error: KafkaReaderError): void {
    if (state.ended) return
    if (this.#states.get(nameOf(state)) === state) this.#states.delete(nameOf(state))
    this.#placement.remove(state)
    this.#errors.push(error)
    this.#wake()
  }

  #somethingNew(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = () => reject(signal!.reason)
      this.#wake = () => {
        this.#wake = () => {}
        signal?.removeEventListener('abort', aborted)
        resolve()
      }
      signal?.addEventListener('abort', aborted, { once: true })
      this.#placement.drive()
    })
  }
}

function invalid(message: string): KafkaReaderError {
  return new KafkaReaderError({ code: 'INVALID_ARGUMENT', message })
}
