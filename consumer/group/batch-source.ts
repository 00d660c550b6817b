// Records from the reader of record batches, without an object for each (CONSUMER_READER=batches). The Confluent client
// remains the group member: its partitions are assigned and paused, and polling it drives rebalances.

import { type KafkaConfig, readerSettings } from '@ticklake/kafka/config.ts'
import { KafkaReader, KafkaReaderError, type Records } from '@ticklake/kafka-reader'
import type { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { Message, MessageSpans } from '../batching/pending-batches.ts'
import type { GroupClient } from './kafka.ts'
import { offsetOutOfRange, readFailed } from './kafka-errors.ts'
import { type Batch, emptyBatch, type RecordSource } from './record-source.ts'

/** A poll waits this long for records; assignments change between two polls. */
const POLL_WAIT_MS = 200
/** The pause before a partition or broker with a temporary error is retried. */
const RETRY_AFTER_MS = 1_000

export interface BatchSourceOptions {
  readonly config: KafkaConfig
  /** 32 hex digits, so that records of another topic with the same name are never read. */
  readonly topicId: string
  readonly client: Pick<GroupClient, 'assign' | 'unassign' | 'consume'>
  /** Called for each error that is retried. */
  readonly onRetry: (why: string) => void
  /** Called when a broker has answered. */
  readonly onAnswer: () => void
}

interface WantedPartition {
  /** What to read next. */
  offset: number
  isRead: boolean
  highWatermark?: number
}

export function batchSource({
  config,
  topicId,
  client,
  onRetry,
  onAnswer,
}: BatchSourceOptions): RecordSource {
  const reader = new KafkaReader({
    ...readerSettings(config, 'ticklake-consumer'),
    onRetry: (error) => onRetry(error.message),
  })
  const topic = config.KAFKA_TOPIC
  /** The partitions to read, and from where. The reader is updated to match, one change at a time. */
  const wanted = new Map<number, WantedPartition>()
  const closing = new AbortController()
  let inLine = Promise.resolve()
  let failure: Failure | undefined

  const fail = (error: Failure) => {
    failure ??= error
  }

  async function startReading(): Promise<void> {
    const starts = [...wanted].filter(([, { isRead }]) => !isRead)
    if (starts.length === 0 || closing.signal.aborted) return
    try {
      await reader.assign(
        starts.map(([partition, { offset }]) => ({ topic, topicId, partition, offset })),
        { signal: closing.signal },
      )
    } catch (error) {
      if (closing.signal.aborted) return
      const lasting = lastingFailure(error)
      if (lasting) return fail(lasting)
      onRetry(String(error))
      await sleep(RETRY_AFTER_MS, closing.signal)
      return startReading()
    }
    for (const [partition, start] of starts) {
      // Revoked or reassigned while the brokers were asked.
      if (wanted.get(partition) === start) start.isRead = true
      else reader.unassign([{ topic, partition }])
    }
  }

  /**
   * An error of one partition stops only that partition; after a temporary error it is read again from the same offset.
   */
  function readAgain(error: KafkaReaderError): boolean {
    const { partition } = error
    if (partition === undefined) return false
    const start = wanted.get(partition)
    if (!start) return true
    start.isRead = false
    inLine = inLine.then(() => sleep(RETRY_AFTER_MS, closing.signal)).then(startReading)
    return true
  }

  async function fetchOnce(): Promise<Records | undefined> {
    const waiting = new AbortController()
    const timer = setTimeout(() => waiting.abort(), POLL_WAIT_MS)
    try {
      return await reader.fetch({ signal: waiting.signal })
    } catch (error) {
      if (waiting.signal.aborted || closing.signal.aborted) return undefined
      const lasting = lastingFailure(error)
      if (lasting) throw lasting
      onRetry(String(error))
      if (!readAgain(error as KafkaReaderError)) await sleep(RETRY_AFTER_MS, closing.signal)
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    assign(starts) {
      client.assign(starts)
      for (const { partition, offset } of starts) wanted.set(partition, { offset, isRead: false })
      inLine = inLine.then(startReading)
    },

    unassign(partitions) {
      for (const partition of partitions) wanted.delete(partition)
      reader.unassign(partitions.map((partition) => ({ topic, partition })))
      client.unassign(partitions)
    },

    async poll() {
      if (failure) throw failure
      const records = await fetchOnce()
      if (!records) return emptyBatch
      onAnswer()
      const start = wanted.get(records.partition)
      if (start) {
        start.offset = records.nextOffset
        start.highWatermark = records.highWatermark
      }
      return batchOf(records)
    },

    highWatermark: (partition) => wanted.get(partition)?.highWatermark,

    /** Polls the client: it returns no records, but handles rebalances and reports fatal errors. */
    watch(onFailed) {
      let isWatching = true
      const pollClient = async () => {
        while (isWatching) await client.consume()
      }
      pollClient().catch((error) => {
        if (isWatching) onFailed(error)
      })
      return () => {
        isWatching = false
      }
    },

    async close() {
      closing.abort()
      await reader.close()
    },
  }
}

function batchOf(records: Records): Batch {
  const { partition, count, nextOffset } = records
  return {
    count,
    deliver: (sinkOf) => {
      const sink = sinkOf(partition)
      if (sink) {
        if (count > 0) sink.pushAll(spansOf(records))
        sink.reachedEnd(nextOffset)
      }
      records.release()
    },
  }
}

function spansOf(records: Records): MessageSpans {
  const message = new RecordMessage(records)
  return { ...records, message: (at) => message.moveTo(at) }
}

/** One message object for all records of a batch, moved from one to the next. Keys and headers are read on demand. */
class RecordMessage implements Message {
  readonly partition: number
  readonly leaderEpoch: number
  readonly #records: Records
  #at = 0

  constructor(records: Records) {
    this.#records = records
    this.partition = records.partition
    this.leaderEpoch = records.leaderEpoch
  }

  moveTo(at: number): this {
    this.#at = at
    return this
  }

  get offset(): number {
    return this.#records.offsets[this.#at]!
  }

  get timestamp(): number | undefined {
    const timestamp = this.#records.timestamps[this.#at]!
    return timestamp < 0 ? undefined : timestamp
  }

  get value(): Uint8Array | null {
    const { bytes, valueStarts, valueEnds } = this.#records
    return valueStarts[this.#at]! < 0 ? null : bytes.subarray(valueStarts[this.#at]!, valueEnds[this.#at]!)
  }

  get key(): Uint8Array | null {
    const { bytes, keyStarts, keyEnds } = this.#records
    return keyStarts[this.#at]! < 0 ? null : bytes.subarray(keyStarts[this.#at]!, keyEnds[this.#at]!)
  }

  get headers(): Record<string, Uint8Array>[] {
    return this.#records.headers(this.#at).map(([name, value]) => ({ [name]: value as Uint8Array }))
  }
}

/** An error that no retry can fix; undefined for a temporary one. */
function lastingFailure(error: unknown): Failure | undefined {
  if (!(error instanceof KafkaReaderError)) throw error
  switch (error.code) {
    case 'OFFSET_OUT_OF_RANGE':
    case 'LOG_TRUNCATED':
      return offsetOutOfRange(error.message)
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'CORRUPT_BATCH':
    case 'BATCH_TOO_LARGE':
    case 'UNSUPPORTED_BATCH':
    case 'UNSUPPORTED_BROKER':
    case 'RESPONSE_TOO_LARGE':
      return readFailed(error.message)
    default:
      return undefined
  }
}
