// What the sink appends to a message's fields in a line of JSON: its own columns and the end of the object.
import type { RowOrigin } from '../batching/slab.ts'

const ZERO = 0x30
const DAY_MS = 86_400_000
/** `YYYY-MM-DD HH:mm:ss.SSS`, as Athena's JSON SerDes read a timestamp. */
const TIMESTAMP_BYTES = 23

/** The tails of successive rows: only changed digits are rewritten. */
export class SinkTail {
  /** From the comma to the end of the line. */
  bytes: Uint8Array
  readonly #head: string
  #offsetAt: number
  #offset = -1
  #timestampMs = Number.NaN
  #day = Number.NaN

  constructor({ topicId, partition }: RowOrigin) {
    this.#head = `,"kafka_topic_id":"${topicId}","kafka_partition":${partition},"kafka_offset":`
    this.#offsetAt = this.#head.length
    this.bytes = new Uint8Array()
  }

  /** Makes `bytes` the tail of this row. */
  moveTo(offset: number, timestampMs: number): void {
    if (offset !== this.#offset + 1 || !this.#incrementOffset()) {
      this.bytes = Buffer.from(`${this.#head}${offset},"kafka_timestamp":"${'-'.repeat(TIMESTAMP_BYTES)}"}\n`)
      this.#timestampMs = Number.NaN
      this.#day = Number.NaN
    }
    this.#offset = offset
    if (timestampMs !== this.#timestampMs) this.#writeTimestamp(timestampMs)
  }

  /** Whether the next offset has the same number of digits. */
  #incrementOffset(): boolean {
    const { bytes } = this
    let at = this.bytes.length - TAIL_BEHIND_OFFSET - 1
    for (; bytes[at] === ZERO + 9; at--) bytes[at] = ZERO
    if (at < this.#offsetAt) return false
    bytes[at]!++
    return true
  }

  #writeTimestamp(timestampMs: number): void {
    const at = this.bytes.length - 3 - TIMESTAMP_BYTES
    const day = Math.floor(timestampMs / DAY_MS)
    if (day !== this.#day) {
      this.bytes.set(Buffer.from(`${new Date(day * DAY_MS).toISOString().slice(0, 10)} 00:00:00.000`), at)
      this.#day = day
    }
    const ms = timestampMs - day * DAY_MS
    this.#writeTwo(at + 11, Math.floor(ms / 3_600_000))
    this.#writeTwo(at + 14, Math.floor(ms / 60_000) % 60)
    this.#writeTwo(at + 17, Math.floor(ms / 1000) % 60)
    this.#writeTwo(at + 20, Math.floor(ms / 10) % 100)
    this.bytes[at + 22] = ZERO + (ms % 10)
    this.#timestampMs = timestampMs
  }

  #writeTwo(at: number, value: number): void {
    this.bytes[at] = ZERO + Math.floor(value / 10)
    this.bytes[at + 1] = ZERO + (value % 10)
  }
}

const TAIL_BEHIND_OFFSET = ',"kafka_timestamp":""}\n'.length + TIMESTAMP_BYTES

/** Longest tail: 32 digits of topic id, 5 of partition, 16 of offset, 23 of time, and the names. */
export const MAX_TAIL = 180
