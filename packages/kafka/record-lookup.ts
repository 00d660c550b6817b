// Finds single records, to compare them with what landed.
import { KafkaReader, KafkaReaderError, type Records } from '@ticklake/kafka-reader'
import { Failure } from '@ticklake/runtime/errors.ts'
import { type KafkaConfig, readerSettings } from './config.ts'

export interface StoredRecord {
  readonly offset: number
  readonly leaderEpoch: number
  readonly timestampMs: number | undefined
  readonly value: Uint8Array | null
}

/**
 * `absent`: there is none, because Kafka has deleted or compacted it, or the offsets are markers'. `beyond-end`: the
 * partition ends before the last of the offsets.
 */
export type LookupResult = StoredRecord | 'absent' | 'beyond-end'

/** How long a partition may report that it ends there: a newly elected leader does so for a moment. */
const END_PATIENCE_MS = 5_000
const LOOKUP_TIMEOUT_MS = 30_000
/** An unchanged partition sends nothing: this often its end is checked. */
const CHECK_ENDS_EVERY_MS = 1_000
/** One batch comes whole, whatever its size; more is not needed. */
const MAX_PARTITION_BYTES = 16 * 1024

interface Lookup {
  readonly partition: number
  readonly offset: number
  readonly to: number
  /** When it began to be read, or something last came of it. */
  sinceMs: number
  readonly resolve: (result: LookupResult) => void
  readonly reject: (error: unknown) => void
}

/** Concurrent lookups share one connection to each broker, which is closed after the last one. */
export class RecordLookup implements Disposable {
  readonly #config: KafkaConfig
  readonly #topicId: string
  readonly #clientId: string
  /** One lookup of a partition at a time; the others wait. */
  readonly #current = new Map<number, Lookup>()
  readonly #waiting: Lookup[] = []
  #isRunning = false
  readonly #closing = new AbortController()

  constructor(config: KafkaConfig, topicId: string, clientId: string) {
    this.#config = config
    this.#topicId = topicId
    this.#clientId = clientId
  }

  /** The first record of [offset, to). @throws Failure KAFKA_UNREACHABLE, which may be temporary */
  find(partition: number, offset: number, to = offset + 1): Promise<LookupResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ partition, offset, to, sinceMs: 0, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  /**
   * Where the records of a leader epoch end in the current log: after a truncation, the first lost offset.
   * @throws Failure KAFKA_UNREACHABLE
   */
  async epochEnd(partition: number, leaderEpoch: number): Promise<number> {
    await using reader = new KafkaReader(readerSettings(this.#config, this.#clientId))
    try {
      const query = { topic: this.#config.KAFKA_TOPIC, partition, leaderEpoch }
      const [end] = await reader.epochEnds([query], { signal: this.#closing.signal })
      return end!.endOffset
    } catch (error) {
      throw failed(error)
    }
  }

  /** Answers no further lookups. */
  [Symbol.dispose](): void {
    this.#closing.abort()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    const reader = new KafkaReader({
      ...readerSettings(this.#config, this.#clientId),
      maxPartitionBytes: MAX_PARTITION_BYTES,
    })
    try {
      while (this.#waiting.length > 0 || this.#current.size > 0) {
        await this.#begin(reader)
        await this.#fetch(reader)
      }
    } catch (error) {
      for (const lookup of [...this.#current.values(), ...this.#waiting]) lookup.reject(failed(error))
      this.#current.clear()
      this.#waiting.length = 0
    } finally {
      this.#isRunning = false
      await reader.close()
    }
  }

  async #begin(reader: KafkaReader): Promise<void> {
    const starts: Lookup[] = []
    for (const lookup of this.#waiting.splice(0)) {
      if (this.#current.has(lookup.partition)) this.#waiting.push(lookup)
      else {
        lookup.sinceMs = performance.now()
        this.#current.set(lookup.partition, lookup)
        starts.push(lookup)
      }
    }
    const topic = this.#config.KAFKA_TOPIC
    await reader.assign(
      starts.map(({ partition, offset }) => ({ topic, topicId: this.#topicId, partition, offset })),
      { signal: this.#closing.signal },
    )
  }

  async #fetch(reader: KafkaReader): Promise<void> {
    const pause = AbortSignal.timeout(CHECK_ENDS_EVERY_MS)
    try {
      const records = await reader.fetch({ signal: AbortSignal.any([this.#closing.signal, pause]) })
      const lookup = this.#current.get(records.partition)
      const result = lookup && resultOf(records, lookup)
      records.release()
      if (lookup) lookup.sinceMs = performance.now()
      if (lookup && result) this.#answer(reader, lookup, result)
    } catch (error) {
      if (error === pause.reason) return this.#checkEnds(reader)
      const lookup = error instanceof KafkaReaderError && this.#current.get(error.partition ?? -1)
      if (!lookup || error.code !== 'OFFSET_OUT_OF_RANGE') throw error
      const at = { topic: this.#config.KAFKA_TOPIC, partition: lookup.partition }
      const [earliest] = await reader.listOffsets([{ ...at, at: 'earliest' }])
      const { offset } = earliest!
      if (offset <= lookup.offset) this.#answer(reader, lookup, 'beyond-end')
      else if (offset >= lookup.to) this.#answer(reader, lookup, 'absent')
      // Kafka has deleted the beginning of the range.
      else await reader.assign([{ ...at, topicId: this.#topicId, offset }], { signal: this.#closing.signal })
    }
  }

  /** @throws Error if a partition has not answered for LOOKUP_TIMEOUT_MS */
  async #checkEnds(reader: KafkaReader): Promise<void> {
    const topic = this.#config.KAFKA_TOPIC
    for (const lookup of [...this.#current.values()]) {
      const { partition, to, sinceMs } = lookup
      const ageMs = performance.now() - sinceMs
      if (ageMs <= END_PATIENCE_MS) continue
      // Asked now: an earlier fetch may be of a dead leader.
      const [end] = await reader.listOffsets([{ topic, partition, at: 'latest' }])
      if (end!.offset < to) this.#answer(reader, lookup, 'beyond-end')
      else if (ageMs > LOOKUP_TIMEOUT_MS)
        throw new Error(`nothing came of partition ${partition} for ${LOOKUP_TIMEOUT_MS / 1000} s`)
    }
  }

  #answer(reader: KafkaReader, lookup: Lookup, result: LookupResult): void {
    this.#current.delete(lookup.partition)
    reader.unassign([{ topic: this.#config.KAFKA_TOPIC, partition: lookup.partition }])
    lookup.resolve(result)
  }
}

/** undefined: unknown yet. */
function resultOf(records: Records, { to }: Lookup): LookupResult | undefined {
  const { count, offsets, bytes, timestamps, valueStarts, valueEnds, nextOffset, leaderEpoch } = records
  if (count > 0 && offsets[0]! < to) {
    const start = valueStarts[0]!
    return {
      offset: offsets[0]!,
      leaderEpoch,
      timestampMs: timestamps[0]! < 0 ? undefined : timestamps[0]!,
      value: start < 0 ? null : Uint8Array.from(bytes.subarray(start, valueEnds[0]!)),
    }
  }
  return nextOffset >= to ? 'absent' : undefined
}

function failed(error: unknown): Failure {
  return new Failure({
    code: 'KAFKA_UNREACHABLE',
    what: 'a landed record could not be compared with Kafka; nothing is claimed before it is',
    why: error instanceof Error ? error.message : String(error),
    remedy: 'it is retried; check that the topic’s brokers are up',
    retryable: true,
    cause: error,
  })
}
