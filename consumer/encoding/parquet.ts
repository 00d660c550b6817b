// Encodes rows as one Parquet file, zstd, every column optional, timestamps as INT64 milliseconds (never INT96).
import { zstdCompressSync } from 'node:zlib'
import { columns, tickColumns } from '@ticklake/contract/columns.ts'
import { parquetSchema } from '@ticklake/contract/parquet-schema.ts'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { ChosenRows, RowOrigin } from '../batching/slab.ts'
import { scanColumns } from './row-scanner.ts'

/** A row group is written when it has so many rows: what is in memory as columns is one group, not the file. */
const ROW_GROUP_ROWS = 50_000

/** One Parquet file with the chosen rows. */
export function encodeParquet(blocks: readonly ChosenRows[], origin: RowOrigin): Uint8Array<ArrayBuffer> {
  const bytes = new ByteWriter(64 * 1024)
  const file = new ParquetWriter({
    writer: bytes,
    schema: parquetSchema,
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    createdBy: 'ticklake',
  })
  for (const group of rowGroups(blocks)) {
    file.write({ columnData: columnsOf(group, origin), rowGroupSize: Number.POSITIVE_INFINITY })
  }
  file.finish()
  return new Uint8Array(bytes.getBuffer())
}

/** Blocks put together until they have the rows of a group. */
function* rowGroups(blocks: readonly ChosenRows[]): Generator<ChosenRows[]> {
  let group: ChosenRows[] = []
  let rows = 0
  for (const block of blocks) {
    group.push(block)
    rows += block.indexes.length
    if (rows >= ROW_GROUP_ROWS) {
      yield group
      group = []
      rows = 0
    }
  }
  if (group.length > 0) yield group
}

function columnsOf(group: readonly ChosenRows[], origin: RowOrigin): { name: string; data: unknown[] }[] {
  const scanned = scanColumns(group)
  const count = scanned[0]!.length
  const data: Record<string, ArrayLike<unknown>> = {
    kafka_topic_id: new Array(count).fill(origin.topicId),
    kafka_partition: new Int32Array(count).fill(origin.partition),
    kafka_offset: bigints(group, count, (rows) => rows.offsets),
    kafka_timestamp: bigints(group, count, (rows) => rows.timestampsMs),
  }
  for (const [i, { name }] of tickColumns.entries()) data[name] = scanned[i]!
  return columns.map(({ name }) => ({ name, data: data[name] as unknown[] }))
}

function bigints(
  group: readonly ChosenRows[],
  count: number,
  column: (rows: ChosenRows['rows']) => Float64Array,
): BigInt64Array {
  const result = new BigInt64Array(count)
  let at = 0
  for (const { rows, indexes } of group) {
    const numbers = column(rows)
    for (const row of indexes) result[at++] = BigInt(numbers[row]!)
  }
  return result
}
