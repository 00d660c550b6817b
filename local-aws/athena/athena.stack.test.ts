// Athena through the real SDK, on the real engine, catalog and S3: what users type and what they see.
import {
  AthenaClient,
  BatchGetNamedQueryCommand,
  BatchGetQueryExecutionCommand,
  CreateDataCatalogCommand,
  CreateNamedQueryCommand,
  CreatePreparedStatementCommand,
  CreateWorkGroupCommand,
  DeleteDataCatalogCommand,
  DeleteWorkGroupCommand,
  GetDataCatalogCommand,
  GetPreparedStatementCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetQueryRuntimeStatisticsCommand,
  GetTableMetadataCommand,
  GetWorkGroupCommand,
  ListCapacityReservationsCommand,
  ListEngineVersionsCommand,
  ListNamedQueriesCommand,
  ListPreparedStatementsCommand,
  ListQueryExecutionsCommand,
  ListTableMetadataCommand,
  ListTagsForResourceCommand,
  paginateGetQueryResults,
  paginateListDatabases,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
  StartSessionCommand,
  StopQueryExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateWorkGroupCommand,
} from '@aws-sdk/client-athena'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { beforeAll, describe, expect, test } from 'vitest'

const lake = lakeConfig(testEnv())
const athena = new AthenaClient({})
const s3 = s3Client(lake)
const folder = `s3://${lake.bucket}/${lake.prefix}`

async function start(sql: string, more: Partial<StartQueryExecutionCommandInput> = {}): Promise<string> {
  const request = { QueryString: sql, ResultConfiguration: { OutputLocation: `${folder}/results/` }, ...more }
  return (await athena.send(new StartQueryExecutionCommand(request))).QueryExecutionId!
}

async function ended(id: string): Promise<QueryExecution> {
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id }))
    if (!['QUEUED', 'RUNNING'].includes(QueryExecution!.Status!.State!)) return QueryExecution!
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Rows as texts, including the heading. */
async function run(
  sql: string,
  more: Partial<StartQueryExecutionCommandInput> = {},
): Promise<(string | null)[][]> {
  const id = await start(sql, more)
  const { Status } = await ended(id)
  if (Status!.State !== 'SUCCEEDED')
    throw new Error(`${Status!.AthenaError!.ErrorType} ${Status!.StateChangeReason}`)
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }))
  return ResultSet!.Rows!.map((row) => row.Data!.map((datum) => datum.VarCharValue ?? null))
}

/** The list of files that an INSERT or CTAS reports. */
async function manifestOf({ Statistics }: QueryExecution): Promise<string[]> {
  const { pathname } = new URL(Statistics!.DataManifestLocation!)
  const object = await s3.send(new GetObjectCommand({ Bucket: lake.bucket, Key: pathname.slice(1) }))
  return (await object.Body!.transformToString()).trimEnd().split('\n')
}

const database = lake.database
const table = `"${database}"."my-ticks"`

beforeAll(async () => {
  const lines = [
    { index: 'HSI', close: 2913.5, volume: 1e10, kafka_offset: 0 },
    { index: 'NYA', close: 0.0001, volume: null, kafka_offset: 1 },
  ]
  await s3.send(
    new PutObjectCommand({
      Bucket: lake.bucket,
      Key: `${lake.prefix}/data/dt=2026-01-01/a.json`,
      Body: lines
        .map((line) => JSON.stringify(line))
        .join('\n')
        .replace('"kafka_offset":1', '"kafka_offset":9007199254740993'),
    }),
  )
  await run(`CREATE DATABASE IF NOT EXISTS \`${database}\``)
  await run(`
    CREATE EXTERNAL TABLE IF NOT EXISTS \`${database}\`.\`my-ticks\` (
      \`index\` string COMMENT 'the index', close double, volume double, kafka_offset bigint
    )
    PARTITIONED BY (dt string)
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
    LOCATION '${folder}/data/'
    TBLPROPERTIES ('classification' = 'json')`)
  await run(`MSCK REPAIR TABLE \`${database}\`.\`my-ticks\``)
})

