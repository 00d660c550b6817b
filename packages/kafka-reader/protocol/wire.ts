// The primitive types of Kafka's protocol, read from and written to memory. https://kafka.apache.org/protocol#protocol_types
import { KafkaReaderError } from '../errors.ts'

const TWO_TO_32 = 2 ** 32

/** Reads one response; a read beyond its end is an error. */
export class WireReader {
  readonly buffer: Buffer
  position: number
  readonly end: number

  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  int8(): number {
    return this.buffer.readInt8(this.#take(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#take(4))
  }

  /** Exact to 2^53. */
  int64(): number {
    const at = this.#take(8)
    return this.buffer.readInt32BE(at) * TWO_TO_32 + this.buffer.readUInt32BE(at + 4)
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  /** 32 hex digits. */
  uuid(): string {
    const at = this.#take(16)
    return this.buffer.toString('hex', at, at + 16)
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer.readUInt8(this.#take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed('a varint of more than five bytes')
  }

  string(): string | null {
    return this.#text(this.int16())
  }

  compactString(): string | null {
    return this.#text(this.unsignedVarint() - 1)
  }

  compactBytes(): Buffer | null {
    const length = this.unsignedVarint() - 1
    if (length < 0) return null
    const at = this.#take(length)
    return this.buffer.subarray(at, at + length)
  }

  /** Skips bytes, and returns where they start. */
  skip(length: number): number {
    return this.#take(length)
  }

  array<T>(item: () => T): T[] {
    return this.#items(this.int32(), item)
  }

  /** A null array counts as empty. */
  compactArray<T>(item: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, item)
  }

  /** Tagged fields: `known` reads those that it knows, the others are skipped. */
  tags(known?: (tag: number) => void): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      const tag = this.unsignedVarint()
      const length = this.unsignedVarint()
      const next = this.#take(length) + length
      if (known) {
        this.position = next - length
        known(tag)
        if (this.position > next) throw malformed('a tagged field that is longer than it says')
      }
      this.position = next
    }
  }

  #text(length: number): string | null {
    if (length < 0) return null
    const at = this.#take(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  #items<T>(length: number, item: () => T): T[] {
    if (length > this.end - this.position) throw malformed(`an array of ${length} items`)
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(item())
    return items
  }

  #take(length: number): number {
    const at = this.position
    if (length > this.end - at) throw malformed(`${length} bytes expected, ${this.end - at} left`)
    this.position = at + length
    return at
  }
}

function malformed(what: string): KafkaReaderError {
  return new KafkaReaderError({
    code: 'MALFORMED_RESPONSE',
    message: `the response is not as the protocol says: ${what}`,
  })
}

/** Writes one request into a growing buffer. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(256)
  #length = 0
  #at = 0

  int8(value: number): this {
    this.#reserve(1).writeInt8(value, this.#at)
    return this
  }

  int16(value: number): this {
    this.#reserve(2).writeInt16BE(value, this.#at)
    return this
  }

  int32(value: number): this {
    this.#reserve(4).writeInt32BE(value, this.#at)
    return this
  }

  int64(value: number): this {
    const high = Math.floor(value / TWO_TO_32)
    this.#reserve(4).writeInt32BE(high, this.#at)
    this.#reserve(4).writeUInt32BE(value - high * TWO_TO_32, this.#at)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  uuid(hex: string): this {
    this.#reserve(16).write(hex, this.#at, 16, 'hex')
    return this
  }

  unsignedVarint(value: number): this {
    let rest = value
    while (rest > 0x7f) {
      this.#reserve(1).writeUInt8((rest % 128) + 128, this.#at)
      rest = Math.floor(rest / 128)
    }
    this.#reserve(1).writeUInt8(rest, this.#at)
    return this
  }

  string(text: string | null): this {
    if (text === null) return this.int16(-1)
    return this.int16(Buffer.byteLength(text)).raw(Buffer.from(text))
  }

  compactString(text: string | null): this {
    if (text === null) return this.unsignedVarint(0)
    return this.unsignedVarint(Buffer.byteLength(text) + 1).raw(Buffer.from(text))
  }

  compactBytes(bytes: Uint8Array): this {
    return this.unsignedVarint(bytes.length + 1).raw(bytes)
  }

  array<T>(items: readonly T[], item: (value: T) => void): this {
    this.int32(items.length)
    for (const value of items) item(value)
    return this
  }

  compactArray<T>(items: readonly T[], item: (value: T) => void): this {
    this.unsignedVarint(items.length + 1)
    for (const value of items) item(value)
    return this
  }

  /** No tagged fields. */
  noTags(): this {
    return this.unsignedVarint(0)
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length).set(bytes, this.#at)
    return this
  }

  /** The request, after its length in four bytes. */
  frame(): Buffer {
    const frame = Buffer.allocUnsafe(4 + this.#length)
    frame.writeInt32BE(this.#length, 0)
    frame.set(this.bytes(), 4)
    return frame
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** The buffer, with space for so many bytes at `#at`. */
  #reserve(length: number): Buffer {
    this.#at = this.#length
    this.#length += length
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, this.#at))
      this.#buffer = larger
    }
    return this.#buffer
  }
}
