// The queries of the group's client besides records: offsets, commits, and the topic itself.
import RdKafka from '@confluentinc/kafka-javascript'
import { describeTopic, type TopicFacts } from '@ticklake/kafka/topic-facts.ts'
import type { NativeCalls } from './native-calls.ts'

const { AdminClient } = RdKafka
type Client = InstanceType<typeof RdKafka.KafkaConsumer>

/** Leaving the group waits for the answer to the last query, and no longer. Failed queries are repeated. */
const QUERY_TIMEOUT_MS = 5_000
/** How long a caller waits for a commit; the client itself waits until the broker answers. */
const COMMIT_WITHIN_MS = 5_000

/**
 * Queries through a connected client. None reaches it once `calls` is closed.
 * @param onAnswer called when a broker has answered
 */
export function brokerQueries(client: Client, topic: string, calls: NativeCalls, onAnswer: () => void) {
  const admin = AdminClient.createFrom(client)
  const named = (partition: number) => ({ topic, partition })

  function ask<T>(
    call: (resolve: (answer: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    return calls.ask(() => new Promise<T>(call))
  }

  /** A watermark from the last fetch; cheap, undefined before the first fetch and after a failed one. */
  function fetched(partition: number, which: 'lowOffset' | 'highOffset'): number | undefined {
    try {
      const offsets = calls.now(() => client.getWatermarkOffsets(topic, partition))
      const offset = offsets?.[which] ?? -1
      return offset >= 0 ? offset : undefined
    } catch {
      return undefined
    }
  }

  return {
    fetched,

    /** The first offset that Kafka still has, and the high watermark. */
    watermarks(partition: number, timeoutMs = QUERY_TIMEOUT_MS): Promise<{ low: number; high: number }> {
      return ask((resolve, reject) => {
        client.queryWatermarkOffsets(topic, partition, timeoutMs, (error, offsets) => {
          if (error) reject(error)
          else resolve({ low: offsets.lowOffset, high: offsets.highOffset })
        })
      })
    },

    /** Commits an offset, for lag tools. */
    commit(partition: number, offset: number): Promise<void> {
      const raw = client as unknown as {
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
        client.committed([named(partition)], QUERY_TIMEOUT_MS, (error, offsets) => {
          if (error) return reject(error)
          const offset = (offsets[0] as { offset?: number } | undefined)?.offset
          resolve(offset !== undefined && offset >= 0 ? offset : undefined)
        })
      })
    },

    /** The first offset with a record that is not older than this; undefined: all are older. */
    offsetAt(partition: number, timestampMs: number): Promise<number | undefined> {
      return ask((resolve, reject) => {
        client.offsetsForTimes(
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

    /** The topic's id and partitions, or undefined when there is no such topic. */
    async describeTopic(): Promise<TopicFacts | undefined> {
      const facts = await calls.ask(() => describeTopic(admin, topic))
      onAnswer()
      return facts
    },
  }
}

function within<T>(promise: Promise<T>, ms: number, why: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(why)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