describe('queries', () => {
  test('COUNT has the heading _col0', async () => {
    expect(await run(`SELECT COUNT(*) FROM ${table} limit 10`)).toEqual([['_col0'], ['2']])
  })

  test('values are those of Athena, 64-bit integers to the last digit, and the CSV in S3 is the same', async () => {
    const id = await start(`SELECT "index", close, volume, kafka_offset FROM ${table} ORDER BY 1`)
    const { ResultConfiguration } = await ended(id)
    expect(ResultConfiguration!.OutputLocation).toBe(`${folder}/results/${id}.csv`)
    const object = await s3.send(
      new GetObjectCommand({ Bucket: lake.bucket, Key: `${lake.prefix}/results/${id}.csv` }),
    )
    expect(await object.Body!.transformToString()).toBe(
      '"index","close","volume","kafka_offset"\n"HSI","2913.5","1.0E10","0"\n"NYA","1.0E-4",,"9007199254740993"\n',
    )
    const { ResultSet, UpdateCount } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }))
    expect(ResultSet!.Rows!.at(-1)!.Data!.map((datum) => datum.VarCharValue)).toEqual([
      'NYA',
      '1.0E-4',
      undefined,
      '9007199254740993',
    ])
    expect(UpdateCount).toBe(0)
    expect(ResultSet!.ResultSetMetadata!.ColumnInfo![3]).toEqual({
      CatalogName: 'hive',
      SchemaName: '',
      TableName: '',
      Name: 'kafka_offset',
      Label: 'kafka_offset',
      Type: 'bigint',
      Precision: 19,
      Scale: 0,
      Nullable: 'UNKNOWN',
      CaseSensitive: false,
    })
  })

  test('every type has its text', async () => {
    const rows =
      await run(`SELECT true, 1e20, DECIMAL '1.50', NULL, '', ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[1]), MAP(ARRAY[ROW(1, 'x')], ARRAY[ARRAY[2]]),
      CAST(ROW(1, 'x') AS ROW(id integer, name varchar)), TIMESTAMP '2020-01-01 00:00:00', DATE '2020-01-01', X'0102',
      TIMESTAMP '2020-01-01 00:00:00 UTC', JSON '{"a":1}', REAL '1.5'`)
    expect(rows[1]).toEqual([
      'true',
      '1.0E20',
      '1.50',
      null,
      '',
      '[1, null]',
      '{k=1}',
      '{{field0=1, field1=x}=[2]}',
      '{id=1, name=x}',
      '2020-01-01 00:00:00.000',
      '2020-01-01',
      '01 02',
      '2020-01-01 00:00:00.000 UTC',
      '{"a":1}',
      '1.5',
    ])
  })

  test('results come page by page, and all of them', async () => {
    const id = await start('SELECT n FROM UNNEST(sequence(1, 2500)) t(n)')
    await ended(id)
    const sizes: number[] = []
    let last: string | undefined
    for await (const page of paginateGetQueryResults({ client: athena }, { QueryExecutionId: id })) {
      sizes.push(page.ResultSet!.Rows!.length)
      last = page.ResultSet!.Rows!.at(-1)!.Data![0]!.VarCharValue
    }
    expect(sizes).toEqual([1000, 1000, 501])
    expect(last).toBe('2500')
  })

  test('the database of the context is where bare names are looked for', async () => {
    const QueryExecutionContext = { Database: database, Catalog: 'AwsDataCatalog' }
    expect(
      await run('SELECT COUNT(*) FROM "my-ticks" WHERE dt = \'2026-01-01\'', { QueryExecutionContext }),
    ).toEqual([['_col0'], ['2']])
  })

  test('parameters are expressions where they are, else texts', async () => {
    const sql = `SELECT close FROM ${table} WHERE "index" = ?`
    for (const parameter of ["'HSI'", 'HSI']) {
      expect(await run(sql, { ExecutionParameters: [parameter] })).toEqual([['close'], ['2913.5']])
    }
    await expect(run(sql, { ExecutionParameters: ['1', '2'] })).rejects.toThrow(
      'INVALID_PARAMETER_USAGE: line 1:1',
    )
  })
})

describe('errors', () => {
  test.each([
    [
      'SELECT x FROM (VALUES 1) t(a)',
      "1006 COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
    ],
    [
      `SELECT * FROM "${database}"."zz"`,
      `1301 TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.${database}.zz' does not exist`,
    ],
    ['SELECT 1/0', '1001 DIVISION_BY_ZERO: Division by zero'],
    ["SELECT 'a' = 1", '1002 TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) = integer'],
    [
      `SHOW COLUMNS IN \`${database}\`.zz`,
      `1301 FAILED: SemanticException [Error 10001]: Table not found ${database}.zz`,
    ],
    [
      'ALTER TABLE t ADD COLUMNS (a int)',
      '1301 FAILED: SemanticException [Error 10001]: Table not found default.t',
    ],
    [
      "CREATE EXTERNAL TABLE t (a int) LOCATION 'http://b/t/'",
      'Invalid location http://b/t/ for table. Only S3 locations are allowed',
    ],
    ['OPTIMIZE t REWRITE DATA', "line 1:24: mismatched input '<EOF>'. Expecting: 'USING'"],
  ])('%s', async (sql, message) => {
    await expect(run(sql)).rejects.toThrow(message)
  })

  test('a syntax error is reported at once', async () => {
    await expect(start('SELECT\n  FROM')).rejects.toMatchObject({
      name: 'InvalidRequestException',
      AthenaErrorCode: 'MALFORMED_QUERY',
      message: expect.stringMatching(/^line 2:3: mismatched input 'FROM'. Expecting: /),
    })
  })

  test('a stopped query is CANCELLED, and ends at the engine too', async () => {
    const id = await start(
      'SELECT count(*) AS to_be_stopped FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 1000)) c(z)',
    )
    await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }))
    expect((await ended(id)).Status).toMatchObject({ State: 'CANCELLED' })
    await expect
      .poll(
        () =>
          run(
            "SELECT state FROM system.runtime.queries WHERE query LIKE 'SELECT count(*) AS to_be_stopped%'",
          ),
        { timeout: PATIENCE_MS },
      )
      .toEqual([['state'], ['FAILED']])
  })
})

describe('as strict as Athena', () => {
  test('a number with a point is a double, in queries, views, CTAS and parameters', async () => {
    const sql = "SELECT 1/3.0, 1/0.0, typeof(1.5), typeof(DECIMAL '1.5')"
    expect((await run(sql))[1]).toEqual(['0.3333333333333333', 'Infinity', 'double', 'decimal(2,1)'])
    expect((await run('SELECT typeof(?)', { ExecutionParameters: ['1.5'] }))[1]).toEqual(['double'])
    const context = { QueryExecutionContext: { Database: database } }
    await run('CREATE TABLE points AS SELECT 1.5 AS x', context)
    await run('CREATE VIEW points_view AS SELECT x * 0.1 AS y FROM points', context)
    expect((await run('SELECT typeof(x), typeof(y) FROM points, points_view', context))[1]).toEqual([
      'double',
      'double',
    ])
  })

  test('a CTAS makes at most 100 partitions, and rows are not inserted into buckets', async () => {
    const context = { QueryExecutionContext: { Database: database } }
    const many = 'SELECT x AS a, x AS p FROM UNNEST(sequence(1, 101)) AS t(x)'
    await expect(
      run(`CREATE TABLE many WITH (partitioned_by = ARRAY['p']) AS ${many}`, context),
    ).rejects.toThrow('HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers')
    await run(
      "CREATE TABLE buckets WITH (bucketed_by = ARRAY['a'], bucket_count = 2) AS SELECT 1 AS a",
      context,
    )
    await expect(run('INSERT INTO buckets VALUES 2', context)).rejects.toThrow('bucketed table')
  })
})

