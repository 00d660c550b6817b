// The Data Catalog under its engine: what Trino writes and requests when it inserts, creates tables and plans.
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import {
  BatchCreatePartitionCommand,
  CreateDatabaseCommand,
  CreateTableCommand,
  GetColumnStatisticsForPartitionCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GetTablesCommand,
  GlueClient,
  GlueServiceException,
  ListJobsCommand,
  paginateGetPartitions,
  type TableInput,
} from '@aws-sdk/client-glue'
import { lakeConfig } from '@ticklake/aws/config.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

const lake = lakeConfig(testEnv())
const glue = new GlueClient({})
const athena = new AthenaClient({})
const DatabaseName = lake.database
const locationOf = (folder: string) => `s3://${lake.bucket}/${lake.prefix}/${folder}/`

async function query(QueryString: string): Promise<(string | undefined)[][]> {
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({
      QueryString,
      QueryExecutionContext: { Database: DatabaseName },
      ResultConfiguration: { OutputLocation: lake.results },
    }),
  )
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))
    const { State, StateChangeReason } = QueryExecution!.Status!
    if (State === 'SUCCEEDED') break
    if (State === 'FAILED' || State === 'CANCELLED') throw new Error(StateChangeReason)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }))
  return ResultSet!.Rows!.slice(1).map(({ Data }) => Data!.map(({ VarCharValue }) => VarCharValue))
}

beforeAll(async () => {
  await glue.send(
    new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName, LocationUri: locationOf('db') } }),
  )
})
afterAll(() => {
  glue.destroy()
  athena.destroy()
})

test('CTAS and INSERT make partitions with statistics, and partition filters find them', async () => {
  await query(
    `CREATE TABLE t WITH (format = 'PARQUET', external_location = '${locationOf('t')}', partitioned_by = ARRAY['p']) AS
     SELECT * FROM (VALUES (1, BIGINT '9223372036854775807', 'a'), (2, BIGINT '-5', 'b')) v (id, big, p)`,
  )
  await query(`INSERT INTO t VALUES (3, 7, 'c'), (4, 8, 'a'), (5, 9, NULL)`)
  const count = async (where: string) => (await query(`SELECT count(*) FROM t WHERE ${where}`))[0]![0]
  expect(await count("p = 'a'")).toBe('2')
  expect(await count("p IN ('a', 'c') AND p <> 'c'")).toBe('2')
  expect(await count("p BETWEEN 'a' AND 'b'")).toBe('3')
  expect(await count('p IS NULL')).toBe('1')
  expect(await count('p IS NOT NULL')).toBe('4')
  expect(await query('SELECT max(big) FROM t')).toEqual([['9223372036854775807']])
  const { Partitions } = await glue.send(new GetPartitionsCommand({ DatabaseName, TableName: 't' }))
  expect(Partitions!.map(({ Values, Parameters }) => [Values![0], Parameters!.numRows])).toEqual([
    ['__HIVE_DEFAULT_PARTITION__', '1'],
    ['a', '2'],
    ['b', '1'],
    ['c', '1'],
  ])
  const { ColumnStatisticsList } = await glue.send(
    new GetColumnStatisticsForPartitionCommand({
      DatabaseName,
      TableName: 't',
      PartitionValues: ['b'],
      ColumnNames: ['id', 'big'],
    }),
  )
  expect(
    ColumnStatisticsList!.map(({ StatisticsData }) => StatisticsData!.LongColumnStatisticsData),
  ).toMatchObject([
    { MinimumValue: 2, MaximumValue: 2 },
    { MinimumValue: -5, MaximumValue: -5 },
  ])
})

test('statistics beyond 2^53 come back digit by digit', async () => {
  const ask = async (operation: string, more: string) => {
    const answer = await fetch(process.env.AWS_ENDPOINT_URL!, {
      method: 'POST',
      headers: {
        ...signedAs('glue'),
        'x-amz-target': `AWSGlue.${operation}`,
        'content-type': 'application/x-amz-json-1.1',
      },
      // As text: JSON.stringify and JSON.parse would round the values under test.
      body: `{"DatabaseName":"${DatabaseName}","TableName":"t","PartitionValues":["b"],${more}}`,
    })
    expect(answer.status).toBe(200)
    return answer.text()
  }
  await ask(
    'UpdateColumnStatisticsForPartition',
    `"ColumnStatisticsList":[{"ColumnName":"big","ColumnType":"bigint","AnalyzedTime":1,"StatisticsData":{"Type":"LONG",
      "LongColumnStatisticsData":{"MinimumValue":-9007199254740995,"MaximumValue":9007199254740993,
      "NumberOfNulls":0,"NumberOfDistinctValues":2}}}]`,
  )
  const answer = await ask('GetColumnStatisticsForPartition', '"ColumnNames":["big"]')
  expect(answer).toContain('"MaximumValue":9007199254740993')
  expect(answer).toContain('"MinimumValue":-9007199254740995')
})

