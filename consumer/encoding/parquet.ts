// Encodes rows as one Parquet file, zstd, every column optional, timestamps as INT64 milliseconds (never INT96).
import { columns, tickColumns } from '@ticklake/contract/columns.ts'
import { parquetSchema } from '@ticklake/contract/parquet-schema.ts'
import type { ChosenRows, RowOrigin } from '../batching/slab.ts'
import { type Column, fill, newColumn } from './column.ts'
import { ParquetFile } from './parquet-file.ts'
import { TickColumns } from './tick-columns.ts'

/** Rows per row group: only one group is in memory as columns, not the whole file. */
const ROW_GROUP_ROWS = 50_000

/** One Parquet file with the chosen rows. */
export function encodeParquet(blocks: readonly ChosenRows[], origin: RowOrigin): Uint8Array<ArrayBuffer> {
  const groups = [...rowGroups(blocks)]
  const capacity = Math.max(0, ...groups.map(rowsOf))
  const ticks = new TickColumns(capacity)
  const topicId = newColumn(capacity)
  topicId.texts.add(Buffer.from(origin.topicId), 0, origin.topicId.length)
  const sink = {
    kafka_topic_id: topicId,
    kafka_partition: newColumn(capacity),
    kafka_offset: newColumn(capacity),
    kafka_timestamp: newColumn(capacity),
  }
  const byName: Record<string, Column> = { ...sink }
  for (const [i, { name }] of tickColumns.entries()) byName[name] = ticks.columns[i]!
  const ordered = columns.map(({ name }) => byName[name]!)
  const file = new ParquetFile(parquetSchema)
  for (const group of groups) {
    const rows = rowsOf(group)
    ticks.read(group)
    fill(sink.kafka_topic_id, rows, 0)
    fill(sink.kafka_partition, rows, origin.partition)
    copyColumn(sink.kafka_offset, group, (block) => block.offsets)
    copyColumn(sink.kafka_timestamp, group, (block) => block.timestampsMs)
    file.write(ordered, rows)
  }
  return file.finish()
}

/** Combines blocks until they have the rows of a group. */
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

function rowsOf(group: readonly ChosenRows[]): number {
  return group.reduce((sum, { indexes }) => sum + indexes.length, 0)
}

function copyColumn(
  column: Column,
  group: readonly ChosenRows[],
  numbersOf: (rows: ChosenRows['rows']) => Float64Array,
): void {
  let at = 0
  for (const { rows, indexes } of group) {
    const numbers = numbersOf(rows)
    for (let i = 0; i < indexes.length; i++) column.values[at++] = numbers[indexes[i]!]!
  }
  column.count = at
  column.isPresent.fill(1, 0, at)
}