describe('text that the engine reads otherwise than Athena', () => {
  const context = { QueryExecutionContext: { Database: database } }
  const put = (key: string, Body: string) =>
    s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key: `${lake.prefix}/${key}`, Body }))

  test('a CSV in quotes has the types of its columns: days and milliseconds since 1970, the word true', async () => {
    await put('typed/p=1/a.csv', '"1","x, ""y","1.5","TRUE","18262","1577836800123"\n"",,,no,,\n')
    await run(`CREATE EXTERNAL TABLE \`${database}\`.typed (a int, s string, d double, b boolean, dt date, ts timestamp)
      COMMENT 'described' PARTITIONED BY (p int)
      ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION '${folder}/typed/'`)
    expect(await run('MSCK REPAIR TABLE typed', context)).toHaveLength(2)
    expect(await run("SELECT * FROM typed WHERE s <> '' AND p = 1", context)).toEqual([
      ['a', 's', 'd', 'b', 'dt', 'ts', 'p'],
      ['1', 'x, "y', '1.5', 'true', '2020-01-01', '2020-01-01 00:00:00.123', '1'],
    ])
    await expect(run('SELECT a FROM typed', context)).rejects.toThrow(
      'HIVE_BAD_DATA: Error parsing field value \'\' for field 0: For input string: ""',
    )
    await run(
      "INSERT INTO typed (s, a, p, dt, ts) SELECT 'new', 2, 2, DATE '2020-01-02', TIMESTAMP '2020-01-01 00:00:01'",
      context,
    )
    expect((await run("SELECT a, s, dt, ts, p FROM typed WHERE s = 'new' AND p = 2", context))[1]).toEqual([
      '2',
      'new',

      '2020-01-02',
      '2020-01-01 00:00:01.000',
      '2',
    ])
    await run('DROP TABLE typed', context)
  })

  test('a log has the columns of its grok expression, by a pattern of its own too; other lines are NULL', async () => {
    await put('grok/d=1/a.log', '10.0.0.1 - "GET /x" 200 took 12ms\n10.0.0.2 - "POST /y" 404\nnothing\n')
    await run(`CREATE EXTERNAL TABLE \`${database}\`.grok (ip string, verb string, status int, took string) PARTITIONED BY (d string)
      ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES (
        'input.format' = '%{IP:ip} - "%{WORD:verb} (/x|/[y])" %{NUMBER:status:int}( took %{MS:took})?',
        'input.grokCustomPatterns' = 'MS (\\\\d+)ms')
      STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
        OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION '${folder}/grok/'`)
    await run('MSCK REPAIR TABLE grok', context)
    expect(await run('SELECT * FROM grok ORDER BY ip', context)).toEqual([
      ['ip', 'verb', 'status', 'took', 'd'],
      ['10.0.0.1', 'GET', '200', '12ms', '1'],
      ['10.0.0.2', 'POST', '404', null, '1'],
      [null, null, null, null, '1'],
    ])
  })

  test('each record of a CloudTrail log is a row, with what is nested in it', async () => {
    const record = (eventName: string) => ({
      eventName,
      userIdentity: { type: 'Root', sessionContext: { mfaAuthenticated: 'false' } },
      requestParameters: { bucketName: 'b' },
      resources: [{ ARN: 'arn:aws:s3:::b' }],
    })
    await put('trail/d=1/a.json', JSON.stringify({ Records: [record('GetObject'), record('PutObject')] }))
    await run(`CREATE EXTERNAL TABLE \`${database}\`.trail (eventname string,
        useridentity struct<type:string,sessioncontext:struct<mfaauthenticated:string>>,
        requestparameters string, resources array<struct<ARN:string>>)
      COMMENT 'CloudTrail' PARTITIONED BY (d string) ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
      STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
        OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION '${folder}/trail/'`)
    await run('MSCK REPAIR TABLE trail', context)
    const sql = `SELECT eventname, useridentity.sessioncontext.mfaauthenticated AS mfa, requestparameters,
      resources[1].arn AS arn, d FROM trail WHERE d = '1' ORDER BY 1`
    expect(await run(sql, context)).toEqual([
      ['eventname', 'mfa', 'requestparameters', 'arn', 'd'],
      ['GetObject', 'false', '{"bucketName":"b"}', 'arn:aws:s3:::b', '1'],
      ['PutObject', 'false', '{"bucketName":"b"}', 'arn:aws:s3:::b', '1'],
    ])
    await run('DROP TABLE trail', context)
  })

  test('projection takes a list of numbers, for a column of numbers', async () => {
    await put('listed/p=2/a.csv', 'x\n')
    await run(`CREATE EXTERNAL TABLE \`${database}\`.listed (a string) PARTITIONED BY (p int) LOCATION '${folder}/listed/'
      TBLPROPERTIES ('projection.enabled'='true', 'projection.p.type'='enum', 'projection.p.values'='1,2')`)
    expect((await run('SELECT a, p + 1 FROM listed WHERE p > 1', context))[1]).toEqual(['x', '3'])
    await run("INSERT INTO listed VALUES ('y', 1)", context)
    expect(await run('SELECT a FROM listed WHERE p = 1', context)).toEqual([['a'], ['y']])
    expect((await run('DESCRIBE listed', context)).at(-1)![0]).toMatch(/^p +\tint /)
    await run('DROP TABLE listed', context)
  })

  test('projection counts months, years and weeks, and finds folders by raw values', async () => {
    for (const value of ['a:b', 'a=b', 'a%b', 'a b', '[x]']) await put(`raw/p=${value}/a.csv`, `${value}\n`)
    const projected = (name: string, properties: Record<string, string>) => {
      const all = Object.entries({ 'projection.enabled': 'true', ...properties })
      return run(`CREATE EXTERNAL TABLE \`${database}\`.${name} (a string) PARTITIONED BY (p string)
        LOCATION '${folder}/${name}/' TBLPROPERTIES (${all.map(([key, value]) => `'${key}'='${value}'`).join(', ')})`)
    }
    await projected('raw', {
      'projection.p.type': 'enum',
      'projection.p.values': 'a:b,a=b,a%b,a b,[x],none',
    })
    const rows = await run('SELECT a, p FROM raw', context)
    expect(rows.slice(1).every(([a, p]) => a === p)).toBe(true)
    expect(rows).toHaveLength(6)
    await put('months/p=2020-02/a.csv', 'feb\n')
    // Inserted rows are in the same folders as the others.
    await run("INSERT INTO raw VALUES ('new', 'a=b')", context)
    await run("INSERT INTO raw VALUES ('newer', 'a=b'), ('none', 'none')", context)
    expect(
      (await run("SELECT a FROM raw WHERE p IN ('a=b', 'none')", context)).slice(1).flat().sort(),
    ).toEqual(['a=b', 'new', 'newer', 'none'])
    await projected('template', {
      'projection.p.type': 'enum',
      'projection.p.values': 'a:b,c',
      'storage.location.template': `${folder}/elsewhere/\${p}/`,
    })
    await run("INSERT INTO template VALUES ('1', 'a:b')", context)
    expect(await run('SELECT a, p FROM template', context)).toEqual([
      ['a', 'p'],
      ['1', 'a:b'],
    ])
    await projected('months', {
      'projection.p.type': 'date',
      'projection.p.range': '2019-12,NOW',
      'projection.p.format': 'yyyy-MM',
    })
    expect(await run("SELECT a FROM months WHERE p < '2021'", context)).toEqual([['a'], ['feb']])
    await put('days/p=2026-01-05 10:30/a.csv', 'monday\n')
    await projected('days', {
      'projection.p.type': 'date',
      'projection.p.range': '2026-01-05 00:00,2026-01-06 00:00',
      'projection.p.format': 'yyyy-MM-dd HH:mm',
      'projection.p.interval': '1',
      'projection.p.interval.unit': 'MINUTES',
    })
    expect(await run("SELECT a FROM days WHERE p = '2026-01-05 10:30'", context)).toEqual([['a'], ['monday']])
    await projected('injected', { 'projection.p.type': 'injected' })
    await expect(run('SELECT a FROM injected', context)).rejects.toThrow(
      'CONSTRAINT_VIOLATION: For the injected projected partition column p, the WHERE clause must contain only static equality conditions',
    )
    await projected('unsaid', {})
    await expect(run('SELECT a FROM unsaid', context)).rejects.toThrow(
      /HIVE_METASTORE_ERROR: Table .*[.]unsaid is configured for partition projection, but the following partition columns are missing projection configuration: \[p\]$/,
    )
    for (const name of ['raw', 'template', 'months', 'days', 'injected', 'unsaid'])
      await run(`DROP TABLE ${name}`, context)
  })

  test('the database of the context may have any letters', async () => {
    const other = { QueryExecutionContext: { Database: `${database}_日本` } }
    await run(`CREATE DATABASE \`${database}_日本\``)
    await run('CREATE TABLE c AS SELECT 1 AS a', other)
    await run('CREATE VIEW v AS SELECT a FROM c', other)
    expect(await run('SELECT a FROM v', other)).toEqual([['a'], ['1']])
    await expect(run('SELECT * FROM zz', other)).rejects.toThrow(`_日本".zz' does not exist`)
    await run(`DROP DATABASE \`${database}_日本\` CASCADE`)
  })
})

