// The records of one partition between two claims: accepted bytes side by side, refused ones apart.
import { type HourPath, hourOf } from '@ticklake/contract/keys.ts'
import type { Refusal } from '@ticklake/contract/validation.ts'
import { type FrozenRows, Slab, type SlabContent } from './slab.ts'

/** A record that was refused, with all that is needed to mend and replay it. */
export interface RefusedRecord {
  readonly offset: number
  readonly timestampMs: number | undefined
  readonly reason: Refusal
  readonly detail: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [string, Uint8Array | null])[]
}

/** Whatever records can be handed to, one by one. */
export interface RecordTaker {
  /** @param original the record as it was received, where it was accepted by its aliases alone */
  accept(offset: number, timestampMs: number, canonical: Uint8Array, original?: RefusedRecord): void
  refuse(record: RefusedRecord): void
}

/** One claim spans at most this many hours, so that a claim stays small and its uploads bounded. */
export const MAX_HOURS = 64

const HOUR_MS = 3_600_000
/** Collects the records from `start` on. Not shared: a flush takes the whole buffer and a new one begins. */
export class RecordBuffer implements RecordTaker {
  readonly start: number
  /** The offset that is expected next; a record beyond it means that the ones between do not exist. */
  cursor: number
  readonly refused: RefusedRecord[] = []
  #refusedBytes = 0
  /** Records that were accepted by their aliases alone, by offset, until the rows are given away. */
  #originals: Map<number, RefusedRecord> | undefined
  #originalBytes = 0
  #count = 0
  #lastTimestampMs = 0
  #slabs: Slab[] = []
  /** Of the slabs that are full. */
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

  /** What was gathered, in bytes. */
  get gatheredBytes(): number {
    return this.#fullBytes + (this.#slabs.at(-1)?.usedBytes ?? 0) + this.#refusedBytes + this.#originalBytes
  }

  /** Memory held now, in bytes: whole blocks, or what they were encoded to. */
  get heldBytes(): number {
    return this.#heldBytes + this.#refusedBytes + this.#originalBytes
  }

  /** The broker's time of the last accepted record, in ms since 1970. */
  get lastTimestampMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#lastTimestampMs
  }

  /** Whether not even a gap has been seen. */
  get isEmpty(): boolean {
    return this.cursor === this.start
  }

  /** Whether a record of this timestamp needs one hour more than a claim may span. */
  exceedsHours(timestampMs: number): boolean {
    const hour = Math.floor(timestampMs / HOUR_MS)
    if (hour === this.#lastHour || this.#rowsByHour.size + 1 < MAX_HOURS) return false
    this.#settleHour()
    return !this.#rowsByHour.has(hour) && this.#rowsByHour.size >= MAX_HOURS
  }

  /** Takes an accepted record. `canonical` is copied. */
  accept(offset: number, timestampMs: number, canonical: Uint8Array, original?: RefusedRecord): void {
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
      this.#settleHour()
      this.#lastHour = hour
    }
    this.#rowsOfLastHour++
  }

  /** Takes a refused record. */
  refuse(record: RefusedRecord): void {
    this.refused.push(record)
    this.#refusedBytes += bytesHeldBy(record)
    this.cursor = record.offset + 1
  }

  /** How many rows each UTC hour has, hours in order. */
  rowsByHour(): { path: HourPath; rows: number }[] {
    this.#settleHour()
    return [...this.#rowsByHour]
      .sort(([a], [b]) => a - b)
      .map(([hour, rows]) => ({ path: hourOf(hour * HOUR_MS), rows }))
  }

  /** The accepted rows, block by block. The buffer must not be written to any more. */
  rowBlocks(): FrozenRows[] {
    return this.#slabs.map((slab) => slab.rows())
  }

  /** Gives the blocks away, to be encoded: from now on the buffer holds no rows. */
  takeSlabs(): SlabContent[] {
    const slabs = this.#slabs.map(({ memory, count }) => ({ memory, count }))
    this.#slabs = []
    this.#originals = undefined
    this.#originalBytes = 0
    return slabs
  }

  /** Says how much memory is held in the place of the rows that were given away. */
  holdInstead(bytes: number): void {
    this.#heldBytes = bytes
  }

  /** Hands every record over again, in order of offset: for cutting a range anew. The bytes are views. */
  replay(taker: RecordTaker): void {
    let nextRefused = 0
    const refuseUpTo = (offset: number) => {
      while (nextRefused < this.refused.length && this.refused[nextRefused]!.offset < offset) {
        taker.refuse(this.refused[nextRefused++]!)
      }
    }
    for (const { count, bytes, ends, offsets, timestampsMs } of this.rowBlocks()) {
      for (let row = 0; row < count; row++) {
        refuseUpTo(offsets[row]!)
        const start = row === 0 ? 0 : ends[row - 1]!
        const original = this.#originals?.get(offsets[row]!)
        taker.accept(offsets[row]!, timestampsMs[row]!, bytes.subarray(start, ends[row]!), original)
      }
    }
    refuseUpTo(Number.POSITIVE_INFINITY)
  }

  #settleHour(): void {
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

function bytesHeldBy({ key, value, headers }: RefusedRecord): number {
  const inHeaders = headers.reduce((sum, [name, header]) => sum + name.length + (header?.length ?? 0), 0)
  return 256 + (key?.length ?? 0) + (value?.length ?? 0) + inHeaders
}
