// Queries besides Fetch: topics, and where their offsets and leader epochs begin and end; retried until answered.
import { nameOf } from './answer.ts'
import { type Cluster, closedError } from './cluster.ts'
import type { Connection } from './connection.ts'
import { brokerError, KafkaReaderError } from './errors.ts'
import type { Settings } from './options.ts'
import type { TopicPartition } from './partition-state.ts'
import type { Call } from './protocol/call.ts'
import { type EpochAnswer, leaderEpochsApi, leaderEpochsCall } from './protocol/leader-epochs.ts'
import {
  earliest,
  latest,
  listOffsetsApi,
  listOffsetsCall,
  type OffsetAnswer,
} from './protocol/list-offsets.ts'
import type { Metadata } from './protocol/metadata.ts'

export interface OffsetQuery extends TopicPartition {
  /**
   * `latest` is the last stable offset for `read_committed`, otherwise the high watermark; a number is a time in
   * milliseconds.
   */
  readonly at: 'earliest' | 'latest' | number
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface QueryOptions extends CallOptions {
  /** How long unreachable brokers are retried. 30,000 */
  readonly timeoutMs?: number | undefined
}

export interface EpochQuery extends TopicPartition {
  readonly leaderEpoch: number
}

/** How many times in a row a topic may be unknown, some seconds: a slow broker may not know it yet. */
const UNKNOWN_TIMES = 8

export class Queries {
  readonly #settings: Settings
  readonly #cluster: Cluster

  constructor(cluster: Cluster, settings: Settings) {
    this.#cluster = cluster
    this.#settings = settings
  }

  async listOffsets(
    queries: readonly OffsetQuery[],
    options: QueryOptions,
  ): Promise<readonly (TopicPartition & { offset: number; timestamp: number; leaderEpoch: number })[]> {
    const readCommitted = this.#settings.isolation === 'read_committed'
    const timestamp = (at: OffsetQuery['at']) =>
      at === 'earliest' ? earliest : at === 'latest' ? latest : at
    return this.#askLeaders<OffsetQuery, OffsetAnswer>(queries, options, (connection, asked) =>
      listOffsetsCall(
        connection.version(listOffsetsApi),
        readCommitted,
        asked.map(({ query, currentLeaderEpoch }) => ({
          ...query,
          currentLeaderEpoch,
          timestamp: timestamp(query.at),
        })),
      ),
    )
  }

  async epochEnds(
    queries: readonly EpochQuery[],
    options: QueryOptions,
  ): Promise<readonly (TopicPartition & { leaderEpoch: number; endOffset: number })[]> {
    return this.#askLeaders<EpochQuery, EpochAnswer>(queries, options, (connection, asked) =>
      leaderEpochsCall(
        connection.version(leaderEpochsApi),
        asked.map(({ query, currentLeaderEpoch }) => ({ ...query, currentLeaderEpoch })),
      ),
    )
  }

  /** Any broker's metadata of these topics; an unknown topic is asked for again. */
  async metadata(topics: readonly string[], options: QueryOptions): Promise<Metadata> {
    let unknown = 0
    return this.#attempt(options, async () => {
      const metadata = await this.#cluster.metadata(topics)
      for (const { error, topic } of metadata.topics) {
        if (error === 0) continue
        unknown++
        throw brokerError(error, {
          message: `topic ${topic}`,
          topic,
          ...(unknown >= UNKNOWN_TIMES && { canRetry: false }),
        })
      }
      return metadata
    })
  }

  /**
   * Asks the leader of each partition; a request names a partition once, so a second query for it goes into another
   * round.
   */
  async #askLeaders<Q extends TopicPartition, A extends TopicPartition & { error: number }>(
    queries: readonly Q[],
    options: QueryOptions,
    call: LeaderCall<Q, A>,
  ): Promise<Omit<A, 'error'>[]> {
    const sent = new Map<string, number>()
    const rounds = Map.groupBy(queries, (query) => {
      const round = sent.get(nameOf(query)) ?? 0
      sent.set(nameOf(query), round + 1)
      return round
    })
    const answers = new Map<Q, Omit<A, 'error'>>()
    for (const round of rounds.values()) {
      const answered = await this.#askOnce(round, options, call)
      for (const [at, query] of round.entries()) {
        const { error: _, ...answer } = answered[at]!
        answers.set(query, answer)
      }
    }
    return queries.map((query) => answers.get(query)!)
  }

  /** Queries for partitions that have moved are repeated at the new leader. */
  async #askOnce<Q extends TopicPartition, A extends TopicPartition & { error: number }>(
    queries: readonly Q[],
    options: QueryOptions,
    call: LeaderCall<Q, A>,
  ): Promise<A[]> {
    const answers = new Map<string, A>()
    const ask = async (): Promise<void> => {
      const left = queries.filter((query) => !answers.has(nameOf(query)))
      const metadata = await this.metadata([...new Set(left.map(({ topic }) => topic))], options)
      const asked = left.map((query) => {
        const found = metadata.topics
          .find(({ topic }) => topic === query.topic)
          ?.partitions.find(({ partition }) => partition === query.partition)
        if (found) return { query, leader: found.leader, currentLeaderEpoch: found.leaderEpoch }
        throw brokerError(3, { message: `${nameOf(query)} does not exist`, ...query, canRetry: false })
      })
      const failures: unknown[] = []
      const byLeader = Map.groupBy(asked, ({ leader }) => leader)
      await Promise.all(
        [...byLeader].map(async ([leader, ofLeader]) => {
          try {
            const connection = await this.#cluster.ask(leader)
            for (const answer of await connection.request(call(connection, ofLeader))) {
              if (answer.error === 0) answers.set(nameOf(answer), answer)
              else {
                const facts = { topic: answer.topic, partition: answer.partition, broker: connection.address }
                failures.push(brokerError(answer.error, { message: nameOf(answer), ...facts }))
              }
            }
          } catch (error) {
            failures.push(error)
          }
        }),
      )
      if (failures.length > 0) throw failures[0]
    }
    await this.#attempt(options, ask)
    return queries.map((query) => answers.get(nameOf(query))!)
  }

  /** Retries what can be retried, until the timeout. */
  async #attempt<T>({ signal, timeoutMs = 30_000 }: QueryOptions, attempt: () => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs)
    const ends = AbortSignal.any([deadline, this.#cluster.closed, ...(signal ? [signal] : [])])
    let failure: unknown
    const stop = Promise.withResolvers<never>()
    const ended = () => {
      if (this.#cluster.closed.aborted) stop.reject(closedError())
      else if (signal?.aborted) stop.reject(signal.reason)
      else
        stop.reject(
          failure ?? new KafkaReaderError({ code: 'TIMED_OUT', message: `no answer within ${timeoutMs} ms` }),
        )
    }
    stop.promise.catch(() => {})
    if (ends.aborted) ended()
    ends.addEventListener('abort', ended, { once: true })
    const [first, longest] = this.#settings.retryBackoffMs
    try {
      for (let pauseMs = first; ; pauseMs = Math.min(pauseMs * 2, longest)) {
        try {
          return await Promise.race([attempt(), stop.promise])
        } catch (error) {
          if (ends.aborted || !(error instanceof KafkaReaderError && error.canRetry)) throw error
          failure = error
          this.#settings.onRetry(error)
          await Promise.race([this.#cluster.pause(pauseMs), stop.promise])
        }
      }
    } finally {
      ends.removeEventListener('abort', ended)
    }
  }
}

type LeaderCall<Q, A> = (
  connection: Connection,
  asked: { query: Q; currentLeaderEpoch: number }[],
) => Call<A[]>
