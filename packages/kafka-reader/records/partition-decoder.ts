// The batches of one partition in one response as runs of records in slabs: checked, decompressed, without aborted ones.
import type { AbortedTransaction } from '../protocol/fetch.ts'
import { type BatchHead, batchAt, batchHead } from './batch-head.ts'
import { crc32c } from './crc32c.ts'
import { corrupt, Damage } from './damage.ts'
import { type Unpacking, unpack } from './decompress.ts'
import { noteRecords, SMALLEST_RECORD_BYTES } from './record-spans.ts'
import { Slab, type SlabPool } from './slab.ts'
import { AbortedTransactions } from './transactions.ts'

export interface BatchesToDecode {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly start: number
  readonly end: number
  /** Records below it are skipped: a response may begin with a batch that was read in part. */
  readonly fromOffset: number
  /** For read_committed: the transactions that the broker reports as aborted. Without it, records of all are returned. */
  readonly aborted: readonly AbortedTransaction[] | undefined
  /** The most bytes that a batch may decompress to. */
  readonly maxBatchBytes: number
}

/** Records with one leader epoch and one kind of timestamp: entries `first` to `first + count` of the slab's arrays. */
export interface Run {
  readonly slab: Slab
  readonly first: number
  readonly count: number
  readonly appendTime: boolean
  /** Of each batch of the run, including those skipped after its records. */
  readonly leaderEpoch: number
  /** The position after the last batch that was handled. */
  readonly nextOffset: number
}

export class PartitionDecoder {
  readonly #source: BatchesToDecode
  readonly #slabs: SlabPool
  readonly #aborted: AbortedTransactions | undefined
  #at: number
  #nextOffset: number
  #leaderEpoch = -1
  /** A batch that did not fit into the slab after the records before it. */
  #unpacked: { head: BatchHead; unpacking: Unpacking } | undefined
  #damage: Damage | undefined

  constructor(source: BatchesToDecode, slabs: SlabPool) {
    this.#source = source
    this.#slabs = slabs
    this.#aborted = source.aborted && new AbortedTransactions(source.aborted)
    this.#at = source.start
    this.#nextOffset = source.fromOffset
  }

  /** The offset after the last batch that was handled. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /**
   * The next run, or undefined at the end. A run without records means that there were only markers and aborted records.
   * @throws Damage after the records before it were returned; nothing after it can be read
   */
  next(): Run | undefined {
    if (this.#damage) throw this.#damage
    const before = this.#nextOffset
    const slab = this.#slabs.current
    const group = { slab, first: slab.count, count: 0, appendTime: false }
    try {
      for (;;) {
        const head = this.#unpacked?.head ?? this.#nextHead()
        if (!head) break
        if (!this.#take(head, group)) break
        this.#at = head.end
        this.#nextOffset = Math.max(this.#nextOffset, head.baseOffset + head.lastOffsetDelta + 1)
        this.#leaderEpoch = head.leaderEpoch
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error
      this.#damage = error
      if (this.#nextOffset === before) throw error
    }
    if (this.#nextOffset === before) return undefined
    group.slab.holders++
    return { ...group, leaderEpoch: this.#leaderEpoch, nextOffset: this.#nextOffset }
  }

  #nextHead(): BatchHead | undefined {
    const { bytes, view, end } = this.#source
    const head = batchHead(view, this.#at, end)
    if (head && crc32c(bytes, view, head.start + batchAt.attributes, head.end) !== head.crc) {
      throw corrupt('the checksum is wrong')
    }
    return head
  }

  /** Whether the batch was taken; if not, the run must be returned first. */
  #take(head: BatchHead, group: { slab: Slab; first: number; count: number; appendTime: boolean }): boolean {
    const fresh = group.count === 0
    if (!fresh && head.leaderEpoch !== this.#leaderEpoch) return false
    if (head.control) {
      this.#aborted?.marker(head, this.#markerType(head))
      return true
    }
    if (this.#aborted?.leavesOut(head)) return true
    if (!fresh && head.appendTime !== group.appendTime) return false
    const unpacking = this.#unpacked?.unpacking ?? this.#unpack(head)
    if (!this.#slabs.fits(unpacking.bytes, head.count)) {
      if (!fresh) {
        this.#unpacked = { head, unpacking }
        return false
      }
      this.#slabs.replace(unpacking.bytes, head.count)
      group.slab = this.#slabs.current
      group.first = 0
    }
    this.#unpacked = undefined
    const { slab } = group
    const end = unpacking.into(slab)
    const noted = noteRecords(slab, slab.used, end, head, this.#source.fromOffset)
    slab.used = end
    slab.count += noted
    group.count += noted
    group.appendTime = head.appendTime
    return true
  }

  #unpack(head: BatchHead): Unpacking {
    const { bytes, view, maxBatchBytes } = this.#source
    // A compacted topic keeps the header of a batch whose records are all deleted.
    if (head.count === 0 && head.end === head.start + batchAt.records)
      return { bytes: 0, into: (slab) => slab.used }
    const unpacking = unpack(bytes, view, head, maxBatchBytes)
    if (head.count < 0 || head.count * SMALLEST_RECORD_BYTES > unpacking.bytes) {
      throw corrupt(`the batch says that it has ${head.count} records`)
    }
    return unpacking
  }

  #markerType(head: BatchHead): number {
    const unpacking = this.#unpack(head)
    const slab = new Slab(unpacking.bytes, head.count)
    const noted = noteRecords(slab, 0, unpacking.into(slab), head, 0)
    const key = slab.keyStarts[0] ?? -1
    if (noted === 0) return -1
    if (key < 0 || slab.keyEnds[0]! - key < 4) throw corrupt('a marker of a transaction has no type')
    return slab.bytes.readInt16BE(key + 2)
  }
}
