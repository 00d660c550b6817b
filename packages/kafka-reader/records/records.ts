// What the caller gets: records of one partition, as places in memory.

/**
 * Records of one partition, in their order: record i is `bytes` from `valueStarts[i]` to `valueEnds[i]`, and so for keys.
 * A null value or key starts at -1. The arrays have `count` entries. With `count` 0 the partition tells only how far it
 * is: markers and aborted records were passed, or its end was reached or moved.
 */
export interface Records {
  readonly topic: string
  /** 32 hex digits; zeros where the broker has none. */
  readonly topicId: string
  readonly partition: number
  readonly count: number
  readonly bytes: Buffer
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  /** The headers of record i, of which few callers need any: views of `bytes`. @throws KafkaReaderError CORRUPT_BATCH */
  readonly headers: (i: number) => readonly (readonly [name: string, value: Buffer | null])[]
  readonly offsets: Float64Array
  /** Milliseconds; -1 for none. */
  readonly timestamps: Float64Array
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** Of each of these records, and of what was passed behind them; -1 when unknown. */
  readonly leaderEpoch: number
  /** Where the partition goes on: between the last record and this offset there is none for the caller. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Lets the memory be used for other records; nothing of these may be looked at afterwards. Not calling it is no leak. */
  readonly release: () => void
}