test('a view is kept as Athena keeps it, and can be asked', async () => {
  await query(`CREATE OR REPLACE VIEW only_a AS SELECT id FROM t WHERE p = 'a'`)
  expect(await query('SELECT id FROM only_a ORDER BY 1')).toEqual([['1'], ['4']])
  const { TableList } = await glue.send(new GetTablesCommand({ DatabaseName, Expression: 'only_.*' }))
  expect(TableList).toMatchObject([
    { TableType: 'VIRTUAL_VIEW', ViewOriginalText: expect.stringMatching(/^\/\* Presto View: /) },
  ])
})

test('a query reads, lists and writes through resource links what lies behind them', async () => {
  const shared = `${DatabaseName}_shared`
  const TargetDatabase = { CatalogId: '000000000000', DatabaseName }
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: shared, TargetDatabase } }))
  const link = { Name: 'link', TargetTable: { ...TargetDatabase, Name: 't' } }
  await glue.send(new CreateTableCommand({ DatabaseName, TableInput: link }))
  for (const name of [`${shared}.t`, 'link', `"${shared}"."link"`]) {
    expect(await query(`SELECT id, p FROM ${name} WHERE p = 'b'`)).toEqual([['2', 'b']])
  }
  expect(await query(`SELECT id FROM ${shared}.only_a ORDER BY 1`)).toEqual([['1'], ['4']])
  const listed = `SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = '${shared}' ORDER BY 2`
  expect(await query(listed)).toEqual(['link', 'only_a', 't'].map((name) => [shared, name]))
  await query(`INSERT INTO link VALUES (6, 1, 'd')`)
  await query(`INSERT INTO ${shared}.t VALUES (7, 1, 'd')`)
  expect(await query("SELECT id FROM t WHERE p = 'd' ORDER BY 1")).toEqual([['6'], ['7']])

  const iceberg = `CREATE TABLE ${shared}.ice (a int) LOCATION '${locationOf('ice')}' TBLPROPERTIES ('table_type' = 'ICEBERG')`
  await query(iceberg)
  const toIceberg = { Name: 'ice_link', TargetTable: { ...TargetDatabase, Name: 'ice' } }
  await glue.send(new CreateTableCommand({ DatabaseName, TableInput: toIceberg }))
  await query('INSERT INTO ice_link VALUES 1')
  await query(`INSERT INTO ${shared}.ice VALUES 2`)
  await query(`DROP TABLE ice_link`)
  expect(await query('SELECT a FROM ice ORDER BY 1')).toEqual([['1'], ['2']])

  await query(`DROP TABLE link`)
  await query(`DROP DATABASE ${shared}`)
  expect(await query('SELECT count(*) FROM t')).toEqual([['7']])
})

