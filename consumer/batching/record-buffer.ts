// The records of one batch: the bytes of its rows in contiguous blocks, and its rejected records.
import { type HourPath, hourOf } from '@ticklake/contract/keys.ts'
import { type LastRecord, rejectedDigest, rowDigest } from '@ticklake/contract/last-record.ts'
import type { RejectReason } from '@ticklake/contract/validation.ts'
import { type FrozenRows, Slab, type SlabContent } from './slab.ts'

/** A rejected record, with all that is needed to fix and replay it. */
export interface RejectedRecord {
  readonly offset: number
  readonly timestampMs: number | undefined
  readonly reason: RejectReason
  readonly detail: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [string, Uint8Array | null])[]
}

/** Takes records one by one. */
export interface RecordTaker {
  /** @param original the record as received, if it was accepted only by its aliases */
  accept(offset: number, timestampMs: number, canonical: Uint8Array, original?: RejectedRecord): void
  reject(record: RejectedRecord): void
}

/** One claim spans at most this many hours, so that a claim stays small and its uploads bounded. */
export const MAX_HOURS = 64

const HOUR_MS = 3_600_000
/** The records from `start` on. A flush takes the whole buffer; the next batch gets a new one. */
export class RecordBuffer implements RecordTaker {
  readonly start: number
  /** The next expected offset; a record beyond it means that those between do not exist. */
  cursor: number
  readonly rejected: RejectedRecord[] = []
  #rejectedBytes = 0
  /** Records that were accepted only by their aliases, by offset, until the rows are handed over. */
  #originals: Map<number, RejectedRecord> | undefined
  #originalBytes = 0
  #count = 0
  #lastTimestampMs = 0
  #slabs: Slab[] = []
  /** Bytes in full slabs. */
  #fullBytes = 0
  #heldBytes = 0
  /** Rows by hour since 1970, in order of first appearance. */
  readonly #rowsByHour = new Map<number, number>()
  #lastHour = Number.NaN
  #rowsOfLastHour = 0

  constructor(start: number) {
    this.start = start
    this.cursor = start
  }

  get rows(): number {
    return this.#count
  }

  /** The size of the records, in bytes. */
  get recordBytes(): number {
    return this.#fullBytes + (this.#slabs.at(-1)?.usedBytes ?? 0) + this.#rejectedBytes + this.#originalBytes
  }

  /** Memory held now, in bytes: whole blocks, or the files that they were encoded to. */
  get heldBytes(): number {
    return this.#heldBytes + this.#rejectedBytes + this.#originalBytes
  }

