// A checksum of rows that does not depend on their order, to compare outputs with the topic.
import { zstdDecompressSync } from 'node:zlib'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { KafkaReader } from '@ticklake/kafka-reader'
import { parquetReadObjects } from 'hyparquet'

export interface Content {
  readonly rows: number
  /** The sum of a hash of each row, modulo 2^32: a lost, duplicate or changed row changes it. */
  readonly sum: number
  readonly objects: number
  readonly bytes: number
}

interface Tick {
  readonly index: string
  readonly open: number | bigint
  readonly close: number | bigint
  readonly volume: number | bigint
}

const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) }
const bits = new DataView(new ArrayBuffer(8))

/** The checksum of all objects below a prefix whose key has this ending. */
export async function contentBelow(bucket: Bucket, prefix: string, suffix: string): Promise<Content> {
  let content: Content = { rows: 0, sum: 0, objects: 0, bytes: 0 }
  for await (const { key } of bucket.list(prefix)) {
    const body = key.endsWith(suffix) ? await bucket.bytes(key) : undefined
    if (!body) continue
    const ticks = await ticksOf(suffix, body)
    content = {
      rows: content.rows + ticks.length,
      sum: ticks.reduce(add, content.sum),
      objects: content.objects + 1,
      bytes: content.bytes + body.length,
    }
  }
  return content
}

/** The checksum of all records of a topic. */
export async function contentOfTopic(brokers: string, topic: string): Promise<Content> {
  await using reader = new KafkaReader({ brokers: brokers.split(',') })
  const [facts] = await reader.topics([topic])
  const ends = await reader.listOffsets(
    facts!.partitions.map(({ partition }) => ({ topic, partition, at: 'latest' as const })),
  )
  const left = new Map(ends.flatMap(({ partition, offset }) => (offset > 0 ? [[partition, offset]] : [])))
  await reader.assign([...left.keys()].map((partition) => ({ topic, partition, offset: 0 })))
  let content: Content = { rows: 0, sum: 0, objects: 0, bytes: 0 }
  while (left.size > 0) {
    const { partition, count, bytes, valueStarts, valueEnds, nextOffset, release } = await reader.fetch()
    let { sum } = content
    let size = content.bytes
    for (let i = 0; i < count; i++) {
      sum = add(sum, JSON.parse(bytes.toString('utf8', valueStarts[i], valueEnds[i])) as Tick)
      size += valueEnds[i]! - valueStarts[i]!
    }
    content = { rows: content.rows + count, sum, objects: 0, bytes: size }
    release()
    if (nextOffset >= left.get(partition)!) left.delete(partition)
  }
  return content
}

async function ticksOf(suffix: string, body: Uint8Array): Promise<Tick[]> {
  if (suffix === '.parquet') {
    const file = body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer
    const columns = ['index', 'open', 'close', 'volume']
    return (await parquetReadObjects({ file, columns, compressors })) as unknown as Tick[]
  }
  const text = (suffix === '.json' ? Buffer.from(body) : zstdDecompressSync(body)).toString()
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Tick)
}

function add(sum: number, { index, open, close, volume }: Tick): number {
  let hash = index.length
  for (const value of [open, close, volume]) {
    bits.setFloat64(0, Number(value))
    hash = Math.imul(hash ^ bits.getInt32(0), 0x9e3779b1) ^ Math.imul(bits.getInt32(4), 0x85ebca6b)
    hash ^= hash >>> 15
  }
  return (sum + hash) >>> 0
}
