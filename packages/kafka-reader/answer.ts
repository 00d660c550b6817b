// One answer to Fetch: first scanned, so that the next can be requested, then decoded run by run as the caller takes
// them.
import { brokerError, brokerErrorCode, type Divergence, KafkaReaderError } from './errors.ts'
import type { Leader } from './leader.ts'
import type { Settings } from './options.ts'
import type { PartitionState } from './partition-state.ts'
import type { FetchedPartition, FetchResponse } from './protocol/fetch.ts'
import { batchHead } from './records/batch-head.ts'
import { Damage } from './records/damage.ts'
import { PartitionDecoder, type Run } from './records/partition-decoder.ts'
import { headersAt } from './records/record-spans.ts'
import type { Records } from './records/records.ts'
import type { Slab, SlabPool } from './records/slab.ts'

interface Part {
  readonly state: PartitionState
  readonly fetched: FetchedPartition
  readonly fromOffset: number
}

/** What an answer means for its partitions, besides records. */
export interface AnswerEvents {
  /** Retry, elsewhere or later. */
  readonly onRetry: (state: PartitionState, error: KafkaReaderError) => void
  /** The partition ends for the caller. */
  readonly onError: (state: PartitionState, error: KafkaReaderError) => void
  /** Ask another replica. */
  readonly onReplica: (state: PartitionState, nodeId: number) => void
}

export class Answer {
  readonly #parts: Part[] = []
  readonly #settings: Settings
  readonly #slabs: SlabPool
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #leader: Leader
  readonly #broker: string | undefined
  readonly #giveBack: () => void
  readonly #events: AnswerEvents
  #at = 0
  #decoder: PartitionDecoder | undefined

  /** Scans the answer: each partition continues after its records, and errors are reported. */
  constructor(
    leader: Leader,
    { buffer, partitions }: FetchResponse,
    settings: Settings,
    slabs: SlabPool,
    events: AnswerEvents,
  ) {
    const { connection } = leader
    this.#settings = settings
    this.#slabs = slabs
    this.#bytes = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    this.#leader = leader
    this.#events = events
    this.#broker = connection?.address
    this.#giveBack = () => connection?.release(buffer)
    const served = new Set<PartitionState>()
    for (const fetched of partitions) {
      const sent = leader.session.sent(fetched.topicKey, fetched.partition)
      if (!sent) continue
      const { state, offset } = sent
      if (state.ended || state.source !== leader.nodeId || state.fetchOffset !== offset) continue
      if (this.#isRefused(state, fetched)) continue
      state.failures = 0
      if (fetched.preferredReplica >= 0 && fetched.preferredReplica !== leader.nodeId) {
        events.onReplica(state, fetched.preferredReplica)
        continue
      }
      this.#parts.push({ state, fetched, fromOffset: state.fetchOffset })
      if (this.#goOnBehind(state, fetched)) served.add(state)
    }
    leader.moveBack(served)
  }

  /** The next records, or undefined if the answer has no more. A damaged batch ends only its own partition. */
  next(): Records | undefined {
    for (; this.#at < this.#parts.length; this.#at++) {
      const part = this.#parts[this.#at]!
      const records = part.state.ended ? undefined : this.#nextOf(part)
      if (records) return records
      this.#decoder = undefined
    }
    this.#giveBack()
    return undefined
  }

  #nextOf({ state, fetched, fromOffset }: Part): Records | undefined {
    this.#decoder ??= new PartitionDecoder(
      {
        bytes: this.#bytes,
        view: this.#view,
        start: fetched.recordsStart,
        end: fetched.recordsEnd,
        fromOffset,
        aborted: this.#settings.isolation === 'read_committed' ? fetched.aborted : undefined,
        maxBatchBytes: this.#settings.maxBatchBytes,
      },
      this.#slabs,
    )
    try {
      const run = this.#decoder.next()
      if (run) {
        state.nextOffset = run.nextOffset
        state.nextOffsetEpoch = run.leaderEpoch
        return this.#handOver(state, fetched, run)
      }
      return this.#news(state, fetched)
    } catch (error) {
      if (!(error instanceof Damage)) throw error
      const offset = this.#decoder.nextOffset
      const facts = { topic: state.topic, partition: state.partition, offset, broker: this.#broker }
      const message = `${nameOf(state)}: the batch at offset ${offset} cannot be read: ${error.message}`
      this.#events.onError(
        state,
        new KafkaReaderError({ ...facts, code: error.code, message, cause: error.cause ?? error }),
      )
      return undefined
    }
  }