  /** The broker's time of the last accepted record, in ms since 1970. */
  get lastTimestampMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#lastTimestampMs
  }

  /** Whether it covers no offset, not even a gap. */
  get isEmpty(): boolean {
    return this.cursor === this.start
  }

  /** Whether a record of this timestamp would need more hours than a claim may span. */
  exceedsHours(timestampMs: number): boolean {
    const hour = Math.floor(timestampMs / HOUR_MS)
    if (hour === this.#lastHour || this.#rowsByHour.size + 1 < MAX_HOURS) return false
    this.#addLastHour()
    return !this.#rowsByHour.has(hour) && this.#rowsByHour.size >= MAX_HOURS
  }

  /** Adds a row. `canonical` is copied. */
  accept(offset: number, timestampMs: number, canonical: Uint8Array, original?: RejectedRecord): void {
    if (original !== undefined) {
      this.#originals ??= new Map()
      this.#originals.set(offset, original)
      this.#originalBytes += bytesHeldBy(original)
    }
    let slab = this.#slabs.at(-1)
    if (!slab?.fits(canonical.length)) slab = this.#addSlab(canonical.length)
    slab.add(offset, timestampMs, canonical)
    this.#count++
    this.cursor = offset + 1
    this.#lastTimestampMs = timestampMs
    const hour = Math.floor(timestampMs / HOUR_MS)
    if (hour !== this.#lastHour) {
      this.#addLastHour()
      this.#lastHour = hour
    }
    this.#rowsOfLastHour++
  }

  /** Adds a rejected record. */
  reject(record: RejectedRecord): void {
    this.rejected.push(record)
    this.#rejectedBytes += bytesHeldBy(record)
    this.cursor = record.offset + 1
  }

  /** Identifies its last record later; undefined if it has none. Call it before the blocks are handed over. */
  lastRecord(): LastRecord | undefined {
    const rows = this.#slabs.at(-1)?.rows()
    const rejected = this.rejected.at(-1)
    const at = (rows?.count ?? 0) - 1
    const rowOffset = rows?.offsets[at] ?? -1
    if (rejected !== undefined && rejected.offset > rowOffset) {
      return { offset: rejected.offset, sha256: rejectedDigest(rejected.timestampMs, rejected.value) }
    }
    if (rows === undefined || at < 0) return undefined
    const start = at === 0 ? 0 : rows.ends[at - 1]!
    const row = rows.bytes.subarray(start, rows.ends[at]!)
    return { offset: rowOffset, sha256: rowDigest(rows.timestampsMs[at]!, row) }
  }

  /** The number of rows of each UTC hour, hours in order. */
  rowsByHour(): { path: HourPath; rows: number }[] {
    this.#addLastHour()
    return [...this.#rowsByHour]
      .sort(([a], [b]) => a - b)
      .map(([hour, rows]) => ({ path: hourOf(hour * HOUR_MS), rows }))
  }

  /** The accepted rows, block by block. The buffer must not be written to any more. */
  rowBlocks(): FrozenRows[] {
    return this.#slabs.map((slab) => slab.rows())
  }

  /** Hands the blocks over to be encoded: from then on the buffer holds no rows. */
  takeSlabs(): SlabContent[] {
    const slabs = this.#slabs.map(({ memory, count }) => ({ memory, count }))
    this.#slabs = []
    this.#originals = undefined
    this.#originalBytes = 0
    return slabs
  }

  /** Sets how much memory is held in place of the rows that were handed over. */
  holdInstead(bytes: number): void {
    this.#heldBytes = bytes
  }

  /** Passes every record on, in order of offset, so that they can be batched again. The bytes are views. */
  replay(taker: RecordTaker): void {
    let nextRejected = 0
    const rejectUpTo = (offset: number) => {
      while (nextRejected < this.rejected.length && this.rejected[nextRejected]!.offset < offset) {
        taker.reject(this.rejected[nextRejected++]!)
      }
    }
    for (const { count, bytes, ends, offsets, timestampsMs } of this.rowBlocks()) {
      for (let row = 0; row < count; row++) {
        rejectUpTo(offsets[row]!)
        const start = row === 0 ? 0 : ends[row - 1]!
        const original = this.#originals?.get(offsets[row]!)
        taker.accept(offsets[row]!, timestampsMs[row]!, bytes.subarray(start, ends[row]!), original)
      }
    }
    rejectUpTo(Number.POSITIVE_INFINITY)
  }

  #addLastHour(): void {
    if (this.#rowsOfLastHour > 0) {
      const known = this.#rowsByHour.get(this.#lastHour) ?? 0
      this.#rowsByHour.set(this.#lastHour, known + this.#rowsOfLastHour)
      this.#rowsOfLastHour = 0
    }
  }

  #addSlab(bytes: number): Slab {
    this.#fullBytes += this.#slabs.at(-1)?.usedBytes ?? 0
    const slab = new Slab(this.#slabs.length, bytes)
    this.#slabs.push(slab)
    this.#heldBytes += slab.memory.byteLength
    return slab
  }
}

function bytesHeldBy({ key, value, headers }: RejectedRecord): number {
  const inHeaders = headers.reduce((sum, [name, header]) => sum + name.length + (header?.length ?? 0), 0)
  return 256 + (key?.length ?? 0) + (value?.length ?? 0) + inHeaders
}
