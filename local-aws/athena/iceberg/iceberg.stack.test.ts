// Iceberg in Athena: the statements of Athena's documentation, with the real engine, catalog and S3.
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { beforeAll, expect, test } from 'vitest'

const lake = lakeConfig(testEnv())
const athena = new AthenaClient({})
const s3 = s3Client(lake)
const database = lake.database
const folder = `s3://${lake.bucket}/${lake.prefix}`

/** Rows as texts, cells joined by `|`, without the heading of a SELECT. */
async function run(sql: string): Promise<string[]> {
  const start = new StartQueryExecutionCommand({
    QueryString: sql,
    QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: database },
    ResultConfiguration: { OutputLocation: `${folder}/results/` },
  })
  const { QueryExecutionId } = await athena.send(start)
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))
    const { State, StateChangeReason } = QueryExecution!.Status!
    if (State === 'FAILED') throw new Error(StateChangeReason)
    if (State === 'SUCCEEDED') break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }))
  const rows = ResultSet!.Rows!.map((row) => row.Data!.map((cell) => cell.VarCharValue ?? 'NULL').join('|'))
  return /^\s*(?:select|with|explain)\b/i.test(sql) ? rows.slice(1) : rows
}

/** Runs statements one after the other. @returns the answer to the last one */
async function runAll(...statements: string[]): Promise<string[]> {
  let rows: string[] = []
  for (const sql of statements) rows = await run(sql)
  return rows
}

const iceberg = (name: string) => `LOCATION '${folder}/${name}/' TBLPROPERTIES ('table_type' = 'ICEBERG')`

async function filesOf(name: string): Promise<string[]> {
  const request = { Bucket: lake.bucket, Prefix: `${lake.prefix}/${name}/` }
  const { Contents = [] } = await s3.send(new ListObjectsV2Command(request))
  return Contents.map(({ Key }) => Key!)
}

beforeAll(async () => {
  await run(`CREATE DATABASE ${database}`)
})

test('a partitioned table is described as it was made', async () => {
  await run(`CREATE TABLE made (
      category string, id bigint COMMENT 'its number', data string, ts timestamp, price decimal(10, 2),
      tags array<string>, sizes map<string, int>, place struct<x: int, y: double>)
    PARTITIONED BY (category, bucket(16, id), day(ts), truncate(3, data))
    LOCATION '${folder}/made/'
    TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'snappy',
      'optimize_rewrite_delete_file_threshold' = '10', 'vacuum_max_snapshot_age_seconds' = '3600')`)
  expect(await run('DESCRIBE made')).toEqual([
    '# Table schema:\t\t',
    '# col_name\tdata_type\tcomment',
    'category\tstring\t',
    'id\tbigint\tits number',
    'data\tstring\t',
    'ts\ttimestamp\t',
    'price\tdecimal(10, 2)\t',
    'tags\tarray<string>\t',
    'sizes\tmap<string, int>\t',
    'place\tstruct<x: int, y: double>\t',
    '\t\t',
    '# Partition spec:\t\t',
    '# field_name\tfield_transform\tcolumn_name',
    'category\tidentity\tcategory',
    'id_bucket\tbucket[16]\tid',
    'ts_day\tday\tts',
    'data_trunc\ttruncate[3]\tdata',
  ])
  const shown = await run('SHOW CREATE TABLE made')
  expect(shown.slice(8)).toEqual([
    '  place struct<x: int, y: double>)',
    'PARTITIONED BY (`category`, bucket(16, `id`), day(`ts`), truncate(3, `data`))',
    `LOCATION '${folder}/made'`,
    'TBLPROPERTIES (',
    "  'table_type'='iceberg',",
    "  'format'='parquet',",
    "  'write_compression'='snappy',",
    "  'vacuum_max_snapshot_age_seconds'='3600',",
    "  'optimize_rewrite_delete_file_threshold'='10'",
    ');',
  ])
  // The statement that it shows creates the same table.
  await run('DROP TABLE made')
  await run(shown.join('\n'))
  expect(await run('SHOW CREATE TABLE made')).toEqual(shown)
  expect(await run('SHOW COLUMNS IN made')).toEqual([
    'category',
    'id',
    'data',
    'ts',
    'price',
    'tags',
    'sizes',
    'place',
  ])
  expect(await run("SHOW TBLPROPERTIES made ('write_compression')")).toEqual(['snappy'])
})

