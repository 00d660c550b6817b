// A partition's records that no claim covers yet: full batches, and the one being filled.

import { isCanonical } from '@ticklake/contract/canonical.ts'
import type { Claim } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import type { LastRecord } from '@ticklake/contract/last-record.ts'
import { isFiledTimestamp, rejectTimestamp, validate } from '@ticklake/contract/validation.ts'
import type { ConsumerEvents } from '../events.ts'
import { RecordBuffer, type RecordTaker, type RejectedRecord } from './record-buffer.ts'

/** A message as the Kafka client delivers it. */
export interface Message {
  readonly partition: number
  readonly offset: number
  readonly timestamp?: number | undefined
  readonly key?: Uint8Array | string | null
  readonly value: Uint8Array | null
  readonly headers?: Record<string, Uint8Array | string>[]
  /** The epoch of the leader that it was read from; -1 or undefined when unknown. */
  readonly leaderEpoch?: number | undefined
}

/** Messages of one partition as spans of one block of bytes, as the reader of record batches delivers them. */
export interface MessageSpans {
  readonly count: number
  readonly bytes: Uint8Array
  /** Of each message, where its value starts; -1 for null. */
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  readonly offsets: Float64Array
  /** In ms since 1970; -1 for none. */
  readonly timestamps: Float64Array
  readonly leaderEpoch: number
  /** Message i as an object; valid until the next call. */
  readonly message: (i: number) => Message
}

export interface PendingBatchesOptions {
  /** How long a record may wait now, in ms. */
  readonly flushAfterMs: () => number
  readonly flushBytes: number
  readonly flushRows: number
  /** Whether messages with other names for the fields are accepted. */
  readonly aliases: boolean
  readonly events: Pick<ConsumerEvents, 'unknownFields' | 'recordRejected'>
  /** Called when a batch is full, or `awaitedEnd` is reached. */
  readonly onReady: () => void
}

export class PendingBatches implements RecordTaker {
  readonly #options: PendingBatchesOptions
  /** Oldest first. */
  #sealed: RecordBuffer[] = []
  #filling = new RecordBuffer(0)
  #ageTimer: NodeJS.Timeout | undefined
  /** The first offset of each leader epoch that records were read with; new epochs are rare. */
  #leaderEpochs: { readonly from: number; readonly leaderEpoch: number }[] = []
  /** The end of an adopted claim whose records are awaited. */
  awaitedEnd = Number.POSITIVE_INFINITY

  constructor(options: PendingBatchesOptions) {
    this.#options = options
  }

  /** Memory held, in bytes. */
  get heldBytes(): number {
    return this.#sealed.reduce((sum, buffer) => sum + buffer.heldBytes, this.#filling.heldBytes)
  }

  /** The offset that is expected next. */
  get nextOffset(): number {
    return this.#filling.cursor
  }

  get records(): number {
    return [...this.#sealed, this.#filling].reduce(
      (sum, { rows, rejected }) => sum + rows + rejected.length,
      0,
    )
  }

