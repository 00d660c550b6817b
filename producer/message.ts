// What goes out: the index's name as the key, the contract's canonical bytes as the value.

export interface Message {
  readonly key: string
  readonly value: Buffer
}

/** A row of the source that is no tick: it is left out, counted and reported. */
export interface SkippedRow {
  /** The path of the file, or `standard input`. */
  readonly file: string
  /** Counted from 1, the header included. */
  readonly line: number
  /** The heading of the bad cell; empty where the whole row is at fault. */
  readonly column: string
  readonly reason: string
  /** A sentence for people. */
  readonly detail: string
  readonly text: string
}

/** How a reader tells what it leaves out. */
export interface ReaderEvents {
  /** What a file was found to be, in one line. */
  fileFound(found: string, file: string): void
  rowSkipped(row: SkippedRow): void
  blankRow(): void
  unknownFields(count: number): void
}

/** The canonical bytes as the Kafka client wants them, without a copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The field that a sentence of the validation is about: it starts with its name. Empty where it is about the whole row. */
export function columnOf(detail: string): string {
  return /^(\w+) is /.exec(detail)?.[1] ?? ''
}