test('a resource link whose table is gone is no table, and hides no other', async () => {
  const Name = `${DatabaseName}_links`
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }))
  await query(`CREATE TABLE ${Name}.seen WITH (external_location = '${locationOf('seen')}') AS SELECT 1 a`)
  const TargetTable = { CatalogId: '000000000000', DatabaseName: Name, Name: 'gone' }
  const link = { DatabaseName: Name, TableInput: { Name: 'link', TargetTable } }
  await glue.send(new CreateTableCommand(link))
  await expect(query(`SELECT * FROM ${Name}.link`)).rejects.toThrow(
    `TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.${Name}.link' does not exist`,
  )
  await expect(query(`DESCRIBE ${Name}.link`)).rejects.toThrow(`Table not found ${Name}.gone`)
  const columns = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '${Name}'`
  expect(await query(columns)).toEqual([['seen', 'a']])
  expect(await query(`SELECT a FROM ${Name}.seen`)).toEqual([['1']])
})

test('tables that other clients left incomplete fail as the user’s fault, and hide no other', async () => {
  const Name = `${DatabaseName}_incomplete`
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }))
  await query(`CREATE TABLE ${Name}.seen WITH (external_location = '${locationOf('whole')}') AS SELECT 1 a`)
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: Name, Name: 'seen' }))
  const whole = Table!.StorageDescriptor!
  const broken: Record<string, [Omit<TableInput, 'Name'>, string]> = {
    bare: [{}, 'HIVE_METASTORE_ERROR: Table is missing storage descriptor'],
    serde: [
      { StorageDescriptor: { ...whole, SerdeInfo: undefined } },
      'HIVE_METASTORE_ERROR: Table storage descriptor is missing SerDe info',
    ],
    location: [
      { StorageDescriptor: { ...whole, Location: undefined } },
      'HIVE_METASTORE_ERROR: Table storage descriptor is missing location',
    ],
    type: [
      { StorageDescriptor: { ...whole, Columns: [{ Name: 'a', Type: 'long' }] } },
      `HIVE_INVALID_METADATA: Glue table '${Name}.type' column 'a' has invalid data type: long`,
    ],
    view: [{ TableType: 'VIRTUAL_VIEW' }, `HIVE_INVALID_METADATA: No view original text: ${Name}.view`],
    json: [
      { TableType: 'VIRTUAL_VIEW', ViewOriginalText: `/* Presto View: ${btoa('{"columns":[{}]}')} */` },
      'INVALID_VIEW: Invalid view JSON: {"columns":[{}]}',
    ],
  }
  for (const [name, [input, reason]] of Object.entries(broken)) {
    const TableInput = { ...input, Name: name }
    await glue.send(new CreateTableCommand({ DatabaseName: Name, TableInput }))
    await expect(query(`SELECT * FROM ${Name}."${name}"`)).rejects.toThrow(reason)
  }
  const columns = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '${Name}'`
  expect(await query(columns)).toEqual([['seen', 'a']])
  const tables = `SELECT count(*) FROM information_schema.tables WHERE table_schema = '${Name}'`
  expect(await query(tables)).toEqual([[String(Object.keys(broken).length + 1)]])
})

test('a partition without SerDe, formats or location has those of its table, also for an INSERT', async () => {
  const Location = locationOf('bare_partitions')
  await query(
    `CREATE EXTERNAL TABLE bare (a int) PARTITIONED BY (p string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '${Location}'`,
  )
  const PartitionInputList = [
    { Values: ['a'] },
    { Values: ['b'], StorageDescriptor: { Location: `${Location}p=b/` } },
    { Values: ['c'], StorageDescriptor: { SerdeInfo: {} } },
  ]
  const request = { DatabaseName, TableName: 'bare', PartitionInputList }
  const { Errors } = await glue.send(new BatchCreatePartitionCommand(request))
  expect(Errors).toEqual([])
  expect(await query('SELECT count(*) FROM bare')).toEqual([['0']])
  await query(`INSERT INTO bare VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
  const rows = [
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
  ]
  expect(await query('SELECT a, p FROM bare ORDER BY 1')).toEqual(rows)
  const { Partitions } = await glue.send(new GetPartitionsCommand({ DatabaseName, TableName: 'bare' }))
  expect(Partitions![0]!.StorageDescriptor?.SerdeInfo).toBeUndefined()
})

test('the SDK pages through partitions, and gets its own exception classes', async () => {
  const values: string[] = []
  const pages = paginateGetPartitions(
    { client: glue, pageSize: 3 },
    { DatabaseName, TableName: 't', Expression: "p >= 'a'" },
  )
  for await (const { Partitions } of pages) values.push(...Partitions!.map(({ Values }) => Values![0]!))
  expect(values).toEqual(['a', 'b', 'c', 'd'])
  await expect(
    glue.send(new GetPartitionsCommand({ DatabaseName, TableName: 't', Expression: 'p =' })),
  ).rejects.toMatchObject({ name: 'InvalidInputException', message: "Unsupported expression 'p ='" })
  const refused = await glue.send(new ListJobsCommand({})).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(GlueServiceException)
  expect(refused).toMatchObject({ name: 'AccessDeniedException' })
})
