// Memory that records are decompressed into, with typed arrays of their positions.

/** One batch of ordinary size is far smaller, so most slabs hold many. */
const SLAB_BYTES = 1024 * 1024
const SLAB_RECORDS = 16_384
/** Copies of eight bytes may write beyond the last byte. */
const SLACK_BYTES = 16
/** How many released slabs are kept for the next batches. */
const KEPT_SLABS = 4

export class Slab {
  readonly bytes: Buffer
  readonly view: DataView
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  readonly headerStarts: Int32Array
  readonly offsets: Float64Array
  readonly timestamps: Float64Array
  /** The bytes up to here are used. */
  used = 0
  /** The array entries up to here are used. */
  count = 0
  /** Reference count: the decoder that fills it, and each holder of its records. */
  holders = 1

  constructor(bytes: number, records: number) {
    this.bytes = Buffer.from(new ArrayBuffer(bytes + SLACK_BYTES))
    this.view = new DataView(this.bytes.buffer)
    this.keyStarts = new Int32Array(records)
    this.keyEnds = new Int32Array(records)
    this.valueStarts = new Int32Array(records)
    this.valueEnds = new Int32Array(records)
    this.headerStarts = new Int32Array(records)
    this.offsets = new Float64Array(records)
    this.timestamps = new Float64Array(records)
  }

  /** How many bytes may still be written. */
  get bytesLeft(): number {
    return this.bytes.length - SLACK_BYTES - this.used
  }

  get recordsLeft(): number {
    return this.offsets.length - this.count
  }
}

/** The slab being filled, and free ones of the normal size. */
export class SlabPool {
  readonly #kept: Slab[] = []
  #current = new Slab(SLAB_BYTES, SLAB_RECORDS)

  get current(): Slab {
    return this.#current
  }

  fits(bytes: number, records: number): boolean {
    return bytes <= this.#current.bytesLeft && records <= this.#current.recordsLeft
  }

  /** A new slab with at least this much space. */
  replace(bytes: number, records: number): void {
    this.release(this.#current)
    this.#current =
      bytes > SLAB_BYTES || records > SLAB_RECORDS
        ? new Slab(Math.max(bytes, SLAB_BYTES), Math.max(records, SLAB_RECORDS))
        : (this.#kept.pop() ?? new Slab(SLAB_BYTES, SLAB_RECORDS))
  }

  /** One holder no longer reads it. */
  release(slab: Slab): void {
    slab.holders--
    const ordinary = slab.bytes.length === SLAB_BYTES + SLACK_BYTES && slab.offsets.length === SLAB_RECORDS
    if (slab.holders > 0 || !ordinary || this.#kept.length === KEPT_SLABS) return
    slab.used = 0
    slab.count = 0
    slab.holders = 1
    this.#kept.push(slab)
  }
}
