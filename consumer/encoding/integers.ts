// Parquet's encodings of whole numbers: bit packing, the RLE/bit-packing hybrid, and packed differences.
import type { ByteWriter } from 'hyparquet-writer'

/** Differences are packed in blocks of this size, in four parts with their own bit width. */
const BLOCK = 128
const PARTS = 4
const PART = BLOCK / PARTS

/** How many bits a number from 0 to `largest` needs. */
export function bitWidth(largest: number): number {
  let width = 0
  for (let rest = largest; rest > 0; rest = Math.floor(rest / 2)) width++
  return width
}

/** `count` times the same number, as one run of the hybrid. */
export function writeRun(writer: ByteWriter, value: number, count: number): void {
  writer.appendVarInt(count << 1)
  writer.appendUint8(value)
}

/** The first numbers of an array in the hybrid encoding, as one bit-packed run. */
export function writePacked(
  writer: ByteWriter,
  values: ArrayLike<number>,
  count: number,
  width: number,
): void {
  const groups = Math.ceil(count / 8)
  writer.appendVarInt((groups << 1) | 1)
  pack(writer, values, 0, count, 8 * groups, width)
}

/**
 * DELTA_BINARY_PACKED: evenly rising numbers, such as offsets, take almost no space. @param values whole numbers that,
 * like their differences, a double holds exactly
 */
export function writeDeltas(writer: ByteWriter, values: Float64Array, count: number): void {
  writer.appendVarInt(BLOCK)
  writer.appendVarInt(PARTS)
  writer.appendVarInt(count)
  writeZigZag(writer, count === 0 ? 0 : values[0]!)
  const deltas = new Float64Array(BLOCK)
  for (let first = 1; first < count; first += BLOCK) {
    const inBlock = Math.min(BLOCK, count - first)
    let smallest = Number.POSITIVE_INFINITY
    for (let i = 0; i < inBlock; i++) {
      deltas[i] = values[first + i]! - values[first + i - 1]!
      if (deltas[i]! < smallest) smallest = deltas[i]!
    }
    writeZigZag(writer, smallest)
    const widths: number[] = []
    for (let part = 0; part < PARTS; part++) {
      let largest = 0
      for (let i = part * PART; i < Math.min((part + 1) * PART, inBlock); i++) {
        deltas[i]! -= smallest
        if (deltas[i]! > largest) largest = deltas[i]!
      }
      widths.push(bitWidth(largest))
      writer.appendUint8(widths[part]!)
    }
    for (let part = 0; part * PART < inBlock; part++) {
      const from = part * PART
      pack(writer, deltas, from, Math.min(from + PART, inBlock), PART, widths[part]!)
    }
  }
}

/** Packs values[from, to), and zeros until there are `total`, which is a multiple of eight. Least significant bit first. */
function pack(
  writer: ByteWriter,
  values: ArrayLike<number>,
  from: number,
  to: number,
  total: number,
  width: number,
): void {
  const packed = new Uint8Array((total * width) / 8)
  for (let i = from, bit = 0; i < to; i++, bit += width) {
    let rest = values[i]!
    // With arithmetic instead of shifts: a difference may have more than 32 bits.
    for (let at = bit; rest > 0; ) {
      const freeBits = 8 - (at & 7)
      const size = 1 << freeBits
      packed[at >>> 3]! |= (rest % size) << (at & 7)
      rest = Math.floor(rest / size)
      at += freeBits
    }
  }
  writer.appendBytes(packed)
}

/** A signed number as a varint; uses arithmetic beyond 32 bits. */
function writeZigZag(writer: ByteWriter, value: number): void {
  let rest = value >= 0 ? 2 * value : -2 * value - 1
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) writer.appendUint8((rest % 0x80) | 0x80)
  writer.appendUint8(rest)
}
