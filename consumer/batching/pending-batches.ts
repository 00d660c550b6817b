// What a partition has handed over and no claim covers yet: ranges that are full, and the one that is being filled.
import type { Claim } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { judge, refuseTimestamp } from '@ticklake/contract/validation.ts'
import type { ConsumerEvents } from '../events.ts'
import { RecordBuffer, type RecordTaker, type RefusedRecord } from './record-buffer.ts'

/** A message as the Kafka client hands it over. */
export interface Message {
  readonly partition: number
  readonly offset: number
  readonly timestamp?: number
  readonly key?: Uint8Array | string | null
  readonly value: Uint8Array | null
  readonly headers?: Record<string, Uint8Array | string>[]
}

export interface GatheringOptions {
  /** How long a record may wait now, in ms. */
  readonly flushAfterMs: () => number
  readonly flushBytes: number
  readonly flushRows: number
  /** Whether messages with other names for the fields are accepted. */
  readonly aliases: boolean
  readonly events: Pick<ConsumerEvents, 'unknownFields' | 'recordRefused'>
  /** Called when a range is full, or `awaitedEnd` is reached. */
  readonly onReady: () => void
}

export class Gathering implements RecordTaker {
  readonly #options: GatheringOptions
  /** Oldest first. */
  #sealed: RecordBuffer[] = []
  #filling = new RecordBuffer(0)
  #ageTimer: NodeJS.Timeout | undefined
  /** The end of a range that somebody waits for. */
  awaitedEnd = Number.POSITIVE_INFINITY

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  /** Memory held, in bytes. */
  get heldBytes(): number {
    return this.#sealed.reduce((sum, buffer) => sum + buffer.heldBytes, this.#filling.heldBytes)
  }