  /** Identifies the last record in memory later; undefined while there is none. */
  get lastRecord(): LastRecord | undefined {
    for (const buffer of [this.#filling, ...this.#sealed.toReversed()]) {
      const last = buffer.lastRecord()
      if (last) return last
    }
    return undefined
  }

  get hasFullBatch(): boolean {
    return this.#sealed.length > 0
  }

  /** Drops everything, and expects records from this offset on. */
  startAt(offset: number): void {
    this.#sealed = []
    this.#filling = new RecordBuffer(offset)
  }

  /** Validates a message, and adds a copy of it as a row or as a rejected record. */
  push(message: Message): void {
    if (message.offset < this.#filling.cursor) return
    this.#noteLeaderEpoch(message.offset, message.leaderEpoch ?? -1)
    const { events } = this.#options
    const badTime = rejectTimestamp(message.timestamp)
    const result = badTime
      ? { accepted: false as const, ...badTime }
      : validate(message.value, CONTRACT_VERSION, this.#options.aliases)
    if (result.accepted) {
      if (result.unknownFields > 0) events.unknownFields(result.unknownFields)
      const original = result.unaliased && rejectedRecord(message, result.unaliased)
      this.accept(message.offset, message.timestamp!, result.canonical, original)
    } else {
      events.recordRejected(result.reason, message.partition, message.offset, result.detail)
      this.reject(rejectedRecord(message, result))
    }
  }

  /** The same for many: canonical records are copied as bytes, and only the others become objects. */
  pushAll({ count, bytes, valueStarts, valueEnds, offsets, timestamps, ...spans }: MessageSpans): void {
    for (let i = 0; i < count; i++) {
      const offset = offsets[i]!
      const timestampMs = timestamps[i]!
      const start = valueStarts[i]!
      const end = valueEnds[i]!
      if (start < 0 || !isFiledTimestamp(timestampMs) || !isCanonical(bytes, start, end)) {
        this.push(spans.message(i))
      } else if (offset >= this.#filling.cursor) {
        this.#noteLeaderEpoch(offset, spans.leaderEpoch)
        this.accept(offset, timestampMs, bytes.subarray(start, end))
      }
    }
  }

  accept(offset: number, timestampMs: number, canonical: Uint8Array, original?: RejectedRecord): void {
    if (this.#filling.exceedsHours(timestampMs)) this.seal()
    if (this.#filling.isEmpty) this.#startAging()
    this.#filling.accept(offset, timestampMs, canonical, original)
    if (this.#filling.cursor >= this.awaitedEnd) this.#options.onReady()
    if (
      this.#filling.rows >= this.#options.flushRows ||
      this.#filling.recordBytes >= this.#options.flushBytes
    ) {
      this.seal()
    }
  }

  reject(record: RejectedRecord): void {
    if (this.#filling.isEmpty) this.#startAging()
    this.#filling.reject(record)
    if (this.#filling.cursor >= this.awaitedEnd) this.#options.onReady()
    if (this.#filling.recordBytes >= this.#options.flushBytes) this.seal()
  }

  /** There are no further records below `offset`: those that were not delivered do not exist. */
  reachedEnd(offset: number): void {
    if (offset <= this.#filling.cursor) return
    if (this.#filling.isEmpty) this.#startAging()
    this.#filling.cursor = offset
    if (offset >= this.awaitedEnd) this.#options.onReady()
  }

  /** The epoch of the leader that the record at this offset was read from; undefined when unknown. */
  leaderEpochAt(offset: number): number | undefined {
    const epoch = this.#leaderEpochs.findLast(({ from }) => from <= offset)?.leaderEpoch ?? -1
    return epoch < 0 ? undefined : epoch
  }

  /** Closes the batch that is being filled, so that it is claimed next. */
  seal(): void {
    this.stopAging()
    if (this.#filling.isEmpty) return
    this.#sealed.push(this.#filling)
    this.#filling = new RecordBuffer(this.#filling.cursor)
    this.#options.onReady()
  }

  stopAging(): void {
    clearTimeout(this.#ageTimer)
    this.#ageTimer = undefined
  }

  /** The oldest full batch; undefined while there is none. */
  takeFullBatch(): RecordBuffer | undefined {
    return this.#sealed.shift()
  }

  /**
   * The records of a claim that another consumer wrote, validated by its contract.
   * @param taken a batch that was taken before, whose records are put back first
   * @returns undefined while the last record has not been delivered
   */
  takeBatch(
    { S, E, contract, aliases }: Pick<Claim, 'S' | 'E' | 'contract' | 'aliases'>,
    taken?: RecordBuffer,
  ): RecordBuffer | undefined {
    if (this.#filling.cursor < E) return undefined
    const batch = new RecordBuffer(S)
    const isSameRule = contract === CONTRACT_VERSION && (aliases === true) === this.#options.aliases
    this.#cut(E, isSameRule ? batch : this.#validatedBy(contract, aliases === true, batch), taken)
    batch.cursor = E
    return batch
  }

  /**
   * Validates records again, with the contract and the aliases of the claim's writer, so that the claim is finished as
   * its writer would have finished it. Contracts only add columns, so the canonical bytes hold all fields that an
   * earlier one knew; a record that was accepted only by its aliases is validated in its original form.
   */
  #validatedBy(contract: number, aliases: boolean, batch: RecordBuffer): RecordTaker {
    const { events } = this.#options
    return {
      accept(offset, timestampMs, canonical, original) {
        const result = validate(original?.value ?? canonical, contract, aliases)
        if (!result.accepted && original) {
          return batch.reject({ ...original, reason: result.reason, detail: result.detail })
        }
        if (!result.accepted) throw new Error(`contract ${contract} rejects ${offset}: ${result.detail}`)
        if (result.unknownFields > 0) events.unknownFields(result.unknownFields)
        batch.accept(offset, timestampMs, result.canonical)
      },
      reject(record) {
        const result = rejectTimestamp(record.timestampMs)
          ? undefined
          : validate(record.value, contract, aliases)
        if (!result?.accepted) return batch.reject(record)
        events.unknownFields(result.unknownFields)
        batch.accept(record.offset, record.timestampMs!, result.canonical)
      },
    }
  }

  /** Drops the records before `end`. @param taken a batch that was taken before, whose records are put back first */
  dropBefore(end: number, taken?: RecordBuffer): void {
    this.#cut(end, undefined, taken)
  }

  /** Starts again at `end` with the pending records; those before it go to `head`, if given. */
  #cut(end: number, head: RecordTaker | undefined, taken: RecordBuffer | undefined): void {
    const pending = [...(taken ? [taken] : []), ...this.#sealed, this.#filling]
    const { cursor } = this.#filling
    this.startAt(end)
    const cut: RecordTaker = {
      accept: (offset, timestampMs, bytes, original) =>
        (offset < end ? head : this)?.accept(offset, timestampMs, bytes, original),
      reject: (record) => (record.offset < end ? head : this)?.reject(record),
    }
    for (const buffer of pending) buffer.replay(cut)
    this.#filling.cursor = Math.max(this.#filling.cursor, cursor)
    // Gaps at the end are claimed too, even if no record follows them.
    if (!this.#filling.isEmpty && this.#ageTimer === undefined) this.#startAging()
  }

  #noteLeaderEpoch(offset: number, leaderEpoch: number): void {
    if (leaderEpoch !== (this.#leaderEpochs.at(-1)?.leaderEpoch ?? -1)) {
      this.#leaderEpochs.push({ from: offset, leaderEpoch })
    }
  }

  #startAging(): void {
    clearTimeout(this.#ageTimer)
    this.#ageTimer = setTimeout(() => this.seal(), this.#options.flushAfterMs())
  }
}

function rejectedRecord(
  message: Message,
  result: { reason: RejectedRecord['reason']; detail: string },
): RejectedRecord {
  return {
    offset: message.offset,
    timestampMs: message.timestamp,
    reason: result.reason,
    detail: result.detail,
    key: ownBytes(message.key),
    value: ownBytes(message.value),
    headers: (message.headers ?? []).flatMap((header) =>
      Object.entries(header).map(([name, value]) => [name, ownBytes(value)] as const),
    ),
  }
}

function ownBytes(bytes: Uint8Array | string | null | undefined): Uint8Array | null {
  if (bytes === null || bytes === undefined) return null
  return typeof bytes === 'string' ? Buffer.from(bytes) : Uint8Array.from(bytes)
}
