import { expect, test, vi } from 'vitest'
import { Damage } from './damage.ts'
import { decode, golden, goldenRows } from './golden.ts'
import { headersAt } from './record-spans.ts'
import { SlabPool } from './slab.ts'
import { batch, batchOf, marker, withChecksum } from './test-batch.ts'

// A busy machine may need more than the default timeout.
vi.setConfig({ testTimeout: 60_000 })

const text = (value: string) => Buffer.from(value)
const records = (count: number, value = 'v') =>
  Array.from({ length: count }, (_, delta) => ({
    delta,
    timestampDelta: delta * 3,
    value: text(`${value}${delta}`),
  }))
const hex = (value: string) => text(value).toString('hex')
const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof Damage) return error.code
    throw error
  }
  return 'none'
}

test.for(golden)('$name: the records that the Confluent client reads', ({ bytes }) => {
  expect(decode(bytes).rows).toEqual(goldenRows)
})

test('Java’s Snappy has a framing of its own', () => {
  const [java] = golden.filter(({ name }) => name === 'snappy by java')
  const [librdkafka] = golden.filter(({ name }) => name === 'snappy by librdkafka')
  expect(java!.bytes.toString('latin1', 62, 68)).toBe('SNAPPY')
  expect(librdkafka!.bytes.toString('latin1', 62, 68)).not.toBe('SNAPPY')
})

test('records below the asked offset are left out; null is not empty; headers are read when asked for', () => {
  const bytes = batch(
    [
      { delta: 0, value: text('before') },
      { delta: 1, key: null, value: null, headers: [['h', text('x'.repeat(200))]] },
      {
        delta: 5,
        key: text(''),
        value: text(''),
        timestampDelta: -9,
        headers: [
          ['h', null],
          ['', text('')],
        ],
      },
      { delta: 6, key: text('k'), value: text('x'.repeat(300)), timestampDelta: 2 ** 40 },
    ],
    { baseOffset: 2 ** 40, baseTimestamp: 1_000 },
  )
  const { rows, runs, nextOffset } = decode(bytes, { fromOffset: 2 ** 40 + 1 })
  expect(rows).toEqual([
    [2 ** 40 + 1, 1_000, null, null],
    [2 ** 40 + 5, 991, '', ''],
    [2 ** 40 + 6, 1_000 + 2 ** 40, hex('k'), hex('x'.repeat(300))],
  ])
  expect(nextOffset).toBe(2 ** 40 + 7)
  const { slab, first } = runs[0]!
  const headers = (i: number) => headersAt(slab.bytes, slab.headerStarts[first + i]!, slab.used)
  expect(headers(0)).toEqual([['h', text('x'.repeat(200))]])
  expect(headers(1)).toEqual([
    ['h', null],
    ['', text('')],
  ])
  expect(headers(2)).toEqual([])
  expect(code(() => headersAt(slab.bytes, slab.headerStarts[first]!, slab.headerStarts[first]! + 9))).toBe(
    'CORRUPT_BATCH',
  )
})

test('with LogAppendTime each record has the batch’s max timestamp', () => {
  const { rows, runs } = decode(batch(records(3), { baseTimestamp: 5, maxTimestamp: 77, appendTime: true }))
  expect(rows.map(([, timestamp]) => timestamp)).toEqual([77, 77, 77])
  expect(runs.map(({ appendTime }) => appendTime)).toEqual([true])
})

test('a run has one leader epoch and one kind of timestamp', () => {
  const bytes = Buffer.concat([
    batch(records(2), { baseOffset: 0, leaderEpoch: 3 }),
    batch(records(2), { baseOffset: 2, leaderEpoch: 3 }),
    batch(records(1), { baseOffset: 4, leaderEpoch: 4 }),
    batch(records(1), { baseOffset: 5, leaderEpoch: 4, appendTime: true }),
  ])
  const { runs, rows } = decode(bytes)
  expect(runs.map(({ count, leaderEpoch, nextOffset }) => [count, leaderEpoch, nextOffset])).toEqual([
    [4, 3, 4],
    [1, 4, 5],
    [1, 4, 6],
  ])
  expect(rows.map(([offset]) => offset)).toEqual([0, 1, 2, 3, 4, 5])
})

test('a marker of a later leader epoch is no part of the run before it', () => {
  const bytes = Buffer.concat([
    batch(records(2), { baseOffset: 0, leaderEpoch: 3, producerId: 1, transactional: true }),
    marker('commit', { baseOffset: 2, leaderEpoch: 3, producerId: 2 }),
    marker('commit', { baseOffset: 3, leaderEpoch: 4, producerId: 1 }),
  ])
  const { runs } = decode(bytes, { aborted: [] })
  expect(runs.map(({ count, leaderEpoch, nextOffset }) => [count, leaderEpoch, nextOffset])).toEqual([
    [2, 3, 3],
    [0, 4, 4],
  ])
})

