// The header of a record batch (61 bytes), and the iteration over the batches of a response. https://kafka.apache.org/documentation/#recordbatch
import { Damage } from './damage.ts'

const TWO_TO_32 = 2 ** 32
const HEAD_BYTES = 61
/** Offset and length, with which every format begins. */
const PREFIX_BYTES = 12
/** From where the length counts, up to the first record. */
const LENGTH_OF_HEAD = HEAD_BYTES - PREFIX_BYTES
const MAGIC_AT = 16

/** Where a batch has its fields, from its first byte. */
export const batchAt = {
  crc: 17,
  /** The checksum covers the bytes from here on. */
  attributes: 21,
  records: HEAD_BYTES,
} as const

export interface BatchHead {
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  readonly lastOffsetDelta: number
  readonly leaderEpoch: number
  readonly crc: number
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd */
  readonly codec: number
  /** LogAppendTime: each record has the batch's max timestamp. */
  readonly appendTime: boolean
  readonly transactional: boolean
  readonly control: boolean
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly count: number
}

/**
 * The header of the batch at `start`; undefined if the batch is incomplete: a response may end within one.
 * @throws Damage if the bytes are no batch, or one of another format
 */
export function batchHead(view: DataView, start: number, end: number): BatchHead | undefined {
  if (end - start < PREFIX_BYTES + 5) return undefined
  const length = view.getInt32(start + 8)
  const magic = view.getInt8(start + MAGIC_AT)
  if (magic !== 2) {
    const known = magic === 0 || magic === 1
    throw new Damage(
      known ? 'UNSUPPORTED_BATCH' : 'CORRUPT_BATCH',
      known
        ? `the batch has format ${magic}, which is older than Kafka 0.11`
        : `the batch has an unknown format, ${magic}`,
    )
  }
  if (length < LENGTH_OF_HEAD) throw new Damage('CORRUPT_BATCH', `the batch says that it has ${length} bytes`)
  const batchEnd = start + PREFIX_BYTES + length
  if (batchEnd > end) return undefined
  const attributes = view.getInt16(start + 21)
  const baseOffset = int64(view, start)
  const lastOffsetDelta = view.getInt32(start + 23)
  if (baseOffset < 0 || lastOffsetDelta < 0) {
    throw new Damage('CORRUPT_BATCH', `the batch has offsets ${baseOffset} + ${lastOffsetDelta}`)
  }
  if (baseOffset + lastOffsetDelta >= Number.MAX_SAFE_INTEGER) {
    throw new Damage('UNSUPPORTED_BATCH', 'the batch has offsets of 2^53 or more')
  }
  return {
    start,
    end: batchEnd,
    baseOffset,
    lastOffsetDelta,
    leaderEpoch: view.getInt32(start + 12),
    crc: view.getInt32(start + batchAt.crc),
    codec: attributes & 7,
    appendTime: (attributes & 8) !== 0,
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    baseTimestamp: int64(view, start + 27),
    maxTimestamp: int64(view, start + 35),
    producerId: int64(view, start + 43),
    count: view.getInt32(start + 57),
  }
}

function int64(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_TO_32 + view.getUint32(at + 4)
}