test('rows are inserted, changed, merged and deleted, and each earlier state can be read', async () => {
  await run(
    `CREATE TABLE sales (id bigint, item string, sold timestamp) PARTITIONED BY (month(sold)) ${iceberg('sales')}`,
  )
  await run(`INSERT INTO sales VALUES (1, 'tea', TIMESTAMP '2024-01-05 10:00:00.123456'), (2, 'milk', NULL)`)
  await run(`UPDATE sales SET item = 'coffee' WHERE id = 1`)
  await run(`MERGE INTO sales t USING (VALUES (2, 'oat milk'), (3, 'sugar')) AS s (id, item) ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET item = s.item
    WHEN NOT MATCHED THEN INSERT (id, item, sold) VALUES (s.id, s.item, TIMESTAMP '2024-02-01 00:00:00')`)
  await run('DELETE FROM sales WHERE id = 1')
  expect(await run('SELECT id, item, sold FROM sales ORDER BY id')).toEqual([
    '2|oat milk|NULL',
    '3|sugar|2024-02-01 00:00:00.000',
  ])
  const history = await run(
    'SELECT snapshot_id, made_current_at FROM "sales$history" ORDER BY made_current_at',
  )
  expect(history).toHaveLength(4)
  const [first, at] = history[0]!.split('|') as [string, string]
  const items = 'SELECT item FROM sales FOR'
  expect(await run(`${items} VERSION AS OF ${first} ORDER BY id`)).toEqual(['tea', 'milk'])
  expect(await run(`${items} TIMESTAMP AS OF TIMESTAMP '${at}' ORDER BY id`)).toEqual(['tea', 'milk'])
  await expect(run(`${items} VERSION AS OF 1`)).rejects.toThrow()
  expect(await run('SELECT operation FROM "sales$snapshots" ORDER BY committed_at')).toEqual([
    'append',
    'overwrite',
    'overwrite',
    'delete',
  ])
  expect(await run('SELECT name, type FROM "sales$refs"')).toEqual(['main|BRANCH'])
  expect(await run('SELECT sum(record_count) > 0 FROM "sales$files"')).toEqual(['true'])
  expect(await run('SELECT count(*) > 1 FROM "sales$manifests"')).toEqual(['true'])
  expect(await run('SELECT DISTINCT partition.sold_month FROM "sales$partitions" ORDER BY 1')).toEqual([
    '648',
    '649',
    'NULL',
  ])
})

test('OPTIMIZE merges files, VACUUM deletes what the properties no longer retain', async () => {
  await run(`CREATE TABLE kept (id int, kind string) PARTITIONED BY (kind) ${iceberg('kept')}`)
  for (const id of [1, 2, 3]) await run(`INSERT INTO kept VALUES (${id}, 'a'), (${id}, 'b')`)
  const files = () => run(`SELECT count(*) FROM "kept$files" WHERE partition.kind = 'a'`)
  expect(await files()).toEqual(['3'])
  await run(`OPTIMIZE kept REWRITE DATA USING BIN_PACK WHERE kind = 'b'`)
  expect(await files()).toEqual(['3'])
  await expect(run('OPTIMIZE kept REWRITE DATA USING BIN_PACK WHERE id = 1')).rejects.toThrow(
    'NOT_SUPPORTED: Only partition columns are allowed',
  )
  await run('OPTIMIZE kept REWRITE DATA USING BIN_PACK')
  expect(await files()).toEqual(['1'])
  const snapshots = () => run('SELECT count(*) FROM "kept$snapshots"')
  await run('VACUUM kept')
  expect(await snapshots()).toEqual(['5'])
  await runAll(
    "ALTER TABLE kept SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds' = '0', 'vacuum_min_snapshots_to_keep' = '2')",
    'VACUUM kept',
  )
  expect(await snapshots()).toEqual(['2'])
  await run("ALTER TABLE kept SET TBLPROPERTIES ('vacuum_min_snapshots_to_keep' = '1')")
  await run('VACUUM kept')
  expect(await snapshots()).toEqual(['1'])
  expect((await filesOf('kept')).filter((key) => key.endsWith('.parquet'))).toHaveLength(2)
  expect(await run('SELECT count(*) FROM kept')).toEqual(['6'])
})