  /** An answer without records is also returned, if it says something new. */
  #news(state: PartitionState, fetched: FetchedPartition): Records | undefined {
    const same =
      state.isReported &&
      state.highWatermark === fetched.highWatermark &&
      state.lastStableOffset === fetched.lastStableOffset &&
      state.logStartOffset === fetched.logStartOffset
    if (same) return undefined
    const slab = this.#slabs.current
    slab.holders++
    const { nextOffset, nextOffsetEpoch: leaderEpoch } = state
    return this.#handOver(state, fetched, {
      slab,
      first: slab.count,
      count: 0,
      appendTime: false,
      leaderEpoch,
      nextOffset,
    })
  }

  #handOver(state: PartitionState, fetched: FetchedPartition, run: Run): Records {
    const { highWatermark, lastStableOffset, logStartOffset } = fetched
    state.isReported = true
    state.highWatermark = highWatermark
    state.lastStableOffset = lastStableOffset
    state.logStartOffset = logStartOffset
    const { slab, first, count } = run
    const end = first + count
    let held = true
    return {
      topic: state.topic,
      topicId: state.topicId,
      partition: state.partition,
      count,
      bytes: slab.bytes,
      keyStarts: slab.keyStarts.subarray(first, end),
      keyEnds: slab.keyEnds.subarray(first, end),
      valueStarts: slab.valueStarts.subarray(first, end),
      valueEnds: slab.valueEnds.subarray(first, end),
      headers: (i) => this.#headersOf(state, slab, first + i),
      offsets: slab.offsets.subarray(first, end),
      timestamps: slab.timestamps.subarray(first, end),
      timestampType: run.appendTime ? 'LogAppendTime' : 'CreateTime',
      leaderEpoch: run.leaderEpoch,
      nextOffset: run.nextOffset,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      release: () => {
        if (held) this.#slabs.release(slab)
        held = false
      },
    }
  }

  #headersOf(state: PartitionState, slab: Slab, at: number): [string, Buffer | null][] {
    try {
      return headersAt(slab.bytes, slab.headerStarts[at]!, slab.used)
    } catch (error) {
      if (!(error instanceof Damage)) throw error
      const offset = slab.offsets[at]!
      const message = `${nameOf(state)}: the headers at offset ${offset} cannot be read: ${error.message}`
      const { topic, partition } = state
      throw new KafkaReaderError({ code: error.code, message, topic, partition, offset, cause: error })
    }
  }

  #isRefused(state: PartitionState, fetched: FetchedPartition): boolean {
    const { error, diverging } = fetched
    const where = {
      broker: this.#broker,
      topic: state.topic,
      partition: state.partition,
      offset: state.fetchOffset,
    }
    if (diverging) {
      this.#events.onError(state, truncated(state, diverging, where))
      return true
    }
    if (error === 0) return false
    const failure = brokerError(error, {
      ...where,
      message: `${nameOf(state)} at offset ${state.fetchOffset}, by broker ${this.#leader.nodeId}`,
    })
    // A replica that lags behind its leader does not have every offset yet.
    const byReplica = state.replica === this.#leader.nodeId
    const retry = failure.canRetry || (byReplica && brokerErrorCode(error) === 'OFFSET_OUT_OF_RANGE')
    if (retry) this.#events.onRetry(state, failure)
    else this.#events.onError(state, failure)
    return true
  }

  /** Whether there are records; reads only the batches' headers. */
  #goOnBehind(state: PartitionState, { recordsStart, recordsEnd }: FetchedPartition): boolean {
    let at = recordsStart
    try {
      for (
        let head = batchHead(this.#view, at, recordsEnd);
        head;
        head = batchHead(this.#view, at, recordsEnd)
      ) {
        state.fetchOffset = Math.max(state.fetchOffset, head.baseOffset + head.lastOffsetDelta + 1)
        state.fetchedEpoch = head.leaderEpoch
        at = head.end
      }
    } catch (error) {
      // It is reported after the batches before it were returned.
      if (!(error instanceof Damage)) throw error
    }
    return at > recordsStart
  }
}

export function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}

/** The broker's log has different records than those that were read, or fewer. */
export function truncated(
  state: PartitionState,
  { epoch, endOffset }: { epoch: number; endOffset: number },
  where: { broker: string | undefined; topic: string; partition: number; offset: number },
): KafkaReaderError {
  const divergence: Divergence = {
    offset: state.fetchOffset,
    leaderEpoch: state.fetchedEpoch,
    brokerEpoch: epoch,
    brokerEndOffset: endOffset,
  }
  return new KafkaReaderError({
    ...where,
    code: 'LOG_TRUNCATED',
    message:
      `${nameOf(state)}: the log was truncated: read up to offset ${divergence.offset} of leader epoch ` +
      `${divergence.leaderEpoch}, but in the broker's log epoch ${epoch} ends at offset ${endOffset}`,
    divergence,
  })
}
