// LZ4: frames as the lz4 command writes them, and Hadoop's own framing.
import type { Sink } from './sink.ts'

const frameMagic = 0x184d2204

/** @throws Error if the sample is truncated or broken, or the sink is full */
export function unpackLz4Frames(sample: Uint8Array, sink: Sink): void {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength)
  let at = 0
  while (at < sample.length) {
    if (view.getUint32(at, true) !== frameMagic) throw new Error('no LZ4 frame')
    const flags = view.getUint8(at + 4)
    const hasBlockSums = (flags & 0x10) !== 0
    const hasContentSize = (flags & 0x08) !== 0
    const hasContentSum = (flags & 0x04) !== 0
    const hasDictionary = (flags & 0x01) !== 0
    at += 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)
    for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
      at += 4
      const length = size & 0x7fffffff
      const block = sample.subarray(at, at + length)
      if (size >>> 31) sink.write(block)
      else unpackLz4Block(block, sink)
      if (block.length < length) throw new Error('a cut block')
      at += length + (hasBlockSums ? 4 : 0)
    }
    at += 4 + (hasContentSum ? 4 : 0)
  }
}

/** @throws Error if the sample is truncated or broken, or the sink is full */
export function unpackHadoopLz4(sample: Uint8Array, sink: Sink): void {
  eachHadoopBlock(sample, sink, (block) => unpackLz4Block(block, sink))
}

/** Hadoop writes the unpacked length, then blocks, each with its packed length. */
export function eachHadoopBlock(sample: Uint8Array, sink: Sink, unpack: (block: Uint8Array) => void): void {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength)
  let at = 0
  while (at < sample.length) {
    const end = sink.length + view.getUint32(at)
    at += 4
    while (sink.length < end) {
      const size = view.getUint32(at)
      if (size === 0 || at + 4 + size > sample.length) throw new Error('a cut or broken block')
      unpack(sample.subarray(at + 4, at + 4 + size))
      at += 4 + size
    }
  }
}

/** One block without a frame. @throws Error */
export function unpackLz4Block(block: Uint8Array, sink: Sink): void {
  let at = 0
  const next = () => {
    if (at >= block.length) throw new Error('a cut block')
    return block[at++]!
  }
  const lengthOf = (nibble: number) => {
    let length = nibble
    if (nibble === 15) {
      let more = 255
      while (more === 255) {
        more = next()
        length += more
      }
    }
    return length
  }
  while (at < block.length) {
    const token = next()
    const literals = lengthOf(token >> 4)
    sink.write(block.subarray(at, at + literals))
    at += literals
    if (at >= block.length) return
    const distance = next() | (next() << 8)
    sink.copy(distance, lengthOf(token & 15) + 4)
  }
}
