// Snappy: its framing format, Hadoop's own framing, and one block without a frame.
import { snappyUncompress } from 'hyparquet'
import { eachHadoopBlock } from './lz4.ts'
import type { Sink } from './sink.ts'

/** A longer block is not unpacked. */
const mostOfBlock = 16 * 1024 * 1024

/** The framing format. @throws Error if the sample is truncated or broken */
export function unpackSnappy(sample: Uint8Array, sink: Sink): void {
  let at = 0
  while (at + 4 <= sample.length && !sink.isFull) {
    const kind = sample[at]!
    const length = sample[at + 1]! | (sample[at + 2]! << 8) | (sample[at + 3]! << 16)
    const chunk = sample.subarray(at + 4, at + 4 + length)
    if (chunk.length < length) throw new Error('a cut chunk')
    // After the checksum of four bytes.
    if (kind === 0x00) sink.write(snappyBlock(chunk.subarray(4)))
    else if (kind === 0x01) sink.write(chunk.subarray(4))
    else if (kind >= 0x02 && kind < 0x80) throw new Error('a chunk of an unknown kind')
    at += 4 + length
  }
}

/** Hadoop's framing, or otherwise one block that is the whole object. @throws Error */
export function unpackHadoopSnappy(sample: Uint8Array, sink: Sink): void {
  try {
    eachHadoopBlock(sample, sink, (block) => sink.write(snappyBlock(block)))
  } catch (error) {
    if (sink.length > 0) throw error
    sink.write(snappyBlock(sample))
  }
}

/** One block, which begins with its unpacked length. @throws Error */
export function snappyBlock(block: Uint8Array): Uint8Array {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) throw new Error('a cut block')
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) break
  }
  if (length > mostOfBlock) throw new Error('a block that is too long')
  const output = new Uint8Array(length)
  snappyUncompress(block, output)
  return output
}