describe('the catalog', () => {
  test('SHOW and DESCRIBE answer in Athena’s form', async () => {
    expect(await run(`SHOW TABLES IN \`${database}\``)).toContainEqual(['my-ticks'])
    expect(await run('SHOW DATABASES')).toContainEqual([database])
    expect(await run(`SHOW PARTITIONS \`${database}\`.\`my-ticks\``)).toEqual([['dt=2026-01-01']])
    expect(await run(`SHOW COLUMNS IN \`${database}\`.\`my-ticks\``)).toContainEqual(['close               '])
    const described = await run(`DESCRIBE \`${database}\`.\`my-ticks\``)
    expect(described[0]).toEqual(['index               \tstring              \tthe index           '])
    expect(described.at(-1)).toEqual(['dt                  \tstring              \t                    '])
  })

  test('INSERT into JSON writes the keys that its columns are mapped to', async () => {
    const mapped = `"${database}".mapped`
    await run(`CREATE EXTERNAL TABLE \`${database}\`.mapped (user_id int, at string) PARTITIONED BY (day string)
      ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
      WITH SERDEPROPERTIES ('mapping.user_id' = 'userId', 'mapping.at' = 'timestamp') LOCATION '${folder}/mapped/'`)
    const Key = `${lake.prefix}/mapped/day=1/a.json`
    const Body = '{"userId":1,"timestamp":"x"}'
    await s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key, Body }))
    await run(`ALTER TABLE \`${database}\`.mapped ADD PARTITION (day='1')`)
    await run(`INSERT INTO ${mapped} VALUES (2, 'y', '1'), (3, 'z', '2')`)
    const rows = [
      ['user_id', 'at', 'day'],
      ['1', 'x', '1'],
      ['2', 'y', '1'],
      ['3', 'z', '2'],
    ]
    expect(await run(`SELECT * FROM ${mapped} ORDER BY 1`)).toEqual(rows)
    const described = await run(`DESCRIBE \`${database}\`.mapped PARTITION (day='2')`)
    expect(described.slice(0, 2).map(([line]) => line!.split(/\s/)[0])).toEqual(['user_id', 'at'])
    await run(`DROP TABLE \`${database}\`.mapped`)
  })

  test.each([
    ['several slashes', 's3://', '//places//several//'],
    ['another scheme', 's3a://', '/places/scheme/'],
    ['capitals in its scheme', 'S3://', '/places/capitals/'],
    ['a blank', 's3://', '/places/a blank/ '],
  ])('tables and results lie where a location with %s says', async (_, scheme, path) => {
    const name = path.replaceAll(/\W/g, '_')
    const at = (what: string) => `${scheme}${lake.bucket}/${lake.prefix}/${what}${path}`
    const own = `s3://${lake.bucket}/${lake.prefix}/`
    await run(
      `CREATE TABLE "${database}"."c${name}" WITH (external_location = '${at('ctas')}') AS SELECT 1 a`,
    )
    await run(`CREATE EXTERNAL TABLE \`${database}\`.\`e${name}\` (a int) LOCATION '${at('external')}'`)
    await run(`INSERT INTO "${database}"."e${name}" VALUES 1`)
    for (const table of [`c${name}`, `e${name}`]) {
      const [, [a, path] = []] = await run(`SELECT a, "$path" FROM "${database}"."${table}"`)
      expect([a, path]).toEqual(['1', expect.stringContaining(own)])
      await run(`DROP TABLE \`${database}\`.\`${table}\``)
    }
    const unload = `UNLOAD (SELECT 1 a) TO '${at('unload')}' WITH (format = 'JSON')`
    const [file, ...others] = await manifestOf(await ended(await start(unload)))
    expect([file, others]).toEqual([expect.stringContaining(`${own}unload/places/`), []])
    const iceberg = `"${database}"."i${name}"`
    const ddl = iceberg.replaceAll('"', '`')
    await run(
      `CREATE TABLE ${ddl} (a int) LOCATION '${at('iceberg')}' TBLPROPERTIES ('table_type'='ICEBERG')`,
    )
    await run(`INSERT INTO ${iceberg} VALUES 1`)
    expect(await run(`SELECT * FROM ${iceberg}`)).toEqual([['a'], ['1']])
    await run(`DROP TABLE ${ddl}`)
  })

  test('ALTER TABLE changes what queries see', async () => {
    const other = `\`${database}\`.altered`
    await run(`CREATE EXTERNAL TABLE ${other} (close double) PARTITIONED BY (day string)
      ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '${folder}/nothing/'`)
    await run(
      `ALTER TABLE ${other} ADD PARTITION (day='1') LOCATION '${folder}/data/dt=2026-01-01/' PARTITION (day='2')`,
    )
    await run(`ALTER TABLE ${other} ADD COLUMNS (volume double)`)
    await run(`ALTER TABLE ${other} PARTITION (day='1') ADD COLUMNS (volume double)`)
    expect(await run(`SELECT volume, day FROM "${database}".altered ORDER BY close DESC`)).toEqual([
      ['volume', 'day'],
      ['1.0E10', '1'],
      [null, '1'],
    ])
    await run(`ALTER TABLE ${other} PARTITION (day='1') RENAME TO PARTITION (day='3')`)
    expect(await run(`SELECT DISTINCT day FROM "${database}".altered`)).toEqual([['day'], ['3']])
    await run(`ALTER TABLE ${other} DROP PARTITION (day >= '3')`)
    expect(await run(`SELECT count(*) FROM "${database}".altered`)).toEqual([['_col0'], ['0']])
    const ddl = (await run(`SHOW CREATE TABLE ${other}`)).map(([line]) => line).join('\n')
    await run(`DROP TABLE ${other}`)
    await run(ddl)
    await run(`DROP TABLE ${other}`)
  })

  test('a database may be named with its catalog, and in the backticks of DDL', async () => {
    await run('CREATE DATABASE IF NOT EXISTS awsdatacatalog.default')
    const QueryExecutionContext = { Database: `\`${database}\`` }
    expect(await run('SELECT count(*) FROM "my-ticks"', { QueryExecutionContext })).toEqual([
      ['_col0'],
      ['2'],
    ])
    expect(await run('SHOW COLUMNS IN `my-ticks`', { QueryExecutionContext })).toHaveLength(5)
    expect(await run('SELECT 1 AS x')).toEqual([['x'], ['1']])
  })

  test('a view is made, read, described and dropped', async () => {
    await run(`CREATE OR REPLACE VIEW "${database}"."v" AS SELECT close AS "adj close" FROM ${table}`)
    expect(await run(`SELECT * FROM "${database}"."v" ORDER BY 1 DESC LIMIT 1`)).toEqual([
      ['adj close'],
      ['2913.5'],
    ])
    const { TableMetadata } = await athena.send(
      new GetTableMetadataCommand({ CatalogName: 'AwsDataCatalog', DatabaseName: database, TableName: 'v' }),
    )
    expect(TableMetadata).toMatchObject({
      TableType: 'VIRTUAL_VIEW',
      Columns: [{ Name: 'adj close', Type: 'double' }],
    })
    expect((await run(`SHOW CREATE VIEW "${database}"."v"`)).slice(0, 2)).toEqual([
      [expect.stringMatching(/^CREATE VIEW [^ ]*v AS$/)],
      ['SELECT close "adj close"'],
    ])
    // Of a type that no table has.
    await run(`CREATE OR REPLACE VIEW "${database}"."v" AS SELECT json_parse('{"a":1}') AS j`)
    expect(await run(`SELECT * FROM "${database}"."v"`)).toEqual([['j'], ['{"a":1}']])
    await run(`DROP VIEW "${database}"."v"`)
  })

  test('CTAS, INSERT and DROP TABLE: data lies below the results, and manifests name its files', async () => {
    const id = await start(`CREATE TABLE "${database}"."copy" AS SELECT * FROM ${table}`)
    const execution = await ended(id)
    expect(execution.Status!.StateChangeReason).toBeUndefined()
    expect(execution.ResultConfiguration!.OutputLocation).toBe(`${folder}/results/tables/${id}`)
    const inserted = await ended(await start(`INSERT INTO "${database}"."copy" SELECT * FROM ${table}`))
    const files = await Promise.all([execution, inserted].map(manifestOf))
    const inTable = await run(`SELECT DISTINCT "$path" FROM "${database}"."copy"`)
    expect(files.flat().sort()).toEqual(
      inTable
        .slice(1)
        .map((row) => row[0])
        .sort(),
    )
    const [, [count, path]] = (await run(`SELECT count(*), min("$path") FROM "${database}"."copy"`)) as [
      unknown,
      [string, string],
    ]
    expect(count).toBe('4')
    expect(path).toContain(`/results/tables/${id}/`)
    await run(`DROP TABLE \`${database}\`.\`copy\``)
    await run(`DROP TABLE IF EXISTS \`${database}\`.\`copy\``)
  })

  test('a CTAS of dbt-athena has its properties, and takes others by ALTER TABLE', async () => {
    const location = `${folder}/dbt/t1`
    await run(`create table "awsdatacatalog"."${database}"."dbt"
      with (table_type='hive', is_external=true, external_location='${location}', format='parquet', write_compression='snappy', partitioned_by=ARRAY['p'])
      as select 1 as a, 'x' as p`)
    const [path, p] = (await run(`SELECT "$path", p FROM "${database}"."dbt"`))[1]!
    expect(path).toMatch(new RegExp(`^${location}/p=x/`))
    expect(p).toBe('x')
    const key = new URL(path!).pathname.slice(1)
    const object = await s3.send(new GetObjectCommand({ Bucket: lake.bucket, Key: key }))
    expect(
      Buffer.from(await object.Body!.transformToByteArray())
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1')
    await expect(
      run(`CREATE TABLE "${database}"."dbt2" WITH (external_location='${location}/') AS SELECT 1 AS a`),
    ).rejects.toThrow(
      new RegExp(
        `HIVE_PATH_ALREADY_EXISTS: Target directory for table '${database}[.]dbt2' already exists: ${location}/?[.] You may need to manually clean the data at location 's3://[^']*/tables/[-0-9a-f]{36}' before retrying[.] Athena will not delete data in your account[.]$`,
      ),
    )
    await expect(run(`CREATE TABLE "${database}".x WITH (formt='ORC') AS SELECT 1 AS a`)).rejects.toThrow(
      'INVALID_TABLE_PROPERTY: line 1:',
    )
    await expect(
      run(`CREATE TABLE "${database}".x WITH (format='ORC') AS SELECT b FROM (VALUES 1) t(a)`),
    ).rejects.toThrow(
      `COLUMN_NOT_FOUND: line 1:${`CREATE TABLE "${database}".x WITH (format='ORC') AS SELECT b`.length}: `,
    )
    await run(
      `alter table \`${database}\`.\`dbt\` set tblproperties ('classification' = 'parquet', 'k' = 'v')`,
    )
    expect(await run(`SHOW TBLPROPERTIES \`${database}\`.dbt('k')`)).toEqual([['v']])
    expect(await run(`SELECT a, p FROM "${database}"."dbt"`)).toEqual([
      ['a', 'p'],
      ['1', 'x'],
    ])
    await run(`DROP TABLE \`${database}\`.dbt`)
  })

  test.each([
    ['PARQUET', 'SNAPPY', ''],
    ['ORC', 'ZLIB', ''],
    ['AVRO', 'SNAPPY', ''],
    ['JSON', 'GZIP', '.gz'],
    ['TEXTFILE', 'NONE', ''],
  ])(
    'UNLOAD writes %s with %s and leaves files, a manifest and no table',
    async (format, compression, suffix) => {
      const location = `${folder}/unload/${format}`
      const sql = `UNLOAD (SELECT 'a' AS x, 1 AS y, 'p' AS part) TO '${location}' WITH (format = '${format}', compression = '${compression}', partitioned_by = ARRAY['part'])`
      const execution = await ended(await start(sql))
      expect(execution.Status!.StateChangeReason).toBeUndefined()
      const files = await manifestOf(execution)
      expect(files).toHaveLength(1)
      expect(files[0]).toMatch(new RegExp(`^${location}/part=p/.*${suffix.replace('.', '[.]')}$`))
      expect(await run('SHOW TABLES IN default')).toEqual([])
      await expect(run(sql)).rejects.toThrow(
        new RegExp(
          `HIVE_PATH_ALREADY_EXISTS: Target directory for table '${location}' already exists: ${location}/?[.] You may need to manually clean the data at location 's3://`,
        ),
      )
    },
  )

  test('an UNLOAD has its delimiter, needs no database, and of no rows has a manifest all the same', async () => {
    await run('DROP DATABASE default CASCADE')
    const unload = async (query: string, to: string) => {
      const properties = "format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE'"
      return ended(await start(`UNLOAD (${query}) TO '${folder}/unload/${to}/' WITH (${properties})`))
    }
    const execution = await unload("SELECT 1 AS a, 'x' AS b", 'text')
    const [uri] = await manifestOf(execution)
    const { ResultSet } = await athena.send(
      new GetQueryResultsCommand({
        QueryExecutionId: execution.QueryExecutionId,
        QueryResultType: 'DATA_MANIFEST',
      }),
    )
    expect(ResultSet!.Rows!.map(({ Data }) => Data![0]!.VarCharValue)).toEqual([uri])
    const Key = new URL(uri!).pathname.slice(1)
    const object = await s3.send(new GetObjectCommand({ Bucket: lake.bucket, Key }))
    expect(await object.Body!.transformToString()).toBe('1,x\n')
    expect(await manifestOf(await unload('SELECT 1 AS a WHERE false', 'none'))).toEqual([''])
    expect((await unload('SELECT x FROM (VALUES 1) t(a)', 'wrong')).Status!.StateChangeReason).toMatch(
      /^COLUMN_NOT_FOUND: line 1:16: /,
    )
  })

  test('a CTAS in buckets, and one without data, have their tables', async () => {
    await run(
      `CREATE TABLE "${database}".b WITH (format='ORC', bucketed_by=ARRAY['a'], bucket_count=2) AS SELECT 1 AS a`,
    )
    expect((await run(`SHOW CREATE TABLE \`${database}\`.b`)).flat()).toContain('INTO 2 BUCKETS')
    await run(`CREATE TABLE "${database}".n AS SELECT 1 AS a WITH NO DATA`)
    expect(await run(`SELECT a FROM "${database}".n`)).toEqual([['a']])
    const ddl = (await run(`SHOW CREATE TABLE \`${database}\`.n`)).flat()
    expect(ddl).toContain("  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat' ")
    await run(`DROP TABLE \`${database}\`.n`)
    await run(`DROP TABLE \`${database}\`.b`)
  })

  test('an UNLOAD without its clauses is refused with the place', async () => {
    await expect(start('UNLOAD (SELECT 1) INTO 1')).rejects.toMatchObject({
      AthenaErrorCode: 'MALFORMED_QUERY',
      message: "line 1:19: mismatched input 'INTO'. Expecting: 'TO'",
    })
  })

  test('metadata operations give what PyAthena and dbt read', async () => {
    const CatalogName = 'AwsDataCatalog'
    const { DataCatalog } = await athena.send(new GetDataCatalogCommand({ Name: CatalogName }))
    expect(DataCatalog).toMatchObject({ Type: 'GLUE', Parameters: { 'catalog-id': expect.any(String) } })
    const { WorkGroup } = await athena.send(new GetWorkGroupCommand({ WorkGroup: 'primary' }))
    expect(WorkGroup!.Configuration).toMatchObject({
      EnforceWorkGroupConfiguration: false,
      ResultConfiguration: {},
    })
    // Other tests have databases, too: more than one page holds.
    const databases: (string | undefined)[] = []
    for await (const { DatabaseList } of paginateListDatabases({ client: athena }, { CatalogName })) {
      databases.push(...DatabaseList!.map(({ Name }) => Name))
    }
    expect(databases).toContain(database)
    const { TableMetadataList } = await athena.send(
      new ListTableMetadataCommand({ CatalogName, DatabaseName: database, Expression: 'my.*' }),
    )
    expect(TableMetadataList).toMatchObject([
      {
        Name: 'my-ticks',
        TableType: 'EXTERNAL_TABLE',
        PartitionKeys: [{ Name: 'dt', Type: 'string' }],
        Parameters: {
          EXTERNAL: 'TRUE',
          location: `${folder}/data`,
          'serde.serialization.lib': 'org.openx.data.jsonserde.JsonSerDe',
        },
      },
    ])
    await expect(
      athena.send(new GetTableMetadataCommand({ CatalogName, DatabaseName: database, TableName: 'zz' })),
    ).rejects.toMatchObject({
      name: 'MetadataException',
      message: expect.stringContaining(
        '(Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; ',
      ),
    })
  })

  test('many queries at once all end, each with its own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => run(`SELECT ${n}`)))
    expect(answers.map((rows) => rows[1]![0])).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
    const ids = await Promise.all([start('SELECT 1'), start('SELECT 2')])
    await Promise.all(ids.map(ended))
    const { QueryExecutions } = await athena.send(
      new BatchGetQueryExecutionCommand({ QueryExecutionIds: ids }),
    )
    expect(QueryExecutions).toHaveLength(2)
  })
})

