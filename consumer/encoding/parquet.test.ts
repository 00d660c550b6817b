import { zstdDecompressSync } from 'node:zlib'
import { columns, tickColumns } from '@ticklake/contract/columns.ts'
import { parquetSchema } from '@ticklake/contract/parquet-schema.ts'
import { canonicalBytes, validate } from '@ticklake/contract/validation.ts'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { RecordBuffer } from '../batching/record-buffer.ts'
import { encodeParquet } from './parquet.ts'

const MS = Date.UTC(2026, 0, 1)
const origin = { topicId: 'ab'.repeat(16), partition: 41 }
const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) }

interface Row {
  readonly offset: number
  readonly timestampMs: number
  readonly tick: Record<string, unknown>
}

function encoded(rows: readonly Row[]): ArrayBuffer {
  const buffer = new RecordBuffer(0)
  for (const { offset, timestampMs, tick } of rows)
    buffer.accept(offset, timestampMs, canonicalBytes(tick as never))
  const blocks = buffer
    .rowBlocks()
    .map((block) => ({ rows: block, indexes: Uint32Array.from({ length: block.count }, (_, i) => i) }))
  return encodeParquet(blocks, origin).buffer
}

/** The same rows written by the library alone. */
function byLibrary(rows: readonly Row[]): ArrayBuffer {
  const writer = new ByteWriter()
  const file = new ParquetWriter({
    writer,
    schema: parquetSchema,
    codec: 'UNCOMPRESSED',
    createdBy: 'ticklake',
  })
  const sink = (row: Row) => ({
    kafka_topic_id: origin.topicId,
    kafka_partition: origin.partition,
    kafka_offset: BigInt(row.offset),
    kafka_timestamp: BigInt(row.timestampMs),
  })
  const storedAs = (glue: string, value: unknown) => {
    if (value === null || value === undefined) return null
    if (glue === 'date') return new Date(`${value}T00:00:00Z`).getTime() / 86_400_000
    if (glue === 'timestamp' && typeof value === 'string')
      return BigInt(Date.parse(`${value.replace(' ', 'T')}Z`))
    return value
  }
  const columnData = columns.map(({ name, glue }) => ({
    name,
    data: rows.map((row) => storedAs(glue, { ...row.tick, ...sink(row) }[name])),
  }))
  file.write({ columnData: columnData as never, rowGroupSize: Number.POSITIVE_INFINITY })
  file.finish()
  return writer.getBuffer()
}

/** What readers use of the footer: the row count, the types, and each column's bounds and null count. */
function footer(file: ArrayBuffer) {
  const { num_rows, schema, row_groups } = parquetMetadata(file)
  return {
    num_rows,
    schema,
    columns: row_groups.map((group) =>
      group.columns.map(({ meta_data: of }) => ({
        path: of?.path_in_schema,
        values: of?.num_values,
        // The library checks for non-numeric strings; NaN never occurs here.
        statistics: { ...of?.statistics, nan_count: undefined },
      })),
    ),
  }
}

async function expectSameAsLibrary(rows: readonly Row[]): Promise<void> {
  const ours = encoded(rows)
  const theirs = byLibrary(rows)
  expect(await parquetReadObjects({ file: ours, compressors })).toEqual(
    await parquetReadObjects({ file: theirs }),
  )
  expect(footer(ours)).toEqual(footer(theirs))
}

const plain = { index: 'HSI', date: '2021-03-04', open: 1, high: 1, low: 1, close: 1, volume: 1 }
const row = (offset: number, tick: object = {}, timestampMs = MS): Row => ({
  offset,
  timestampMs,
  tick: { ...plain, adj_close: null, close_usd: null, ...tick },
})

const price = fc.oneof(
  fc.constantFrom(0, -1, 5e-324, 1.7976931348623157e308, 1e10, 0.1),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
)
const word = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
const day = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const time = day.map((date) => `${date} 23:59:59.999`)
const tick = fc
  .record({
    ...{ index: word, date: day, open: price, high: price, low: price, close: price, volume: price },
    adj_close: fc.option(price),
    close_usd: fc.option(price),
    source: fc.option(word),
    traded_at: fc.option(time),
  })
  .filter((of) => validate(canonicalBytes(of as never)).accepted)

test('any rows are read back like those that the library writes, with the same types and statistics', async () => {
  const rows = fc.array(fc.tuple(fc.nat(5_000_000_000), fc.integer({ min: -9_000, max: 9_000 }), tick), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(rows, async (drawn) => {
      let offset = 0
      await expectSameAsLibrary(
        drawn.map(([gap, later, of]) => {
          offset += gap + 1
          return { offset, timestampMs: MS + later, tick: of }
        }),
      )
    }),
    { numRuns: 60 },
  )
}, 30_000)

test('one row, columns of nulls alone, runs of nulls, and offsets far apart', async () => {
  await expectSameAsLibrary([row(7)])
  await expectSameAsLibrary(Array.from({ length: 1_000 }, (_, i) => row(i)))
  await expectSameAsLibrary(
    Array.from({ length: 1_000 }, (_, i) =>
      row(i * 3, { source: i < 500 ? 'é' : null, adj_close: i % 7 ? 1 : null }),
    ),
  )
  await expectSameAsLibrary([row(0), row(2 ** 52), row(2 ** 52 + 1), row(2 ** 53 - 1)])
})

test('any number of strings; the longest have truncated bounds', async () => {
  const texts = Array.from({ length: 3_000 }, (_, i) => row(i, { index: `${'long '.repeat(i % 9)}${i}` }))
  await expectSameAsLibrary(texts)
})

test('no rows give a file without row groups', async () => {
  const file = encoded([])
  expect(await parquetReadObjects({ file, compressors })).toEqual([])
  expect(parquetMetadata(file)).toMatchObject({ num_rows: 0n, row_groups: [] })
  expect(tickColumns.length + 4).toBe(columns.length)
})