test('columns are added, renamed, widened, moved and dropped, and old rows stay readable', async () => {
  await run(`CREATE TABLE changing (a int, b float, c decimal(5, 2), d string) ${iceberg('changing')}`)
  await run("INSERT INTO changing VALUES (1, REAL '1.5', DECIMAL '2.25', 'x')")
  await runAll(
    "ALTER TABLE changing ADD COLUMNS (e date COMMENT 'new', f struct<g: int>)",
    'ALTER TABLE changing CHANGE COLUMN a a2 bigint',
    'ALTER TABLE changing CHANGE b b double',
    "ALTER TABLE changing CHANGE COLUMN c c decimal(9, 2) COMMENT 'wide' FIRST",
    'ALTER TABLE changing CHANGE COLUMN d d string AFTER c',
    'ALTER TABLE changing DROP COLUMN f',
    "INSERT INTO changing VALUES (DECIMAL '3.00', 'y', 9007199254740993, 2.5, DATE '2024-01-01')",
  )
  expect(await run('SELECT * FROM changing ORDER BY a2')).toEqual([
    '2.25|x|1|1.5|NULL',
    '3.00|y|9007199254740993|2.5|2024-01-01',
  ])
  expect((await run('DESCRIBE changing')).slice(2, 7)).toEqual([
    'c\tdecimal(9, 2)\twide',
    'd\tstring\t',
    'a2\tbigint\t',
    'b\tdouble\t',
    'e\tdate\tnew',
  ])
  await run("ALTER TABLE changing SET TBLPROPERTIES ('write_compression' = 'zstd', 'format' = 'orc')")
  await run("ALTER TABLE changing UNSET TBLPROPERTIES ('format')")
  await run('ALTER TABLE changing RENAME TO changed')
  expect(await run('SELECT count(*) FROM changed')).toEqual(['2'])
  expect(await run("SHOW TABLES 'chang*'")).toEqual(['changed'])
})

test('CTAS makes a table of every property, and a view reads it', async () => {
  await run(`CREATE TABLE selected WITH (table_type = 'ICEBERG', is_external = false, location = '${folder}/selected/',
      format = 'ORC', write_compression = 'ZLIB', partitioning = ARRAY['bucket(n, 4)', 'day(ts)'],
      vacuum_min_snapshots_to_keep = 3, optimize_rewrite_data_file_threshold = 7)
    AS SELECT n, CAST(TIMESTAMP '2024-01-01 00:00:00' AS timestamp(6)) AS ts FROM UNNEST(sequence(1, 9)) AS t (n)`)
  expect((await run('SHOW CREATE TABLE selected')).slice(1)).toEqual([
    '  n bigint,',
    '  ts timestamp)',
    'PARTITIONED BY (bucket(4, `n`), day(`ts`))',
    `LOCATION '${folder}/selected'`,
    'TBLPROPERTIES (',
    "  'table_type'='iceberg',",
    "  'format'='orc',",
    "  'write_compression'='zlib',",
    "  'vacuum_min_snapshots_to_keep'='3',",
    "  'optimize_rewrite_data_file_threshold'='7'",
    ');',
  ])
  expect((await filesOf('selected')).some((key) => key.endsWith('.orc'))).toBe(true)
  await run('CREATE VIEW seen AS SELECT count(*) AS n FROM selected')
  expect(await run('SELECT n FROM seen')).toEqual(['9'])
  await run(
    "CREATE TABLE IF NOT EXISTS selected WITH (table_type = 'ICEBERG', format = 'AVRO') AS SELECT 1 AS n",
  )
  expect(await run("SHOW TBLPROPERTIES selected ('format')")).toEqual(['orc'])
  await run("CREATE TABLE empty WITH (table_type = 'ICEBERG') AS SELECT 1 AS n WHERE false")
  expect(await run('SELECT count(*) FROM empty')).toEqual(['0'])
  // A Hive table and an Iceberg table in one statement.
  await run(`CREATE TABLE plain AS SELECT n FROM selected WHERE n < 3`)
  expect(await run('SELECT count(*) FROM plain JOIN selected USING (n)')).toEqual(['2'])
})

