// For tests: writes record batches slowly and plainly, sharing no code with the decoder that is compared with it.
import { gzipSync, zstdCompressSync } from 'node:zlib'

export interface BatchRecord {
  readonly delta: number
  readonly timestampDelta?: number
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  readonly headers?: readonly (readonly [string, Uint8Array | null])[]
}

export interface BatchFacts {
  readonly baseOffset?: number
  readonly leaderEpoch?: number
  readonly codec?: number
  readonly appendTime?: boolean
  readonly transactional?: boolean
  readonly control?: boolean
  readonly baseTimestamp?: number
  readonly maxTimestamp?: number
  readonly producerId?: number
  /** By default the delta of the last record. */
  readonly lastOffsetDelta?: number
  /** By default the number of records. */
  readonly count?: number
}

export function batch(records: readonly BatchRecord[], facts: BatchFacts = {}): Buffer {
  const body = Buffer.concat(records.map(record))
  return batchOf(compress[facts.codec ?? 0]!(body), {
    count: records.length,
    lastOffsetDelta: records.at(-1)?.delta ?? 0,
    ...facts,
  })
}

/** A batch with any bytes in the place of records. */
export function batchOf(body: Uint8Array, facts: BatchFacts): Buffer {
  const head = Buffer.alloc(61)
  head.writeBigInt64BE(BigInt(facts.baseOffset ?? 0), 0)
  head.writeInt32BE(61 - 12 + body.length, 8)
  head.writeInt32BE(facts.leaderEpoch ?? 0, 12)
  head.writeInt8(2, 16)
  const { codec = 0, appendTime = false, transactional = false, control = false } = facts
  head.writeInt16BE(codec | (appendTime ? 8 : 0) | (transactional ? 16 : 0) | (control ? 32 : 0), 21)
  head.writeInt32BE(facts.lastOffsetDelta ?? 0, 23)
  head.writeBigInt64BE(BigInt(facts.baseTimestamp ?? 0), 27)
  head.writeBigInt64BE(BigInt(facts.maxTimestamp ?? facts.baseTimestamp ?? 0), 35)
  head.writeBigInt64BE(BigInt(facts.producerId ?? -1), 43)
  head.writeInt16BE(-1, 51)
  head.writeInt32BE(-1, 53)
  head.writeInt32BE(facts.count ?? 0, 57)
  return withChecksum(Buffer.concat([head, body]))
}

/** The batch with a correct checksum. */
export function withChecksum<T extends Buffer>(bytes: T): T {
  bytes.writeUInt32BE(checksum(bytes.subarray(21)), 17)
  return bytes
}

/** An end-of-transaction marker. */
export function marker(how: 'abort' | 'commit', facts: BatchFacts): Buffer {
  const key = Buffer.from([0, 0, 0, how === 'commit' ? 1 : 0])
  const value = Buffer.alloc(6)
  return batch([{ delta: 0, key, value }], { ...facts, transactional: true, control: true })
}

/** CRC-32C bit by bit. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function record({ delta, timestampDelta = 0, key = null, value = null, headers = [] }: BatchRecord): Buffer {
  const text = (bytes: Uint8Array | null) =>
    bytes === null ? [varint(-1)] : [varint(bytes.length), Buffer.from(bytes)]
  const body = Buffer.concat([
    Buffer.alloc(1),
    varint(timestampDelta),
    varint(delta),
    ...text(key),
    ...text(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [...text(Buffer.from(name)), ...text(content)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

const compress: Record<number, (bytes: Buffer) => Buffer> = {
  0: (bytes) => bytes,
  1: (bytes) => gzipSync(bytes),
  2: snappyBlock,
  3: (bytes) => lz4Frame(bytes),
  4: (bytes) => zstdCompressSync(bytes),
  // Not a codec of Kafka's: Java's framing of Snappy.
  10: javaSnappy,
}

/** Blocks of 64 KiB with matches; uncompressed where that is shorter. */
export function lz4Frame(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0x00])]
  for (let start = 0; start < bytes.length; start += 65536) {
    const end = Math.min(start + 65536, bytes.length)
    const block = lz4Block(bytes, start, end)
    const head = Buffer.alloc(4)
    if (block.length < end - start) {
      head.writeUInt32LE(block.length)
      parts.push(head, block)
    } else {
      head.writeUInt32LE(0x80000000 + end - start)
      parts.push(head, bytes.subarray(start, end))
    }
  }
  return Buffer.concat([...parts, Buffer.alloc(4)])
}

