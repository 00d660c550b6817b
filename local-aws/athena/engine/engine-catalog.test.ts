import { engineAccessKey } from '@ticklake/runtime/engine-catalogs.ts'
import { expect, test } from 'vitest'
import type { Table } from '../../glue/api/shapes.ts'
import { presentedView } from '../sql/view.ts'
import { forEngineToo } from './engine-catalog.ts'
import { headerName } from './header-name.ts'

const column = (Name: string, Type: string) => ({ Name, Type })
const Location = 's3://b/t/'
const csv = {
  DatabaseName: 'db',
  Name: 't',
  TableType: 'EXTERNAL_TABLE',
  PartitionKeys: [column('p', 'int')],
  StorageDescriptor: {
    Columns: [column('a', 'int'), column('s', 'string')],
    SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' },
    Location,
  },
}
const enumOf = (Type: string) => ({
  ...csv,
  PartitionKeys: [column('p', Type)],
  StorageDescriptor: {
    SerdeInfo: {},
    Location,
    Columns: [column('a', 'array<struct<b:int,c:decimal(3,1)>>')],
  },
  Parameters: { 'projection.enabled': 'TRUE', 'projection.p.type': 'enum', 'projection.p.values': '1,2' },
})

/** The answer to a request, and the request that the catalog got. */
async function ask(
  operation: string,
  request: object,
  answer: object,
  accessKey = engineAccessKey,
  keys: readonly string[] = [],
  entries: Readonly<Record<string, Table>> = {},
) {
  let asked: unknown
  const service = forEngineToo(
    {
      mostBytes: 1,
      handleText: async (_operation, json) => {
        asked = JSON.parse(json)
        return { status: 200, text: JSON.stringify(answer) }
      },
      getTable: async (_database, name) => entries[name],
    },
    async () => keys,
  )
  const { text } = await service.handleText(operation, JSON.stringify(request), accessKey)
  return { asked, answered: JSON.parse(text as string) }
}

const get = { DatabaseName: 'db', Name: 't' }

test('the engine gets a view that types the text of a CSV, and behind it the table; others get the table', async () => {
  expect((await ask('GetTable', get, { Table: csv }, 'test')).answered).toEqual({ Table: csv })
  const { answered } = await ask('GetTable', get, { Table: csv })
  const view = presentedView(answered.Table)!
  expect(view.columns).toEqual([
    { name: 'a', type: 'integer' },
    { name: 's', type: 'varchar' },
    { name: 'p', type: 'integer' },
  ])
  expect(view.originalSql).toContain('FROM "db"."t|text"')
  const stored = await ask('GetTable', { ...get, Name: 't|text' }, { Table: csv })
  expect(stored.asked).toEqual(get)
  expect(stored.answered.Table).toEqual({ ...csv, Name: 't|text' })
  const partition = { DatabaseName: 'db', TableName: 't', Values: ['1'] }
  const partitions = await ask('GetPartitions', { TableName: 't|text' }, { Partitions: [partition] })
  expect(partitions.answered.Partitions).toEqual([{ ...partition, TableName: 't|text' }])
})

