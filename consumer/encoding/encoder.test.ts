import { zstdDecompressSync } from 'node:zlib'
import { canonicalBytes } from '@ticklake/contract/validation.ts'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { RecordBuffer } from '../batching/record-buffer.ts'
import { startEncoder } from './encoder.ts'

const HOUR_MS = 3_600_000
const MS = Date.UTC(2026, 0, 1)
const ROWS = 70_000
// Two threads and several hundred thousand values: seconds on a busy machine.
const PATIENCE = { timeout: 60_000 }
const origin = { topicId: '0'.repeat(32), partition: 3 }

/** Rows that alternate between two hours now and then. */
function filled(): RecordBuffer {
  const buffer = new RecordBuffer(0)
  for (let i = 0; i < ROWS; i++) {
    const tick = { index: `I\u00e9${i % 14}`, date: '2021-03-04', open: i / 8, high: i, low: 0, close: i / 7 }
    const rest = { adj_close: i % 3 ? i / 3 : null, volume: i * 1e5, close_usd: null }
    buffer.accept(i, MS + (i % 5 === 0 ? HOUR_MS : 0) + i, canonicalBytes({ ...tick, ...rest }))
  }
  return buffer
}

const sources = [undefined, 'a feed', 'say "é"', 'a,}']
const tradedAts = [undefined, '2026-11-20 09:59:59.250', undefined, '1969-12-31 23:59:59.999']

/** The same prices, sent by each source in turn. */
function sent(): RecordBuffer {
  const buffer = new RecordBuffer(0)
  const price = { open: 1, high: 1, low: 1, close: 1, adj_close: null, volume: 1 }
  for (const [i, source] of sources.entries()) {
    const tick = { index: 'A', date: '2021-03-04', ...price, close_usd: i % 2 ? null : 0.5 }
    const traded_at = tradedAts[i]
    const added = { ...(source !== undefined && { source }), ...(traded_at !== undefined && { traded_at }) }
    buffer.accept(i, MS + i, canonicalBytes({ ...tick, ...added }))
  }
  return buffer
}

const expected = (hour: number) =>
  Array.from({ length: ROWS }, (_, i) => i).filter((i) => (i % 5 === 0 ? 1 : 0) === hour)

test(
  'Parquet: one file per hour with every row and value, and only one row group in memory',
  PATIENCE,
  async () => {
    await using encoder = startEncoder()
    const files = await encoder.encode({ format: 'parquet', slabs: filled().takeSlabs(), origin })
    expect(files).toHaveLength(2)
    for (const [hour, bytes] of files.entries()) {
      const file = bytes.buffer
      const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) }
      const rows = await parquetReadObjects({ file, compressors })
      expect(rows.map(({ kafka_offset }) => Number(kafka_offset))).toEqual(expected(hour))
      const row = rows[1]!
      const i = Number(row.kafka_offset)
      expect(row).toMatchObject({ index: `I\u00e9${i % 14}`, open: i / 8, close: i / 7, close_usd: null })
      expect(rows.filter(({ adj_close }) => adj_close === null)).toHaveLength(
        expected(hour).filter((at) => at % 3 === 0).length,
      )
      if (hour === 0) expect(parquetMetadata(file).row_groups.length).toBeGreaterThan(1)
    }
  },
)

test('a column that was added later is read if present, and null if not', PATIENCE, async () => {
  await using encoder = startEncoder()
  const slabs = () => sent().takeSlabs()
  const [parquet] = await encoder.encode({ format: 'parquet', slabs: slabs(), origin })
  const rows = await parquetReadObjects({
    file: parquet!.buffer,
    compressors: { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) },
  })
  expect(rows.map(({ source }) => source ?? undefined)).toEqual(sources)
  const times = tradedAts.map((text) => (text ? new Date(`${text}Z`) : null))
  expect(rows.map(({ traded_at }) => traded_at)).toEqual(times)
  expect(rows.map(({ close_usd }) => close_usd)).toEqual([0.5, null, 0.5, null])
  expect(Object.keys(rows[0]!).slice(-2), 'they come after the earlier columns').toEqual([
    'source',
    'traded_at',
  ])
  const [jsonl] = await encoder.encode({ format: 'jsonl', slabs: slabs(), origin })
  const lines = zstdDecompressSync(jsonl!).toString().trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).source)).toEqual(sources)
  expect(lines.map((line) => JSON.parse(line).traded_at)).toEqual(tradedAts)
})

test('JSON lines: one file per hour, one frame, jobs answered in order', PATIENCE, async () => {
  await using encoder = startEncoder()
  const small = new RecordBuffer(0)
  small.accept(
    7,
    MS,
    canonicalBytes({
      index: 'A',
      date: '2021-03-04',
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      adj_close: null,
      volume: 1,
      close_usd: 1,
    }),
  )
  const [both, one] = await Promise.all([
    encoder.encode({ format: 'jsonl', slabs: filled().takeSlabs(), origin }),
    encoder.encode({ format: 'jsonl', slabs: small.takeSlabs(), origin }),
  ])
  for (const [hour, bytes] of both.entries()) {
    const lines = zstdDecompressSync(bytes).toString().trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { kafka_offset: number }).kafka_offset)).toEqual(
      expected(hour),
    )
    const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
    expect(Buffer.from(bytes).indexOf(magic, 1), 'no second frame').toBe(-1)
  }
  expect(zstdDecompressSync(one[0]!).toString()).toContain('"kafka_offset":7,')
})

test('a dead thread is not waited for: its jobs and later ones are refused', PATIENCE, async () => {
  await using encoder = startEncoder()
  // More rows than fit in its memory.
  const slabs = [{ memory: new ArrayBuffer(0), count: 1e9 }]
  const job = { format: 'jsonl' as const, slabs, origin }
  await expect(encoder.encode(job)).rejects.toMatchObject({ code: 'ENCODER_FAILED' })
  const later = { ...job, slabs: filled().takeSlabs() }
  await expect(encoder.encode(later)).rejects.toMatchObject({ code: 'ENCODER_FAILED' })
})
