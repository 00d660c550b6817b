import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { CONTRACT_VERSION, columnsAt } from '@ticklake/contract/columns.ts'
import { parquetSchema } from '@ticklake/contract/parquet-schema.ts'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { type MergeInput, mergeObjects } from './merge.ts'

const topicId = 'a'.repeat(32)

function parquetOf(S: number, E: number, contract = CONTRACT_VERSION, more?: string): MergeInput {
  const offsets = Array.from({ length: E - S }, (_, i) => S + i)
  const values: Record<string, unknown[]> = {
    index: offsets.map((offset) => `Ä${offset}`),
    date: offsets.map((offset) => -(offset + 1)),
    adj_close: offsets.map((offset) => (offset % 2 ? null : 0.1)),
    close_usd: offsets.map(() => null),
    source: offsets.map((offset) => (offset % 3 ? `feed ${offset}` : null)),
    traded_at: offsets.map((offset) => (offset % 3 ? 1_795_000_000_000n + BigInt(offset) : null)),
    kafka_topic_id: offsets.map(() => topicId),
    kafka_partition: offsets.map(() => 3),
    kafka_offset: offsets.map(BigInt),
    kafka_timestamp: offsets.map((offset) => 1_795_000_000_123n + BigInt(offset)),
  }
  const names = columnsAt(contract).map(({ name }) => name)
  const [root, ...elements] = parquetSchema
  const schema = [root!, ...elements.filter(({ name }) => names.includes(name))]
  if (more) {
    names.push(more)
    schema.push({ name: more, repetition_type: 'OPTIONAL', type: 'DOUBLE' })
  }
  const bytes = parquetWriteBuffer({
    columnData: names.map((name) => ({
      name,
      data: (values[name] ?? offsets.map((o) => o / 7)) as never[],
    })),
    schema: schema.with(0, { name: 'ticklake', num_children: names.length }) as never,
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
  })
  return { key: `k${S}`, bytes: new Uint8Array(bytes), rows: E - S, topicId, partition: 3, S, E }
}

async function rowsOf(bytes: Uint8Array) {
  const file = new Uint8Array(bytes).buffer
  return parquetReadObjects({ file, compressors: { ZSTD: (input) => zstdDecompressSync(input) } })
}

test('a merged object has all rows, value for value and in order, with the contract’s schema', async () => {
  const inputs = [parquetOf(0, 3), parquetOf(5, 9)]
  const merged = await mergeObjects({ format: 'parquet', inputs })
  expect(await rowsOf(merged)).toEqual([
    ...(await rowsOf(inputs[0]!.bytes)),
    ...(await rowsOf(inputs[1]!.bytes)),
  ])
  const { schema } = parquetMetadata(new Uint8Array(merged).buffer)
  expect(schema).toEqual(parquetMetadata(new Uint8Array(inputs[0]!.bytes).buffer).schema)
  expect(schema.map(({ type }) => type)).not.toContain('INT96')
})

test.each([
  [1, { source: null, traded_at: null }],
  [2, { traded_at: null }],
])(
  'an object of an earlier contract is merged with one of this (%i): missing columns are null, and nothing is lost',
  async (contract, lacking) => {
    const inputs = [parquetOf(0, 3, contract), parquetOf(5, 9)]
    const merged = await rowsOf(await mergeObjects({ format: 'parquet', inputs }))
    const [before, now] = await Promise.all(inputs.map(({ bytes }) => rowsOf(bytes)))
    for (const name of Object.keys(lacking)) expect(Object.keys(before![0]!)).not.toContain(name)
    expect(merged).toEqual([...before!.map((row) => ({ ...row, ...lacking })), ...now!])
    expect(now!.map(({ source }) => source)).toContain('feed 7')
  },
)

test('an object with a column of a newer release is not merged: the column would be lost', async () => {
  const inputs = [parquetOf(0, 3), parquetOf(5, 9, CONTRACT_VERSION, 'venue')]
  await expect(mergeObjects({ format: 'parquet', inputs })).rejects.toThrow(
    'k5 has the column venue, which this release of ticklake does not know',
  )
})

test.each([
  ['more rows than its claims', { rows: 2 }],
  ['fewer rows than its claims', { rows: 4 }],
  ['rows of another partition', { partition: 4 }],
  ['rows outside its range', { S: 1 }],
  ['rows of another topic', { topicId: 'b'.repeat(32) }],
])('an object with %s is not merged', async (_name, change) => {
  const inputs = [{ ...parquetOf(0, 3), ...change }, parquetOf(5, 9)]
  await expect(mergeObjects({ format: 'parquet', inputs })).rejects.toThrow('k0 has 3 rows')
})

test('JSON lines are merged line by line, and checked in the same way', async () => {
  const line = (offset: number) =>
    `{"index":"Ä","kafka_topic_id":"${topicId}","kafka_partition":3,"kafka_offset":${offset}}`
  const input = (S: number, text: string): MergeInput => ({
    key: `k${S}`,
    bytes: zstdCompressSync(text),
    rows: 1,
    topicId,
    partition: 3,
    S,
    E: S + 1,
  })
  const inputs = [input(0, `${line(0)}\n`), input(1, line(1))]
  const merged = await mergeObjects({ format: 'jsonl', inputs })
  expect(zstdDecompressSync(merged).toString()).toBe(`${line(0)}\n${line(1)}\n`)
  await expect(mergeObjects({ format: 'jsonl', inputs: [input(0, line(7))] })).rejects.toThrow(
    'k0 has 1 rows, 0 of its',
  )
})