test('the records of a CloudTrail log are rows of a view on the object that holds them', async () => {
  const StorageDescriptor = {
    Columns: [column('eventname', 'string'), column('useridentity', 'struct<type:string>')],
    InputFormat: 'com.amazon.emr.cloudtrail.CloudTrailInputFormat',
    SerdeInfo: { SerializationLibrary: 'org.apache.hive.hcatalog.data.JsonSerDe' },
    Location,
  }
  const logs = { ...csv, PartitionKeys: [column('region', 'string')], StorageDescriptor }
  const view = presentedView((await ask('GetTable', get, { Table: logs })).answered.Table)!
  expect(view.originalSql).toBe(
    'SELECT "eventname" AS "eventname", "useridentity" AS "useridentity", "region" AS "region" FROM "db"."t|text" CROSS JOIN UNNEST("records") AS "record" ("eventname", "useridentity")',
  )
  expect(view.columns[1]).toEqual({ name: 'useridentity', type: 'row("type" varchar)' })
  const stored = {
    Columns: [column('records', 'array<struct<eventname:string,useridentity:struct<type:string>>>')],
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
  }
  const below = await ask('GetTable', { ...get, Name: 't|text' }, { Table: logs })
  expect(below.answered.Table.StorageDescriptor).toMatchObject(stored)
  const partition = { DatabaseName: 'db', TableName: 't', Values: ['x'], StorageDescriptor }
  const partitions = await ask('GetPartitions', { TableName: 't|text' }, { Partitions: [partition] })
  expect(partitions.answered.Partitions[0].StorageDescriptor).toMatchObject(stored)
})

test('what the engine writes back keeps the types, and texts that look like marks stay', async () => {
  const input = { Name: 't|text', StorageDescriptor: { Columns: [column('a', 'string')] }, PartitionKeys: [] }
  const { asked } = await ask('UpdateTable', { DatabaseName: 'db', TableInput: input }, { Table: csv })
  expect(asked).toEqual({
    DatabaseName: 'db',
    TableInput: {
      Name: 't',
      StorageDescriptor: { Columns: csv.StorageDescriptor.Columns },
      PartitionKeys: csv.PartitionKeys,
    },
  })
  const Parameters = { comment: 'utf8:%e6', 'input.regex': '(a|text)' }
  const request = { DatabaseName: 'db', TableInput: { Name: 'u', Parameters } }
  expect((await ask('UpdateTable', request, {})).asked).toEqual(request)
})

test('a table of texts alone, and one that is no CSV, is what it is', async () => {
  const texts = { ...csv, StorageDescriptor: { ...csv.StorageDescriptor, Columns: [column('s', 'string')] } }
  for (const table of [texts, enumOf('string'), { ...enumOf('int'), Parameters: {} }]) {
    expect((await ask('GetTables', {}, { TableList: [table] })).answered.TableList).toEqual([table])
  }
})

