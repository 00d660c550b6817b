// The source of records: one interface for both readers.
import type { Failure } from '@ticklake/runtime/errors.ts'
import type { Message, MessageSpans } from '../batching/pending-batches.ts'

/** Takes the records of one partition, in order. */
export interface RecordSink {
  /** Copies what it keeps: the message is reused for the next record. */
  push(message: Message): void
  /** The same for many. */
  pushAll(messages: MessageSpans): void
  /** There are no further records below this offset: those that were not pushed do not exist. */
  reachedEnd(offset: number): void
}

/** Records of any partitions from one read. */
export interface Batch {
  /** How many records it has. */
  readonly count: number
  /**
   * Pushes the records to the sinks of their partitions; a partition without one was revoked. Call it once: afterwards
   * the memory is used for other records.
   */
  readonly deliver: (sinkOf: (partition: number) => RecordSink | undefined) => void
}

export const emptyBatch: Batch = { count: 0, deliver: () => {} }

export interface RecordSource {
  /** Starts to read the partitions at these offsets. Only between two calls of poll(). */
  readonly assign: (starts: readonly { readonly partition: number; readonly offset: number }[]) => void
  /** Stops reading, and gives the partitions back to the group. */
  readonly unassign: (partitions: readonly number[]) => void
  /**
   * One batch; an empty one if none came in time. @throws Failure OFFSET_OUT_OF_RANGE, KAFKA_READ_FAILED,
   * KAFKA_GROUP_FAILED
   */
  readonly poll: () => Promise<Batch>
  /** The high watermark from the last fetch; undefined before the first fetch. */
  readonly highWatermark: (partition: number) => number | undefined
  /**
   * Watches for failures that poll() does not report.
   * @returns stops watching
   */
  readonly watch: (onFailed: (error: Failure) => void) => () => void
  /** Closes what the source has besides the group's client. */
  readonly close: () => Promise<void>
}
