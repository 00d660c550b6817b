// For tests: batches of real brokers, written by librdkafka and Java in every codec, and what the Confluent client reads from them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BatchesToDecode, PartitionDecoder, type Run } from './partition-decoder.ts'
import { SlabPool } from './slab.ts'

export type GoldenRow = [offset: number, timestamp: number, key: string | null, value: string | null]

const file = JSON.parse(readFileSync(join(import.meta.dirname, 'golden-batches.json'), 'utf8')) as {
  batches: { writer: string; codec: string; bytes: string }[]
  rows: GoldenRow[]
}

export const golden: readonly { name: string; bytes: Buffer }[] = file.batches.map(
  ({ writer, codec, bytes }) => ({ name: `${codec} by ${writer}`, bytes: Buffer.from(bytes, 'base64') }),
)
export const goldenRows = file.rows

export interface Decoded {
  readonly rows: GoldenRow[]
  readonly runs: Run[]
  readonly nextOffset: number
}

/** All records of these batches. */
export function decode(
  bytes: Buffer,
  options: Partial<BatchesToDecode> = {},
  slabs = new SlabPool(),
): Decoded {
  // At an unaligned position, as within a response.
  const source = Buffer.concat([Buffer.alloc(3), bytes])
  const decoder = new PartitionDecoder(
    {
      bytes: source,
      view: new DataView(source.buffer, source.byteOffset, source.length),
      start: 3,
      end: source.length,
      fromOffset: 0,
      aborted: undefined,
      maxBatchBytes: 4_000_000,
      ...options,
    },
    slabs,
  )
  const rows: GoldenRow[] = []
  const runs: Run[] = []
  for (let run = decoder.next(); run; run = decoder.next()) {
    runs.push(run)
    rows.push(...rowsOf(run))
  }
  return { rows, runs, nextOffset: decoder.nextOffset }
}

function rowsOf({ slab, first, count }: Run): GoldenRow[] {
  const span = (start: number, end: number) => (start < 0 ? null : slab.bytes.toString('hex', start, end))
  return Array.from({ length: count }, (_, i) => {
    const at = first + i
    return [
      slab.offsets[at]!,
      slab.timestamps[at]!,
      span(slab.keyStarts[at]!, slab.keyEnds[at]!),
      span(slab.valueStarts[at]!, slab.valueEnds[at]!),
    ]
  })
}
