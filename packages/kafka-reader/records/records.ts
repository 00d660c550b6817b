// What the caller gets: records of one partition, as positions in memory.

/**
 * Records of one partition, in their order: record i is `bytes` from `valueStarts[i]` to `valueEnds[i]`, and so for
 * keys. A null value or key starts at -1. The arrays have `count` entries. With `count` 0 there is only progress:
 * markers and aborted records were skipped, or the partition's end was reached or moved.
 */
export interface Records {
  readonly topic: string
  /** 32 hex digits; zeros if the broker has none. */
  readonly topicId: string
  readonly partition: number
  readonly count: number
  readonly bytes: Buffer
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  /** The headers of record i, parsed on demand: views of `bytes`. @throws KafkaReaderError CORRUPT_BATCH */
  readonly headers: (i: number) => readonly (readonly [name: string, value: Buffer | null])[]
  readonly offsets: Float64Array
  /** Milliseconds; -1 for none. */
  readonly timestamps: Float64Array
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** The leader epoch of these records, and of what was skipped after them; -1 if unknown. */
  readonly leaderEpoch: number
  /** Where the partition continues: there are no records for the caller before this offset. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Releases the memory for other records; do not read these afterwards. Not calling it is not a leak. */
  readonly release: () => void
}
