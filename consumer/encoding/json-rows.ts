// Encodes rows as JSON: the message as received, followed by the sink's columns.
import { finished } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type { ChosenRows, FrozenRows, RowOrigin } from '../batching/slab.ts'
import { MAX_TAIL, SinkTail } from './sink-tail.ts'

/** One row as a line of JSON, without the newline. */
export function jsonRow(rows: FrozenRows, row: number, origin: RowOrigin): Buffer {
  const start = row === 0 ? 0 : rows.ends[row - 1]!
  const tail = new SinkTail(origin)
  tail.moveTo(rows.offsets[row]!, rows.timestampsMs[row]!)
  return Buffer.concat([rows.bytes.subarray(start, rows.ends[row]! - 1), tail.bytes.subarray(0, -1)])
}

/** The chosen rows as JSON lines, compressed with zstd in one frame: some readers stop after the first. */
export async function encodeJsonl(
  blocks: readonly ChosenRows[],
  origin: RowOrigin,
): Promise<Uint8Array<ArrayBuffer>> {
  const zstd = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
    chunkSize: CHUNK_BYTES,
  })
  const compressed: Buffer[] = []
  zstd.on('data', (chunk: Buffer) => compressed.push(chunk))
  const write = (lines: Buffer) =>
    new Promise<void>((resolve, reject) => zstd.write(lines, (error) => (error ? reject(error) : resolve())))
  let buffer = Buffer.allocUnsafeSlow(0)
  const tail = new SinkTail(origin)
  for (const block of blocks) {
    const most = longestLines(block)
    // Each block's lines are compressed before the next block's are written into the same memory.
    if (buffer.length < most) buffer = Buffer.allocUnsafeSlow(most)
    await write(buffer.subarray(0, writeLines(block, tail, buffer)))
  }
  zstd.end()
  await finished(zstd)
  return joined(compressed)
}

const CHUNK_BYTES = 256 * 1024

function longestLines({ rows, indexes }: ChosenRows): number {
  let size = 0
  for (const row of indexes) size += rows.ends[row]! - (row === 0 ? 0 : rows.ends[row - 1]!) + MAX_TAIL
  return size
}

/** @returns where the lines end */
function writeLines({ rows, indexes }: ChosenRows, tail: SinkTail, lines: Buffer): number {
  const { bytes, ends, offsets, timestampsMs } = rows
  let at = 0
  for (let i = 0; i < indexes.length; i++) {
    const row = indexes[i]!
    const start = row === 0 ? 0 : ends[row - 1]!
    // All but the closing brace, which the tail adds.
    lines.set(bytes.subarray(start, ends[row]! - 1), at)
    at += ends[row]! - 1 - start
    tail.moveTo(offsets[row]!, timestampsMs[row]!)
    lines.set(tail.bytes, at)
    at += tail.bytes.length
  }
  return at
}

/** In its own memory, which can be transferred to another thread. */
function joined(parts: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
