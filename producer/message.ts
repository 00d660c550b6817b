// The Kafka message of a tick: the index as the key, the canonical bytes as the value.

export interface Message {
  readonly key: string
  readonly value: Buffer
}

/** A row of the source that is not a tick: it is skipped, counted and reported. */
export interface SkippedRow {
  /** The path of the file, or `standard input`. */
  readonly file: string
  /** Counted from 1, including the header. */
  readonly line: number
  /** The heading of the bad cell; empty if the whole row is bad. */
  readonly column: string
  readonly reason: string
  /** A sentence for people. */
  readonly detail: string
  readonly text: string
}

/** How a reader reports what it skips. */
export interface ReaderEvents {
  /** A file's detected format, in one line. */
  fileFound(found: string, file: string): void
  rowSkipped(row: SkippedRow): void
  blankRow(): void
  unknownFields(count: number): void
}

/** The canonical bytes as the Kafka client needs them, without a copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The field that a validation message is about: its first word. Empty if it is about the whole row. */
export function columnOf(detail: string): string {
  return /^(\w+) is /.exec(detail)?.[1] ?? ''
}
