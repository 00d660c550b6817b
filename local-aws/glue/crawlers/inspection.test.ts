import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { inspect } from './inspection.ts'
import { glueColumns } from './schema.ts'

/** The inspection of an object with this content, and which of its bytes were read. */
async function inspected(content: string | Uint8Array) {
  const bytes = Buffer.from(content)
  let read = 0
  const result = await inspect(bytes.length, async (start, end) => {
    read += end - start
    return bytes.subarray(start, end)
  })
  const found = 'reason' in result ? undefined : result
  const columns = found && glueColumns(found.schema).map(({ Name, Type }) => `${Name} ${Type}`)
  return { found, columns, read, size: bytes.length }
}

describe('JSON', () => {
  it.each([
    ['{"a":1}', ['a int']],
    ['{"a":1}\n{"a":2147483648}', ['a bigint']],
    ['{"a":-2147483647}', ['a int']],
    ['{"a":9223372036854775807}', ['a bigint']],
    ['{"a":9223372036854775808}', ['a double']],
    ['{"a":1.0}', ['a double']],
    ['{"a":1}\n{"a":1e3}', ['a double']],
    ['{"a":true,"b":"2020-01-01"}', ['a boolean', 'b string']],
    ['{"a":null}', ['a string']],
    ['{"a":null}\n{"a":7}', ['a int']],
    ['{"a":1}\n{"a":"x"}', ['a string']],
    ['{"a":[1,2.5]}', ['a array<double>']],
    ['{"a":[]}', ['a array<string>']],
    ['{"a":{"x":1,"y":{"z":"t"}}}', ['a struct<x:int,y:struct<z:string>>']],
    ['{"a":[{"x":1},{"y":2}]}', ['a array<struct<x:int,y:int>>']],
    ['{"Adj Close":1}', ['Adj Close int']],
    ['{\n  "a": 1,\n  "b": "}{"\n}\n', ['a int', 'b string']],
    ['{"a":"\\"}"}\n\n{"b":1}\r\n', ['a string', 'b int']],
    ['[{"a":1},{"b":2}]', ['array array<struct<a:int,b:int>>']],
  ])('%j has the columns %j', async (text, columns) => {
    const { found, columns: seen } = await inspected(text)
    expect(found?.classification).toBe('json')
    expect(seen).toEqual(columns)
  })

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('is unpacked from %s', async (compression, pack) => {
    const { found } = await inspected(pack('{"a":1}\n{"a":2}\n'))
    expect(found).toMatchObject({ classification: 'json', compression, records: 2 })
  })

  it('of many megabytes is recognized by its first, and its records are estimated', async () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, i) => `{"number":${String(i).padStart(6, '1')},"text":"abcdefghij"}\n`,
    )
    const { found, read, size } = await inspected(lines.join(''))
    expect(read).toBeLessThan(size / 3)
    expect(found!.records).toBeGreaterThan(98_000)
    expect(found!.records).toBeLessThan(102_000)
  })

  it('that is packed and cut is recognized by what unpacks', async () => {
    const random = Array.from({ length: 60_000 }, (_, i) => `{"n":"${Math.sin(i)}${Math.cos(i)}"}\n`).join('')
    const { found, size } = await inspected(gzipSync(random))
    expect(size).toBeGreaterThan(1024 * 1024)
    expect(found).toMatchObject({ classification: 'json', compression: 'gzip' })
    expect(found!.records / 60_000).toBeGreaterThan(0.9)
    expect(found!.records / 60_000).toBeLessThan(1.1)
  })
})

describe('CSV', () => {
  it.each([
    ['name,n\nx,1\ny,2\n', ['name string', 'n bigint'], true, 2],
    ['name,other\nx,y\nz,w\n', ['col0 string', 'col1 string'], false, 3],
    ['1,2\n3,4\n', ['col0 bigint', 'col1 bigint'], false, 2],
    ['a|b\n1|2.5\n3|\n', ['a bigint', 'b double'], true, 2],
    ['a\tb\n1\t"x\ty"\n', ['a bigint', 'b string'], true, 1],
    ['\uFEFFa,b\r\n1,2020-01-01\r\n', ['a bigint', 'b string'], true, 1],
    [`${'h'.repeat(150)},b\nx,1\ny,2\n`, ['col0 string', 'col1 string'], false, 3],
    ['a,b\nx,1\n,\n', ['a string', 'b bigint'], true, 2],
  ])('%j has the columns %j', async (text, columns, hasHeader, records) => {
    const { found, columns: seen } = await inspected(text)
    expect(found).toMatchObject({ classification: 'csv', records, csv: { hasHeader } })
    expect(seen).toEqual(columns)
  })
})

describe('Parquet', () => {
  it('is read by its footer alone', async () => {
    const rows = 40_000
    const file = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          {
            name: 'Text',
            data: Array.from({ length: rows }, (_, i) => `row ${Math.sin(i)}`),
            type: 'STRING',
          },
          { name: 'd', data: Array.from({ length: rows }, (_, i) => i / 3), type: 'DOUBLE' },
          { name: 'i', data: Array.from({ length: rows }, (_, i) => i), type: 'INT32' },
          { name: 'l', data: Array.from({ length: rows }, (_, i) => BigInt(i)), type: 'INT64' },
          { name: 'b', data: Array.from({ length: rows }, () => true), type: 'BOOLEAN' },
          { name: 't', data: Array.from({ length: rows }, (_, i) => new Date(i)), type: 'TIMESTAMP' },
        ],
      }),
    )
    const { found, columns, read, size } = await inspected(file)
    expect(columns).toEqual(['Text string', 'd double', 'i int', 'l bigint', 'b boolean', 't timestamp'])
    expect(found).toMatchObject({ classification: 'parquet', compression: 'none', records: rows })
    expect(size).toBeGreaterThan(1_000_000)
    expect(read).toBeLessThan(200_000)
  })
})

it.each([
  ['nothing but words, and one line'],
  ['{"cut": '],
  ['PAR1 but no footer here'],
  ['<xml/>'],
  ['{"a":1} trailing words'],
])('%j is of no known format', async (text) => {
  expect((await inspected(text)).found).toBeUndefined()
})

it('a read that fails is not taken for broken content', async () => {
  const failing = () => Promise.reject(new Error('connection lost'))
  await expect(inspect(100, failing)).rejects.toThrow('connection lost')
})

it('no table is made of binary content, although commas and line ends are in it', async () => {
  const bytes = Buffer.from(Array.from({ length: 1_024 }, (_, i) => i % 256))
  expect((await inspected(bytes)).found).toBeUndefined()
  expect((await inspected(Buffer.from('id,name\n1,x\n2,y\n', 'utf16le'))).found).toBeUndefined()
})
