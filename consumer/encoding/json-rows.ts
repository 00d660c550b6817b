// Encodes rows as JSON: the message as it came, with the sink's columns behind it.
import { finished } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type { ChosenRows, FrozenRows, RowOrigin } from '../batching/slab.ts'

/** One row as a line of JSON, without the line's end. */
export function jsonRow(rows: FrozenRows, row: number, origin: RowOrigin): Buffer {
  const start = row === 0 ? 0 : rows.ends[row - 1]!
  const tail = sinkTail(origin, rows.offsets[row]!, rows.timestampsMs[row]!)
  return Buffer.concat([rows.bytes.subarray(start, rows.ends[row]! - 1), Buffer.from(tail)])
}

/** The chosen rows as JSON lines, compressed with zstd in one frame: some readers stop at the end of the first. */
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
  for (const block of blocks) {
    const most = longestLines(block)
    // One block's lines are compressed before the next one's are written into the same memory.
    if (buffer.length < most) buffer = Buffer.allocUnsafeSlow(most)
    await write(buffer.subarray(0, writeLines(block, origin, buffer)))
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
function writeLines({ rows, indexes }: ChosenRows, origin: RowOrigin, lines: Buffer): number {
  let at = 0
  for (const row of indexes) {
    const start = row === 0 ? 0 : rows.ends[row - 1]!
    // All but the closing brace, which the tail brings.
    lines.set(rows.bytes.subarray(start, rows.ends[row]! - 1), at)
    at += rows.ends[row]! - 1 - start
    at += lines.write(`${sinkTail(origin, rows.offsets[row]!, rows.timestampsMs[row]!)}\n`, at, 'latin1')
  }
  return at
}

/** In memory of its own, which can be handed to another thread. */
function joined(parts: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Longest tail: 32 digits of topic id, 5 of partition, 16 of offset, 23 of time, and the names. */
const MAX_TAIL = 180

function sinkTail(origin: RowOrigin, offset: number, timestampMs: number): string {
  return (
    `,"kafka_topic_id":"${origin.topicId}","kafka_partition":${origin.partition}` +
    `,"kafka_offset":${offset},"kafka_timestamp":"${timestampText(timestampMs)}"}`
  )
}

let lastMs = Number.NaN
let lastText = ''

/** `YYYY-MM-DD HH:mm:ss.SSS` in UTC, as Athena's JSON SerDes read a timestamp. */
export function timestampText(timestampMs: number): string {
  if (timestampMs !== lastMs) {
    lastMs = timestampMs
    lastText = new Date(timestampMs).toISOString().replace('T', ' ').slice(0, 23)
  }
  return lastText
}
