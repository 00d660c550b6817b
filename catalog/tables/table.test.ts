// The table of each format, the view, and what counts as a difference.
import { expect, test } from 'vitest'
import { tableDifferences } from './difference.ts'
import { viewSql } from './stored-view.ts'
import { tableInput } from './table.ts'
import { viewInput } from './view.ts'

const lake = { bucket: 'b', prefix: 'lake', dataset: 'ticks', table: 'ticks', format: 'parquet' } as const

test('the Parquet table has the contract’s columns in their order, and the folder of the dataset', () => {
  const table = tableInput({ ...lake, table: 'kafka-stock-market-engine-ym' })
  expect(table.Name).toBe('kafka-stock-market-engine-ym')
  expect(table.StorageDescriptor?.Location).toBe('s3://b/lake/ticks/')
  expect(table.StorageDescriptor?.Columns?.map((c) => `${c.Name} ${c.Type}`)).toEqual([
    'index string',
    'date date',
    'open double',
    'high double',
    'low double',
    'close double',
    'adj_close double',
    'volume double',
    'close_usd double',
    'kafka_topic_id string',
    'kafka_partition int',
    'kafka_offset bigint',
    'kafka_timestamp timestamp',
    'source string',
    'traded_at timestamp',
  ])
  expect(table.PartitionKeys?.map((c) => `${c.Name} ${c.Type}`)).toEqual(['dt string', 'hour string'])
  expect(table.StorageDescriptor?.SerdeInfo?.SerializationLibrary).toBe(
    'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  )
  expect(table.Parameters).not.toHaveProperty('projection.enabled')
})

test.each(['jsonl', 'json-object'] as const)('the %s table is read by the openx JSON SerDe', (format) => {
  const table = tableInput({ ...lake, format })
  expect(table.Parameters?.classification).toBe('json')
  expect(table.StorageDescriptor?.SerdeInfo?.SerializationLibrary).toBe('org.openx.data.jsonserde.JsonSerDe')
  expect(table.StorageDescriptor?.InputFormat).toBe('org.apache.hadoop.mapred.TextInputFormat')
  expect(table.StorageDescriptor?.SerdeInfo?.Parameters?.paths?.split(',')).toHaveLength(15)
})

test('the view has the tutorials’ names, the date as text, and quotes any database and table', () => {
  const view = viewInput({ database: 'stock-market-kafka', table: 'a"b', view: 'kafka_stock_market_demo' })
  expect(view.StorageDescriptor?.Columns?.map((c) => `${c.Name} ${c.Type}`)).toEqual([
    'index string',
    'date string',
    'open double',
    'high double',
    'low double',
    'close double',
    'adj close double',
    'volume double',
    'closeusd double',
  ])
  const sql = viewSql(view.ViewOriginalText)
  expect(sql).toContain('CAST("date" AS varchar) "date"')
  expect(sql).toContain('"adj_close" "adj close"')
  expect(sql).toContain('FROM\n  "stock-market-kafka"."a""b"')
  expect(view.Description).toBeUndefined()
})

test('what services and people add is not a difference', () => {
  const wanted = tableInput(lake)
  const existing = structuredClone(wanted)
  existing.Parameters!.transient_lastDdlTime = '1'
  existing.Description = 'mine'
  existing.StorageDescriptor!.Location = 's3://b/lake/ticks'
  for (const column of existing.StorageDescriptor!.Columns!) delete column.Comment
  expect(tableDifferences(existing, wanted)).toEqual([])
})

test('a column of another type, another folder, another SerDe and projection are differences', () => {
  const wanted = tableInput(lake)
  const existing = structuredClone(tableInput({ ...lake, format: 'jsonl', dataset: 'other' }))
  existing.StorageDescriptor!.Columns![1]!.Type = 'string'
  existing.Parameters!['projection.enabled'] = 'true'
  const names = tableDifferences(existing, wanted).map(({ what }) => what)
  expect(names).toEqual(
    expect.arrayContaining(['columns', 'location', 'SerDe', 'input format', 'partition projection']),
  )
})

test('a view over another table is a difference of its SQL', () => {
  const wanted = viewInput({ database: 'd', table: 'a', view: 'v' })
  const existing = viewInput({ database: 'd', table: 'b', view: 'v' })
  expect(tableDifferences(existing, wanted)).toEqual([
    expect.objectContaining({ what: 'SQL', wanted: expect.stringContaining('"d"."a"') }),
  ])
})