describe('what a team keeps at Athena', () => {
  const WorkGroup = `team-${database}`.slice(0, 128)

  test('a workgroup says where results go, and takes no query when it is disabled', async () => {
    const ResultConfiguration = { OutputLocation: `${folder}/team/` }
    await athena.send(
      new CreateWorkGroupCommand({
        Name: WorkGroup,
        Configuration: { ResultConfiguration, BytesScannedCutoffPerQuery: 10_000_000 },
        Tags: [{ Key: 'owner', Value: 'us' }],
      }),
    )
    const execution = await ended(await start('SELECT 1', { WorkGroup }))
    expect(execution.WorkGroup).toBe(WorkGroup)
    expect(execution.ResultConfiguration!.OutputLocation).toMatch(`${folder}/team/`)
    const { QueryExecutionIds } = await athena.send(new ListQueryExecutionsCommand({ WorkGroup }))
    expect(QueryExecutionIds).toEqual([execution.QueryExecutionId])
    await athena.send(new UpdateWorkGroupCommand({ WorkGroup, State: 'DISABLED' }))
    await expect(start('SELECT 1', { WorkGroup })).rejects.toThrow('WorkGroup is disabled.')
    await athena.send(new UpdateWorkGroupCommand({ WorkGroup, State: 'ENABLED' }))
  })

  test('named queries', async () => {
    const query = { Name: 'daily', Database: database, QueryString: 'SELECT 1' }
    const { NamedQueryId } = await athena.send(new CreateNamedQueryCommand({ ...query, WorkGroup }))
    const { NamedQueryIds } = await athena.send(new ListNamedQueriesCommand({ WorkGroup }))
    expect(NamedQueryIds).toEqual([NamedQueryId])
    const { NamedQueries } = await athena.send(
      new BatchGetNamedQueryCommand({ NamedQueryIds: [NamedQueryId!] }),
    )
    expect(NamedQueries).toEqual([{ ...query, WorkGroup, NamedQueryId }])
  })

  test('prepared statements, of the API and of SQL', async () => {
    const QueryStatement = `SELECT close FROM ${table} WHERE "index" = ? AND volume > ?`
    await athena.send(
      new CreatePreparedStatementCommand({ WorkGroup, StatementName: 'closes', QueryStatement }),
    )
    expect(await run("EXECUTE closes USING 'HSI', 2 * 10", { WorkGroup })).toEqual([['close'], ['2913.5']])
    const ExecutionParameters = ['HSI', '1']
    expect(await run('EXECUTE closes', { WorkGroup, ExecutionParameters })).toEqual([['close'], ['2913.5']])
    await run('PREPARE twice FROM SELECT ? * 2 AS n', { WorkGroup })
    expect(await run('EXECUTE twice USING 21', { WorkGroup })).toEqual([['n'], ['42']])
    expect(await run("EXECUTE IMMEDIATE 'SELECT ''it'' AS s, ? AS n' USING 1 + 1", { WorkGroup })).toEqual([
      ['s', 'n'],
      ['it', '2'],
    ])
    await expect(start('PREPARE broken FROM SELEC 1', { WorkGroup })).rejects.toThrow(
      "line 1:21: mismatched input 'SELEC'",
    )
    await run('DEALLOCATE PREPARE twice', { WorkGroup })
    const { PreparedStatements } = await athena.send(new ListPreparedStatementsCommand({ WorkGroup }))
    expect(PreparedStatements!.map(({ StatementName }) => StatementName)).toEqual(['closes'])
    await expect(
      athena.send(new GetPreparedStatementCommand({ WorkGroup, StatementName: 'twice' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException', ResourceName: 'twice' })
  })

  test('data catalogs', async () => {
    const Parameters = { 'catalog-id': '000000000000' }
    const { DataCatalog } = await athena.send(
      new CreateDataCatalogCommand({ Name: WorkGroup, Type: 'GLUE', Parameters }),
    )
    expect(DataCatalog).toEqual({ Name: WorkGroup, Type: 'GLUE', Parameters, Status: 'CREATE_COMPLETE' })
    await athena.send(new DeleteDataCatalogCommand({ Name: WorkGroup }))
    await expect(athena.send(new GetDataCatalogCommand({ Name: WorkGroup }))).rejects.toThrow('was not found')
  })

  test('tags, and the end of all of it', async () => {
    const ResourceARN = `arn:aws:athena:us-east-1:000000000000:workgroup/${WorkGroup}`
    await athena.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: 'stage', Value: 'test' }] }))
    await athena.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['owner'] }))
    const { Tags } = await athena.send(new ListTagsForResourceCommand({ ResourceARN }))
    expect(Tags).toEqual([{ Key: 'stage', Value: 'test' }])
    await expect(athena.send(new DeleteWorkGroupCommand({ WorkGroup }))).rejects.toThrow('is not empty')
    await athena.send(new DeleteWorkGroupCommand({ WorkGroup, RecursiveDeleteOption: true }))
    await expect(athena.send(new GetWorkGroupCommand({ WorkGroup }))).rejects.toThrow(
      'WorkGroup is not found.',
    )
  })
})

