// Merges objects of one partition into one: the same rows, in order, checked on the way in and out.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { columns } from '@ticklake/contract/columns.ts'
import { parquetSchema } from '@ticklake/contract/parquet-schema.ts'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'

/** An object's bytes, and what its claims say about it. */
export interface MergeInput {
  readonly key: string
  readonly bytes: Uint8Array
  readonly rows: number
  readonly topicId: string
  readonly partition: number
  readonly S: number
  readonly E: number
}

export interface MergeJob {
  readonly format: 'parquet' | 'jsonl'
  readonly inputs: readonly MergeInput[]
}

/**
 * One object with the rows of all.
 * @throws Error with a plain sentence if an object does not have exactly the rows of its claims
 */
export async function mergeObjects({ format, inputs }: MergeJob): Promise<Uint8Array> {
  return format === 'parquet' ? mergeParquet(inputs) : mergeJsonl(inputs)
}

async function mergeParquet(inputs: readonly MergeInput[]): Promise<Uint8Array> {
  const values: Record<string, unknown[]> = Object.fromEntries(columns.map(({ name }) => [name, []]))
  for (const input of inputs) {
    const file = ownBuffer(input.bytes)
    refuseUnknownColumns(input.key, file)
    const rows = await parquetReadObjects({
      file,
      compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
      parsers: asStored,
    })
    check(
      input,
      rows.map((row) => ({
        topicId: row.kafka_topic_id,
        partition: row.kafka_partition,
        offset: Number(row.kafka_offset),
      })),
    )
    // An object of an earlier contract lacks the columns that were added since.
    for (const row of rows) for (const { name } of columns) values[name]!.push(row[name] ?? null)
  }
  const merged = parquetWriteBuffer({
    columnData: columns.map(({ name }) => ({ name, data: values[name] as never[] })),
    schema: parquetSchema,
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    rowGroupSize: 250_000,
    createdBy: 'ticklake',
  })
  const wanted = inputs.reduce((sum, { rows }) => sum + rows, 0)
  const written = Number(parquetMetadata(merged).num_rows)
  if (written !== wanted) throw new Error(`${written} rows were written instead of ${wanted}`)
  return new Uint8Array(merged)
}

/** A column that a newer release added would be missing from the merged object, and soon from the lake. */
function refuseUnknownColumns(key: string, file: ArrayBuffer): void {
  const [, ...found] = parquetMetadata(file).schema
  const unknown = found.find(({ name }) => !columns.some((column) => column.name === name))
  if (unknown) {
    throw new Error(`${key} has the column ${unknown.name}, which this release of ticklake does not know`)
  }
}

function mergeJsonl(inputs: readonly MergeInput[]): Uint8Array {
  const parts = inputs.map((input) => {
    const text = zstdDecompressSync(input.bytes)
    const lines = text
      .toString()
      .split('\n')
      .filter((line) => line !== '')
    check(
      input,
      lines.map((line) => {
        const row = JSON.parse(line) as {
          kafka_topic_id: unknown
          kafka_partition: unknown
          kafka_offset: number
        }
        return { topicId: row.kafka_topic_id, partition: row.kafka_partition, offset: row.kafka_offset }
      }),
    )
    return text.at(-1) === 0x0a ? text : Buffer.concat([text, Buffer.from('\n')])
  })
  return zstdCompressSync(Buffer.concat(parts), { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
}

/** Every row must be one of the claims, once. */
function check(
  { key, rows, topicId, partition, S, E }: MergeInput,
  found: readonly { topicId: unknown; partition: unknown; offset: number }[],
): void {
  const own = found.filter(
    (row) => row.topicId === topicId && row.partition === partition && row.offset >= S && row.offset < E,
  )
  const distinct = new Set(own.map(({ offset }) => offset)).size
  if (found.length !== rows || distinct !== rows) {
    throw new Error(`${key} has ${found.length} rows, ${distinct} of its claims, which have ${rows}`)
  }
}

/** Raw values of the file, so that they are written as they were read, without conversion to dates. */
const asStored = {
  timestampFromMilliseconds: (ms: bigint) => ms,
  dateFromDays: (days: number) => days,
} as never

function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}