test('a table without STORED AS has an output format for the engine that it can write, in partitions too', async () => {
  const stored = { OutputFormat: 'org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat' }
  const written = { OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' }
  const table = {
    ...enumOf('int'),
    Parameters: {},
    StorageDescriptor: { SerdeInfo: {}, Location, ...stored },
  }
  expect((await ask('GetTable', get, { Table: table })).answered.Table.StorageDescriptor).toMatchObject(
    written,
  )
  const partition = { Values: ['1'], StorageDescriptor: stored }
  expect((await ask('GetPartitions', get, { Partitions: [partition] })).answered.Partitions).toMatchObject([
    { StorageDescriptor: written },
  ])
  expect((await ask('GetTable', get, { Table: table }, 'test')).answered).toEqual({ Table: table })
})

const viewOf = (json: string) => `/* Presto View: ${Buffer.from(json).toString('base64')} */`
const view = (json?: string) => ({
  StorageDescriptor: undefined,
  TableType: 'VIRTUAL_VIEW',
  ...(json === undefined ? {} : { ViewOriginalText: viewOf(json) }),
})
const { StorageDescriptor } = csv

test.each<[string, object, string]>([
  ['storage', { StorageDescriptor: undefined }, 'Table is missing storage descriptor: db.t'],
  [
    'a SerDe',
    { StorageDescriptor: { ...StorageDescriptor, SerdeInfo: undefined } },
    'Table storage descriptor is missing SerDe info',
  ],
  [
    'a location',
    { StorageDescriptor: { ...StorageDescriptor, Location: '' } },
    'Table storage descriptor is missing location: db.t',
  ],
  [
    'the type of a column',
    { StorageDescriptor: { ...StorageDescriptor, Columns: [{ Name: 'c' }] } },
    "HIVE_INVALID_METADATA: Glue table 'db.t' column 'c' has invalid data type: null",
  ],
  [
    'a column of a type of Hive’s',
    { PartitionKeys: [column('p', 'map<string,array<long>>')] },
    "HIVE_INVALID_METADATA: Glue table 'db.t' column 'p' has invalid data type: map<string,array<long>>",
  ],
  ['the text of a view', view(), 'HIVE_INVALID_METADATA: No view original text: db.t'],
  [
    'the type of a view’s column',
    view('{"originalSql":"SELECT 1 c","columns":[{"name":"c"}]}'),
    'INVALID_VIEW: Invalid view JSON: {"originalSql":"SELECT 1 c","columns":[{"name":"c"}]}',
  ],
  ['anything in a view', view('null'), 'INVALID_VIEW: Invalid view JSON: null'],
  ['the form of a view', view('{'), 'INVALID_VIEW: Invalid view JSON: {'],
])('the engine is refused a table that lacks %s, and gets it in a list', async (_, lacking, message) => {
  const Table = { ...csv, ...lacking }
  await expect(ask('GetTable', get, { Table })).rejects.toMatchObject({ status: 400, message })
  const { answered } = await ask('GetTables', { DatabaseName: 'db' }, { TableList: [Table, csv] })
  expect(answered.TableList.map(({ Name }: { Name: string }) => Name)).toEqual(['t', 't'])
  expect((await ask('GetTable', get, { Table }, 'test')).answered.Table.Name).toBe('t')
})

test('the engine is refused a resource link whose table is gone or is a link', async () => {
  const Table = { DatabaseName: 'db', Name: 'l', TargetTable: { DatabaseName: 'other', Name: 'x' } }
  const message = 'Table other.x not found.'
  const type = 'EntityNotFoundException'
  await expect(ask('GetTable', get, { Table })).rejects.toMatchObject({ type, message })
  const entries = { x: { ...Table, Name: 'x' } as unknown as Table }
  await expect(ask('GetTable', get, { Table }, engineAccessKey, [], entries)).rejects.toThrow(message)
})

test.each<[string, object | undefined]>([
  ['no storage', undefined],
  ['its location alone', { Location: 's3://b/t/p=1/' }],
  ['no SerDe', { InputFormat: 'i', OutputFormat: 'o', Location: 's3://b/t/p=1/' }],
  ['an empty SerDe', { InputFormat: 'i', OutputFormat: 'o', SerdeInfo: {} }],
  ['an empty location', { ...StorageDescriptor, InputFormat: 'i', OutputFormat: 'o', Location: '' }],
])('a partition with %s has for the engine what its table has', async (_, descriptor) => {
  const table = {
    ...csv,
    StorageDescriptor: { ...StorageDescriptor, InputFormat: 'i', OutputFormat: 'o', NumberOfBuckets: 2 },
  }
  const partition = { DatabaseName: 'db', TableName: 't', Values: ['1'], StorageDescriptor: descriptor }
  const entries = { t: table as unknown as Table }
  for (const answer of [{ Partitions: [partition] }, { Partition: partition }]) {
    const request = { DatabaseName: 'db', TableName: 't' }
    const { answered } = await ask('GetPartitions', request, answer, engineAccessKey, [], entries)
    const { SerdeInfo, InputFormat, OutputFormat, Location } = (
      answered.Partitions?.[0] ?? answered.Partition
    ).StorageDescriptor
    expect(SerdeInfo).toEqual(StorageDescriptor.SerdeInfo)
    expect([InputFormat, OutputFormat]).toEqual(['i', 'o'])
    expect(Location).toBe('s3://b/t/p=1/')
  }
})

test.each([
  ['s3a://b/x', 's3://b/x'],
  ['S3://b//x//', 's3://b/x/'],
  ['s3://b', 's3://b/'],
])('a table and a partition at %s are for the engine at %s', async (given, own) => {
  const storage = { ...StorageDescriptor, InputFormat: 'i', OutputFormat: 'o', Location: given }
  const { answered } = await ask('GetTable', get, { Table: { ...csv, StorageDescriptor: storage } })
  expect(answered.Table.StorageDescriptor.Location).toBe(own)
  const partition = { DatabaseName: 'db', TableName: 't', Values: ['1'], StorageDescriptor: storage }
  const entries = { t: csv as unknown as Table }
  const request = { DatabaseName: 'db', TableName: 't' }
  const asked = await ask('GetPartitions', request, { Partitions: [partition] }, engineAccessKey, [], entries)
  expect(asked.answered.Partitions[0].StorageDescriptor.Location).toBe(own)
})

test('a view that Terraform made has what the engine insists on', async () => {
  const text = (view: object) => `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`
  const columns = [{ name: 'a', type: 'array<int>' }]
  const made = {
    DatabaseName: 'db',
    Name: 'v',
    TableType: 'VIRTUAL_VIEW',
    ViewOriginalText: text({ originalSql: 'SELECT a FROM t', catalog: 'AwsDataCatalog', columns }),
  }
  const { Table } = (await ask('GetTable', get, { Table: made })).answered
  expect(presentedView(Table)).toEqual({
    originalSql: 'SELECT a FROM t',
    catalog: 'awsdatacatalog',
    schema: 'db',
    columns: [{ name: 'a', type: 'array(integer)' }],
    runAsInvoker: true,
  })
  expect(Table).toMatchObject({ Parameters: { presto_view: 'true' }, StorageDescriptor: { SerdeInfo: {} } })
})

test('the engine gets the names of columns in lower case, which it can write', async () => {
  const Table = {
    ...csv,
    PartitionKeys: [column('P', 'int')],
    StorageDescriptor: { Columns: [column('Id', 'int')], SerdeInfo: {}, Location },
  }
  const { answered } = await ask('GetTable', get, { Table })
  const { PartitionKeys, StorageDescriptor } = answered.Table
  expect([PartitionKeys, StorageDescriptor.Columns]).toEqual([[column('p', 'int')], [column('id', 'int')]])
})

test('a description or a comment hides no view from the engine', async () => {
  const view = { originalSql: 'SELECT 1 a', columns: [{ name: 'a', type: 'integer' }] }
  const made = {
    DatabaseName: 'db',
    Name: 'v',
    TableType: 'VIRTUAL_VIEW',
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
  }
  for (const item of [made, csv]) {
    const described = { ...item, Description: 'ours', Parameters: { comment: 'ours' } }
    const { Table } = (await ask('GetTable', get, { Table: described })).answered
    expect(Table.Parameters).toEqual({ comment: 'Presto View', presto_view: 'true' })
    expect(Table.Description).toBe('Presto View')
  }
})

test('the engine need not read the types of a view’s columns, which a table may not have', async () => {
  const view = { originalSql: 'SELECT j FROM t', columns: [{ name: 'j', type: 'json' }] }
  const made = {
    DatabaseName: 'db',
    Name: 'v',
    TableType: 'VIRTUAL_VIEW',
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
    StorageDescriptor: { Columns: [column('j', 'json')], SerdeInfo: {} },
  }
  const { Table } = (await ask('GetTable', get, { Table: made })).answered
  expect(presentedView(Table)?.columns).toEqual(view.columns)
  expect(Table.StorageDescriptor.Columns).toEqual([column('dummy', 'string')])
})

test('a view that the engine writes is in the catalog with the columns that it answers', async () => {
  const view = { originalSql: 'SELECT 1 a', columns: [{ name: 'a', type: 'array(integer)' }] }
  const input = {
    Name: 'v',
    TableType: 'VIRTUAL_VIEW',
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
    StorageDescriptor: { Columns: [column('dummy', 'string')], SerdeInfo: {} },
  }
  for (const operation of ['CreateTable', 'UpdateTable']) {
    const { asked } = await ask(operation, { DatabaseName: 'db', TableInput: input }, {})
    const storage = { Columns: [column('a', 'array<int>')], SerdeInfo: {} }
    expect(asked).toEqual({ DatabaseName: 'db', TableInput: { ...input, StorageDescriptor: storage } })
  }
})

test('statistics of no rows have the average length that Glue insists on, and big integers digit by digit', async () => {
  const text = { ColumnName: 's', StatisticsData: { StringColumnStatisticsData: { MaximumLength: 0 } } }
  const service = forEngineToo(
    {
      mostBytes: 1,
      handleText: async (_, json) => ({ status: 200, text: json }),
      getTable: async () => undefined,
    },
    async () => [],
  )
  const long = '{"StatisticsData":{"LongColumnStatisticsData":{"MaximumValue":9223372036854775807}}}'
  const json = `{"ColumnStatisticsList":[${JSON.stringify(text)},${long}]}`
  const { text: asked } = await service.handleText('UpdateColumnStatisticsForTable', json, engineAccessKey)
  expect(asked).toContain('"StringColumnStatisticsData":{"AverageLength":0,"MaximumLength":0}')
  expect(asked).toContain(long)
})

test('a key of numbers with an enum is a text below the view, which casts it', async () => {
  const { answered } = await ask('GetTable', get, { Table: enumOf('int') })
  const view = presentedView(answered.Table)!
  expect(view.originalSql).toBe('SELECT "a" AS "a", CAST("p" AS integer) AS "p" FROM "db"."t|text"')
  expect(view.columns[0]!.type).toBe('array(row("b" integer, "c" decimal(3,1)))')
  const stored = await ask('GetTable', { ...get, Name: 't|text' }, { Table: enumOf('int') })
  expect(stored.answered.Table.PartitionKeys).toEqual([column('p', 'string')])
})

test('a database whose name cannot stand in a header is asked for by its own name', async () => {
  expect(headerName('straße')).toBe('straße')
  const DatabaseName = headerName('日本 %')
  expect(DatabaseName).toMatch(/^[\x20-\x7e]+$/)
  const schema = (name: string) =>
    `/* Presto View: ${Buffer.from(JSON.stringify({ schema: name })).toString('base64')} */`
  const request = { DatabaseName, TableInput: { Name: 'v', ViewOriginalText: schema(DatabaseName) } }
  const { asked } = await ask('CreateTable', request, {})
  expect(asked).toEqual({
    DatabaseName: '日本 %',
    TableInput: { Name: 'v', ViewOriginalText: schema('日本 %') },
  })
  const table = {
    ...csv,
    StorageDescriptor: { SerdeInfo: {}, Location },
    PartitionKeys: [],
    DatabaseName: '日本 %',
  }
  const { answered } = await ask('GetTables', { DatabaseName }, { TableList: [table] })
  expect(answered.TableList).toEqual([{ ...table, DatabaseName }])
  const database = await ask('GetDatabase', { Name: DatabaseName }, { Database: { Name: '日本 %' } })
  expect(database.answered).toEqual({ Database: { Name: DatabaseName } })
})

test('the columns of an Iceberg table that the engine writes are marked as current, those of others are not', async () => {
  const request = (table_type: string) => ({
    DatabaseName: 'db',
    TableInput: {
      Name: 't',
      Parameters: { table_type },
      StorageDescriptor: { Columns: [column('a', 'int')] },
    },
  })
  const current = { ...column('a', 'int'), Parameters: { 'iceberg.field.current': 'true' } }
  for (const operation of ['CreateTable', 'UpdateTable']) {
    const { asked } = await ask(operation, request('iceberg'), {})
    expect(asked).toMatchObject({ TableInput: { StorageDescriptor: { Columns: [current] } } })
    expect((await ask(operation, request('other'), {})).asked).toEqual(request('other'))
  }
})