test('what a query cost is reported, and what an account has of engines', async () => {
  const id = await start(`SELECT count(*) FROM ${table}`)
  await ended(id)
  const { QueryRuntimeStatistics } = await athena.send(
    new GetQueryRuntimeStatisticsCommand({ QueryExecutionId: id }),
  )
  const { Rows, OutputStage, Timeline } = QueryRuntimeStatistics!
  expect(Rows).toMatchObject({ InputRows: 2, OutputRows: 1 })
  expect(Rows!.InputBytes).toBeGreaterThan(0)
  expect(OutputStage).toMatchObject({ StageId: 0, State: 'FINISHED', OutputRows: 1 })
  expect(Timeline!.EngineExecutionTimeInMillis).toBeGreaterThan(0)
  const { EngineVersions } = await athena.send(new ListEngineVersionsCommand({}))
  expect(EngineVersions!.map((version) => version.EffectiveEngineVersion)).toContain(
    'Athena engine version 3',
  )
  const { CapacityReservations } = await athena.send(new ListCapacityReservationsCommand({}))
  expect(CapacityReservations).toEqual([])
  const session = new StartSessionCommand({
    WorkGroup: 'primary',
    EngineConfiguration: { MaxConcurrentDpus: 2 },
  })
  await expect(athena.send(session)).rejects.toMatchObject({ name: 'InvalidRequestException' })
})
