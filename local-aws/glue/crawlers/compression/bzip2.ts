// bzip2, by the package seek-bzip.
import bzip2 from 'seek-bzip'
import type { Sink } from './sink.ts'

/** @throws Error if the sample is truncated or broken, or the sink is full */
export function unpackBzip2(sample: Uint8Array, sink: Sink): void {
  let at = 0
  const input = {
    readByte() {
      if (at >= sample.length) throw new Error('the content ends in the middle of a block')
      return sample[at++]!
    },
    read(buffer: Uint8Array, offset: number, length: number) {
      const bytes = sample.subarray(at, at + length)
      buffer.set(bytes, offset)
      at += bytes.length
      return bytes.length
    },
    seek(position: number) {
      at = position
    },
    eof: () => at >= sample.length,
  }
  bzip2.decode(input, sink, true)
}