test('DROP TABLE deletes the files, IF EXISTS forgives', async () => {
  await run(`CREATE TABLE gone (a int) ${iceberg('gone')}`)
  await run('INSERT INTO gone VALUES (1)')
  expect(await filesOf('gone')).not.toEqual([])
  await run('DROP TABLE gone')
  expect(await filesOf('gone')).toEqual([])
  await run('DROP TABLE IF EXISTS gone')
  await expect(run('DROP TABLE gone')).rejects.toThrow(`Table not found ${database}.gone`)
})

test('what Athena refuses is refused in its words', async () => {
  await run(`CREATE TABLE strict (a int, b string) PARTITIONED BY (b) ${iceberg('strict')}`)
  const properties = "TBLPROPERTIES ('table_type' = 'ICEBERG'"
  const refused: [sql: string, why: string | RegExp][] = [
    [
      `CREATE EXTERNAL TABLE t (a int) ${iceberg('t')}`,
      'External keyword not supported for table type ICEBERG',
    ],
    [
      `CREATE TABLE t (a int) STORED AS PARQUET ${iceberg('t')}`,
      'Iceberg create table statement does not allow STORED AS/BY',
    ],
    [
      `CREATE TABLE t (a int) PARTITIONED BY (p int) ${iceberg('t')}`,
      'Invalid PARTITIONED BY clause in Iceberg create table statement',
    ],
    [`CREATE TABLE t (a int) PARTITIONED BY (day(x)) ${iceberg('t')}`, 'Cannot find source column: x'],
    [`CREATE TABLE t ${iceberg('t')}`, 'At least one column is required for Iceberg create table statement'],
    [`CREATE TABLE t (a int) ${properties})`, 'No location was specified for table'],
    [
      `CREATE TABLE t (a int) LOCATION '${folder}/t/' ${properties}, 'write.merge.mode' = 'copy-on-write')`,
      'Unsupported table property key: write.merge.mode',
    ],
    [
      `CREATE TABLE t (a int) LOCATION 's3://no-such-bucket-here/t/' ${properties})`,
      /^The specified bucket does not exist .*NoSuchBucket\)$/,
    ],
    [`CREATE TABLE strict (a int) ${iceberg('t')}`, 'already exists'],
    [
      `CREATE TABLE t WITH (table_type = 'ICEBERG', partitioned_by = ARRAY['a']) AS SELECT 1 AS a`,
      "Catalog 'awsdatacatalog' table property 'partitioned_by' does not exist",
    ],
    [`ALTER TABLE strict SET TBLPROPERTIES ('k' = 'v')`, 'Unsupported table property key: k'],
    [`ALTER TABLE strict UNSET TBLPROPERTIES ('k')`, 'Table property k is not supported by Athena'],
    ['ALTER TABLE strict CHANGE COLUMN a a string', 'Cannot change column type: a: int -> string'],
    ['ALTER TABLE strict ADD COLUMNS (b int)', 'Cannot add column, name already exists: b'],
    ['ALTER TABLE strict DROP COLUMN b', 'Cannot drop partition field: b'],
    ['ALTER TABLE strict DROP COLUMN x', "Column 'x' does not exist"],
    ["ALTER TABLE strict ADD PARTITION (b = '1')", 'not supported for table type ICEBERG'],
    ['DESCRIBE EXTENDED strict', 'EXTENDED keyword is not supported for Iceberg tables.'],
    ['SELECT * FROM "strict$nothing"', `Table 'awsdatacatalog.${database}."strict$nothing"' does not exist`],
    ['SELECT * FROM missing', `Table 'awsdatacatalog.${database}.missing' does not exist`],
    ['SELECT x FROM strict', "Column 'x' cannot be resolved"],
    [`SELECT * FROM ${icebergCatalog}.${database}.strict`, 'CATALOG_NOT_FOUND'],
    ['OPTIMIZE strict', "mismatched input '<EOF>'. Expecting: 'REWRITE'"],
    ['VACUUM missing', `Table not found ${database}.missing`],
  ]
  for (const [sql, why] of refused) await expect(run(sql), sql).rejects.toThrow(why)
})

