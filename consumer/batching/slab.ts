// A block of memory with contiguous rows. Blocks go to the encoding thread and come back, so that rows are copied once
// and memory is reused instead of waiting for the garbage collector.

/** What the rows of one file share. */
export interface RowOrigin {
  readonly topicId: string
  readonly partition: number
}

/** The rows of one block that belong to one file. */
export interface ChosenRows {
  readonly rows: FrozenRows
  readonly indexes: Uint32Array
}

/** Contiguous rows: row i is `bytes[ends[i-1], ends[i])`. Views of one block. */
export interface FrozenRows {
  readonly count: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
  readonly offsets: Float64Array<ArrayBuffer>
  readonly timestampsMs: Float64Array<ArrayBuffer>
}

/** What any thread needs to find the rows in a block. */
export interface SlabContent {
  readonly memory: ArrayBuffer
  readonly count: number
}

/** The overhead of one row: end, offset, timestamp. */
const ROW_BOOKKEEPING_BYTES = 4 + 8 + 8
/** Bytes of a block per row that it has room for; a canonical tick is rarely shorter. */
const BYTES_A_ROW = 160

const KIB = 1024
/**
 * The first block of a batch is small, for topics with a thousand partitions; the third and later ones have full size.
 */
const SIZES = [64 * KIB, 256 * KIB, 1024 * KIB] as const
const WHOLE = SIZES[2]

/** Free full-size blocks. At most this many are kept; the garbage collector gets the rest. */
const idle: ArrayBuffer[] = []
const MAX_IDLE = 48

export class Slab {
  readonly memory: ArrayBuffer
  readonly #rows: FrozenRows
  readonly #capacity: number
  #count = 0
  #used = 0

  /** @param nth how many blocks the batch already has; @param bytes the row that must fit */
  constructor(nth: number, bytes: number) {
    this.memory = takeMemory(SIZES[Math.min(nth, SIZES.length - 1)]!, bytes)
    this.#rows = viewsOf(this.memory)
    this.#capacity = this.#rows.ends.length
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the rows, their bookkeeping included. */
  get usedBytes(): number {
    return this.#used + this.#count * ROW_BOOKKEEPING_BYTES
  }

  fits(bytes: number): boolean {
    return this.#count < this.#capacity && this.#used + bytes <= this.#rows.bytes.length
  }

  /** Copies a row in, which must fit. */
  add(offset: number, timestampMs: number, row: Uint8Array): void {
    const { bytes, ends, offsets, timestampsMs } = this.#rows
    const at = this.#count
    bytes.set(row, this.#used)
    this.#used += row.length
    ends[at] = this.#used
    offsets[at] = offset
    timestampsMs[at] = timestampMs
    this.#count = at + 1
  }

  /** The rows so far. */
  rows(): FrozenRows {
    return frozenRows(this)
  }
}

/** The rows in a block. */
export function frozenRows({ memory, count }: SlabContent): FrozenRows {
  const { bytes, ends, offsets, timestampsMs } = viewsOf(memory)
  return {
    count,
    bytes: bytes.subarray(0, count === 0 ? 0 : ends[count - 1]),
    ends: ends.subarray(0, count),
    offsets: offsets.subarray(0, count),
    timestampsMs: timestampsMs.subarray(0, count),
  }
}

/** Takes back a block whose rows are no longer needed. */
export function giveBack(memory: ArrayBuffer): void {
  if (memory.byteLength === WHOLE && idle.length < MAX_IDLE) idle.push(memory)
}

function takeMemory(size: number, bytes: number): ArrayBuffer {
  // A row that is larger than a block gets its own.
  const needed =
    bytes + ROW_BOOKKEEPING_BYTES + bytes * (ROW_BOOKKEEPING_BYTES / (BYTES_A_ROW - ROW_BOOKKEEPING_BYTES))
  if (needed > size) return new ArrayBuffer(Math.ceil(needed / KIB + 1) * KIB)
  return (size === WHOLE ? idle.pop() : undefined) ?? new ArrayBuffer(size)
}

function viewsOf(memory: ArrayBuffer): FrozenRows {
  const count = Math.floor(memory.byteLength / BYTES_A_ROW)
  const timestampsAt = 8 * count
  const endsAt = 2 * timestampsAt
  return {
    count,
    offsets: new Float64Array(memory, 0, count),
    timestampsMs: new Float64Array(memory, timestampsAt, count),
    ends: new Uint32Array(memory, endsAt, count),
    bytes: new Uint8Array(memory, endsAt + 4 * count),
  }
}