/** One block whose matches reach back anywhere in the frame, as librdkafka's do. */
function lz4Block(bytes: Buffer, start: number, end: number): Buffer {
  const out: Buffer[] = []
  const more = (length: number): number[] => {
    const rest: number[] = []
    let left = length - 15
    for (; left >= 255; left -= 255) rest.push(255)
    return left < 0 ? rest : [...rest, left]
  }
  let literalsFrom = start
  let at = start
  while (at < end - 12) {
    const match = longest(bytes, at, end - 5)
    if (match.length < 4) {
      at++
      continue
    }
    const literals = at - literalsFrom
    const coded = match.length - 4
    out.push(
      Buffer.from([
        (Math.min(literals, 15) << 4) | Math.min(coded, 15),
        ...(literals >= 15 ? more(literals) : []),
      ]),
      bytes.subarray(literalsFrom, at),
      Buffer.from([match.distance & 255, match.distance >> 8, ...(coded >= 15 ? more(coded) : [])]),
    )
    at += match.length
    literalsFrom = at
  }
  const literals = end - literalsFrom
  out.push(
    Buffer.from([Math.min(literals, 15) << 4, ...(literals >= 15 ? more(literals) : [])]),
    bytes.subarray(literalsFrom, end),
  )
  return Buffer.concat(out)
}

function longest(bytes: Buffer, at: number, end: number): { distance: number; length: number } {
  let best = { distance: 0, length: 0 }
  for (const distance of [1, 2, 3, 5, 7, 8, 9, 16, 100, 181, 1000, 65_535]) {
    if (distance > at) break
    let length = 0
    while (at + length < end && bytes[at + length] === bytes[at + length - distance]) length++
    if (length > best.length) best = { distance, length }
  }
  return best
}

export function snappyBlock(bytes: Buffer): Buffer {
  const out: Buffer[] = []
  let size = bytes.length
  const preamble: number[] = []
  for (; size > 127; size >>>= 7) preamble.push((size & 127) | 128)
  out.push(Buffer.from([...preamble, size]))
  const literal = (from: number, to: number) => {
    for (let start = from; start < to; start += 65536) {
      const length = Math.min(65536, to - start)
      const tag = length <= 60 ? [(length - 1) << 2] : [61 << 2, (length - 1) & 255, (length - 1) >> 8]
      out.push(Buffer.from(tag), bytes.subarray(start, start + length))
    }
  }
  let literalsFrom = 0
  let at = 0
  while (at < bytes.length) {
    const match = longest(bytes, at, Math.min(bytes.length, at + 64))
    if (match.length < 4) {
      at++
      continue
    }
    literal(literalsFrom, at)
    const { distance, length } = match
    if (length <= 11 && distance < 2048)
      out.push(Buffer.from([1 | ((length - 4) << 2) | ((distance >> 8) << 5), distance & 255]))
    else if (at % 2) out.push(Buffer.from([3 | ((length - 1) << 2), distance & 255, distance >> 8, 0, 0]))
    else out.push(Buffer.from([2 | ((length - 1) << 2), distance & 255, distance >> 8]))
    at += length
    literalsFrom = at
  }
  literal(literalsFrom, bytes.length)
  return Buffer.concat(out)
}

export function javaSnappy(bytes: Buffer): Buffer {
  const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const parts: Buffer[] = [head]
  for (let start = 0; start < bytes.length; start += 32_768) {
    const block = snappyBlock(bytes.subarray(start, start + 32_768))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}