interface RestAnswer {
  readonly overrides: { readonly prefix: string }
  readonly endpoints: readonly string[]
  readonly metadata: { readonly 'table-uuid': string; readonly snapshots: readonly object[] }
  readonly config: Readonly<Record<string, string>>
  readonly identifiers: readonly object[]
}

/** Iceberg's REST protocol, as any client uses it. */
async function rest(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: RestAnswer }> {
  const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/iceberg/v1/${path}`, {
    method,
    headers: signedAs('glue'),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? ({} as RestAnswer) : JSON.parse(text) }
}

test('a table of the REST endpoint is a table of Athena, and the other way round', async () => {
  const { overrides, endpoints } = (await rest('GET', 'config?warehouse=000000000000')).body
  expect(endpoints).toContain('POST /v1/{prefix}/namespaces/{namespace}/tables/{table}')
  const tables = `${overrides.prefix}/namespaces/${database}/tables`
  const field = { id: 7, name: 'n', required: false, type: 'long' }
  const made = await rest('POST', tables, {
    name: 'rested',
    location: `${folder}/rested`,
    schema: { type: 'struct', fields: [field] },
    'partition-spec': { fields: [{ 'source-id': 7, name: 'n_b', transform: 'bucket[4]' }] },
  })
  expect(made.status).toBe(200)
  const { 'table-uuid': uuid } = made.body.metadata
  await run('INSERT INTO rested VALUES (1), (2)')
  const loaded = (await rest('GET', `${tables}/rested`)).body
  expect(loaded.metadata.snapshots).toHaveLength(1)
  expect(loaded.config['s3.endpoint']).toBe(process.env.AWS_ENDPOINT_URL)
  const change = (required: string) =>
    rest('POST', `${tables}/rested`, {
      requirements: [{ type: 'assert-table-uuid', uuid: required }],
      updates: [
        {
          action: 'add-schema',
          schema: {
            type: 'struct',
            fields: [
              { ...field, id: 1 },
              { ...field, id: 2, name: 'added' },
            ],
          },
        },
        { action: 'set-current-schema', 'schema-id': -1 },
        { action: 'set-properties', updates: { 'history.expire.min-snapshots-to-keep': '4' } },
      ],
    })
  expect(await change('another')).toMatchObject({
    status: 409,
    body: { error: { type: 'CommitFailedException', code: 409 } },
  })
  expect((await change(uuid)).status).toBe(200)
  expect(await run('SELECT n, added FROM rested ORDER BY n')).toEqual(['1|NULL', '2|NULL'])
  expect(await run("SHOW TBLPROPERTIES rested ('vacuum_min_snapshots_to_keep')")).toEqual(['4'])
  await run(`CREATE TABLE listed (a int) ${iceberg('listed')}`)
  const { identifiers } = (await rest('GET', tables)).body
  expect(identifiers).toEqual(
    expect.arrayContaining(['listed', 'rested'].map((name) => ({ namespace: [database], name }))),
  )
  expect(identifiers).not.toContainEqual({ namespace: [database], name: 'plain' })
  expect((await rest('HEAD', `${tables}/missing`)).status).toBe(404)
  expect((await rest('DELETE', `${tables}/rested?purgeRequested=true`)).status).toBe(204)
  expect(await filesOf('rested')).toEqual([])
  expect((await fetch(`${process.env.AWS_ENDPOINT_URL}/iceberg/v1/config`)).status).toBe(403)
})

test('no answer shows the catalog behind', async () => {
  await run(`CREATE TABLE shown (a int) ${iceberg('shown')}`)
  for (const sql of [
    'EXPLAIN SELECT * FROM shown',
    'EXPLAIN (TYPE IO, FORMAT JSON) SELECT * FROM shown',
    'SELECT * FROM system.metadata.catalogs',
    `SELECT table_catalog, table_name FROM information_schema.tables WHERE table_schema = '${database}'`,
    'SHOW TBLPROPERTIES shown',
  ]) {
    const text = (await run(sql)).join('\n')
    expect(text, sql).toContain(sql.startsWith('SHOW') ? 'iceberg' : 'awsdatacatalog')
    expect(text, sql).not.toContain(icebergCatalog)
  }
})