  get records(): number {
    return [...this.#sealed, this.#filling].reduce((sum, { rows, refused }) => sum + rows + refused.length, 0)
  }

  get hasFullRange(): boolean {
    return this.#sealed.length > 0
  }

  /** Begins anew at an offset, with nothing. */
  beginAt(offset: number): void {
    this.#sealed = []
    this.#filling = new RecordBuffer(offset)
  }

  /** Takes a message: judged, then kept. Copies what it keeps. */
  push(message: Message): void {
    if (message.offset < this.#filling.cursor) return
    const { events } = this.#options
    const badTime = refuseTimestamp(message.timestamp)
    const verdict = badTime
      ? { accepted: false as const, ...badTime }
      : judge(message.value, CONTRACT_VERSION, this.#options.aliases)
    if (verdict.accepted) {
      if (verdict.unknownFields > 0) events.unknownFields(verdict.unknownFields)
      const original = verdict.unaliased && refusedRecord(message, verdict.unaliased)
      this.accept(message.offset, message.timestamp!, verdict.canonical, original)
    } else {
      events.recordRefused(verdict.reason, message.partition, message.offset, verdict.detail)
      this.refuse(refusedRecord(message, verdict))
    }
  }

  accept(offset: number, timestampMs: number, canonical: Uint8Array, original?: RefusedRecord): void {
    if (this.#filling.exceedsHours(timestampMs)) this.seal()
    if (this.#filling.isEmpty) this.#startAging()
    this.#filling.accept(offset, timestampMs, canonical, original)
    if (this.#filling.cursor >= this.awaitedEnd) this.#options.onReady()
    if (
      this.#filling.rows >= this.#options.flushRows ||
      this.#filling.gatheredBytes >= this.#options.flushBytes
    ) {
      this.seal()
    }
  }

  refuse(record: RefusedRecord): void {
    if (this.#filling.isEmpty) this.#startAging()
    this.#filling.refuse(record)
    if (this.#filling.cursor >= this.awaitedEnd) this.#options.onReady()
    if (this.#filling.gatheredBytes >= this.#options.flushBytes) this.seal()
  }

  /** Takes note that no record is left below `offset`: what was not handed over does not exist. */
  reachedEnd(offset: number): void {
    if (offset <= this.#filling.cursor) return
    if (this.#filling.isEmpty) this.#startAging()
    this.#filling.cursor = offset
    if (offset >= this.awaitedEnd) this.#options.onReady()
  }

  /** Ends the range that is being filled, so that it is claimed next. */
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

  /** The first full range; undefined while there is none. */
  takeFullRange(): RecordBuffer | undefined {
    return this.#sealed.shift()
  }

  /**
   * Cuts off the range of a claim that somebody else wrote down, as its contract judges it.
   * @param taken a range that was taken before and comes back
   * @returns undefined while its last record has not been handed over
   */
  takeRange(
    { S, E, contract, aliases }: Pick<Claim, 'S' | 'E' | 'contract' | 'aliases'>,
    taken?: RecordBuffer,
  ): RecordBuffer | undefined {
    if (this.#filling.cursor < E) return undefined
    const range = new RecordBuffer(S)
    const isJudgedAlike = contract === CONTRACT_VERSION && (aliases === true) === this.#options.aliases
    this.#cut(E, isJudgedAlike ? range : this.#judgedBy(contract, aliases === true, range), taken)
    range.cursor = E
    return range
  }

  /**
   * Validates records once more, by the contract and the aliases of the claim's writer: it is finished as its writer
   * would have finished it. Contracts only add columns, so the canonical bytes have all that an earlier one reads; of a
   * record that was accepted by its aliases there is the original.
   */
  #judgedBy(contract: number, aliases: boolean, range: RecordBuffer): RecordTaker {
    const { events } = this.#options
    return {
      accept(offset, timestampMs, canonical, original) {
        const verdict = judge(original?.value ?? canonical, contract, aliases)
        if (!verdict.accepted && original) {
          return range.refuse({ ...original, reason: verdict.reason, detail: verdict.detail })
        }
        if (!verdict.accepted) throw new Error(`contract ${contract} refuses ${offset}: ${verdict.detail}`)
        if (verdict.unknownFields > 0) events.unknownFields(verdict.unknownFields)
        range.accept(offset, timestampMs, verdict.canonical)
      },
      refuse(record) {
        const verdict = refuseTimestamp(record.timestampMs)
          ? undefined
          : judge(record.value, contract, aliases)
        if (!verdict?.accepted) return range.refuse(record)
        events.unknownFields(verdict.unknownFields)
        range.accept(record.offset, record.timestampMs!, verdict.canonical)
      },
    }
  }

  /** Drops what lies before `end`, and goes on from there. @param taken a range that was taken before and comes back */
  leaveOut(end: number, taken?: RecordBuffer): void {
    this.#cut(end, undefined, taken)
  }

  /** Fills anew from `end` on; what lies before it goes to `head`, or nowhere. */
  #cut(end: number, head: RecordTaker | undefined, taken: RecordBuffer | undefined): void {
    const gathered = [...(taken ? [taken] : []), ...this.#sealed, this.#filling]
    const { cursor } = this.#filling
    this.beginAt(end)
    const cut: RecordTaker = {
      accept: (offset, timestampMs, bytes, original) =>
        (offset < end ? head : this)?.accept(offset, timestampMs, bytes, original),
      refuse: (record) => (record.offset < end ? head : this)?.refuse(record),
    }
    for (const buffer of gathered) buffer.replay(cut)
    this.#filling.cursor = Math.max(this.#filling.cursor, cursor)
    // Offsets without a record are claimed as well, also where none comes any more.
    if (!this.#filling.isEmpty && this.#ageTimer === undefined) this.#startAging()
  }

  #startAging(): void {
    clearTimeout(this.#ageTimer)
    this.#ageTimer = setTimeout(() => this.seal(), this.#options.flushAfterMs())
  }
}

function refusedRecord(
  message: Message,
  verdict: { reason: RefusedRecord['reason']; detail: string },
): RefusedRecord {
  return {
    offset: message.offset,
    timestampMs: message.timestamp,
    reason: verdict.reason,
    detail: verdict.detail,
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