test('a batch without records moves on; a batch that is cut waits for the next answer', () => {
  const empty = batchOf(Buffer.alloc(0), { baseOffset: 10, lastOffsetDelta: 9 })
  const next = batch(records(2), { baseOffset: 20 })
  expect(decode(empty)).toMatchObject({ rows: [], nextOffset: 20 })
  for (let cut = 1; cut <= next.length; cut += 3) {
    const { rows, nextOffset } = decode(Buffer.concat([empty, next.subarray(0, next.length - cut)]))
    expect([rows.length, nextOffset]).toEqual([0, 20])
  }
})

test('more records than one slab holds come in several runs, none lost', () => {
  const bytes = Buffer.concat(
    Array.from({ length: 20 }, (_, i) =>
      batch(records(900, 'x'.repeat(90)), { baseOffset: i * 900, codec: i % 2 }),
    ),
  )
  const { rows, runs } = decode(bytes)
  expect(runs.length).toBeGreaterThan(1)
  expect(rows.map(([offset]) => offset)).toEqual(Array.from({ length: 18_000 }, (_, i) => i))
  expect(rows.every(([offset, , , value]) => value === hex(`${'x'.repeat(90)}${offset % 900}`))).toBe(true)
})

test('aborted transactions are left out, by producer, and markers never are records', () => {
  const of = (producerId: number, baseOffset: number) =>
    batch(records(2, `p${producerId} `), { producerId, baseOffset, transactional: true })
  const bytes = Buffer.concat([
    of(1, 0),
    of(2, 2),
    batch(records(1, 'plain '), { baseOffset: 4 }),
    marker('abort', { producerId: 1, baseOffset: 5 }),
    of(1, 6),
    of(2, 8),
    marker('commit', { producerId: 1, baseOffset: 10 }),
    marker('commit', { producerId: 2, baseOffset: 11 }),
    of(1, 12),
    marker('abort', { producerId: 1, baseOffset: 14 }),
  ])
  const aborted = [
    { producerId: 1, firstOffset: 12 },
    { producerId: 1, firstOffset: 0 },
  ]
  const offsets = (options: Parameters<typeof decode>[1]) =>
    decode(bytes, options).rows.map(([offset]) => offset)
  expect(offsets({ aborted })).toEqual([2, 3, 4, 6, 7, 8, 9])
  expect(offsets({ aborted: aborted.toReversed() })).toEqual([2, 3, 4, 6, 7, 8, 9])
  expect(offsets({ aborted: [] })).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 12, 13])
  expect(offsets({ aborted: undefined })).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 12, 13])
  expect(decode(bytes, { aborted }).nextOffset).toBe(15)
})

test('what is damaged is reported with its kind, and what is before it is handed over first', () => {
  const good = batch(records(2))
  const flipped = Buffer.from(good)
  // Within a value, where nothing but the checksum can tell.
  flipped[good.length - 2]! ^= 1
  expect(code(() => decode(flipped))).toBe('CORRUPT_BATCH')
  const old = Buffer.from(good)
  old[16] = 1
  expect(code(() => decode(old))).toBe('UNSUPPORTED_BATCH')
  expect(code(() => decode(batch(records(2), { baseOffset: 2 ** 53 - 2 })))).toBe('UNSUPPORTED_BATCH')
  const unknownCodec = Buffer.from(good)
  unknownCodec[22] = 5
  expect(code(() => decode(withChecksum(unknownCodec)))).toBe('UNSUPPORTED_BATCH')
  const wrongCounts = [-1, 0, 1, 3, 2 ** 31 - 1].map((count) => batch(records(2), { count }))
  expect(wrongCounts.map((bytes) => code(() => decode(bytes)))).toEqual(
    wrongCounts.map(() => 'CORRUPT_BATCH'),
  )
  expect(code(() => decode(batch(records(3), { lastOffsetDelta: 1 })))).toBe('CORRUPT_BATCH')
})

test.for([1, 2, 3, 4, 10])('codec %i: a batch that decompresses to more than allowed is refused', (codec) => {
  const bytes = batch([{ delta: 0, value: Buffer.alloc(600_000) }], { codec })
  bytes.writeInt16BE(codec % 8, 21)
  withChecksum(bytes)
  expect(code(() => decode(bytes, { maxBatchBytes: 400_000 }))).toBe('BATCH_TOO_LARGE')
  expect(decode(bytes, { maxBatchBytes: 600_100 }).rows).toHaveLength(1)
})

test('records that were not given back stay as they are, whatever comes after them', () => {
  const slabs = new SlabPool()
  const [held] = decode(batch(records(3, 'held ')), {}, slabs).runs
  for (let i = 0; i < 30; i++) {
    for (const { slab } of decode(batch(records(50, 'x'.repeat(2_000))), {}, slabs).runs) slabs.release(slab)
  }
  const { slab, first, count } = held!
  const values = Array.from({ length: count }, (_, i) =>
    slab.bytes.toString('utf8', slab.valueStarts[first + i], slab.valueEnds[first + i]),
  )
  expect(values).toEqual(['held 0', 'held 1', 'held 2'])
})
