import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type GlueService, openGlue } from '../../glue/api/service.ts'
import { openTableFiles } from '../../iceberg/s3.ts'
import { type IcebergTables, openIcebergTables } from '../../iceberg/tables.ts'
import { answerFromCatalog } from './catalog-statements.ts'
import { hiveStatement } from './hive-ddl.ts'
import { statementOf } from './statement.ts'

let dataDir: string
let glue: GlueService
let iceberg: IcebergTables

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticklake-statements-'))
  const s3Endpoint = 'http://127.0.0.1:1'
  glue = await openGlue({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint })
  iceberg = openIcebergTables(glue, openTableFiles(new URL(s3Endpoint), 'us-east-1'))
})

afterAll(async () => {
  await glue.close()
  rmSync(dataDir, { recursive: true })
})

async function run(sql: string): Promise<readonly string[]> {
  const signal = new AbortController().signal
  const context = { glue, iceberg, database: 'db', signal, runOnEngine: async () => undefined }
  return (await answerFromCatalog(hiveStatement(statementOf(sql)), context)).lines
}

const create = String.raw`CREATE EXTERNAL TABLE t (a int, ${'`b c`'} string COMMENT 'it\'s')
  COMMENT 'ours' PARTITIONED BY (dt string, n int) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'
  LOCATION 's3://b/t/' TBLPROPERTIES ('k'='v')`

beforeEach(async () => {
  await run('DROP DATABASE IF EXISTS db CASCADE')
  await run('CREATE DATABASE awsdatacatalog.db')
  await run(create)
})

const table = async () => (await glue.getTable('db', 't'))!
const columns = async () => (await table()).StorageDescriptor!.Columns!.map(({ Name }) => Name)

test.each(['ADD', 'DROP', 'SYNC'])('MSCK REPAIR TABLE takes no %s PARTITIONS, as in Athena', (verb) => {
  expect(() => hiveStatement(statementOf(`MSCK REPAIR TABLE t ${verb} PARTITIONS`))).toThrow(
    `line 1:21: mismatched input '${verb}'. Expecting: <EOF>`,
  )
})

test('a location is kept without empty folders', async () => {
  await run("CREATE EXTERNAL TABLE slashes (a int) LOCATION 's3a://b//x///y//'")
  expect((await glue.getTable('db', 'slashes'))!.StorageDescriptor!.Location).toBe('s3a://b/x/y')
})

test('a statement on a resource link whose table is gone names that table', async () => {
  const TargetTable = { DatabaseName: 'db', Name: 'gone' }
  await glue.createTable('db', { Name: 'link', TargetTable })
  await glue.createTable('db', { Name: 'twice', TargetTable: { DatabaseName: 'db', Name: 'link' } })
  for (const sql of [
    'DESCRIBE',
    'SHOW CREATE TABLE',
    'SHOW COLUMNS IN',
    'SHOW PARTITIONS',
    'MSCK REPAIR TABLE',
  ])
    await expect(run(`${sql} link`)).rejects.toThrow('[Error 10001]: Table not found db.gone')
  for (const change of ['ADD COLUMNS (x int)', "SET TBLPROPERTIES ('a'='b')"])
    await expect(run(`ALTER TABLE twice ${change}`)).rejects.toThrow('Table not found db.link')
  expect(await run('SHOW TABLES IN db')).toEqual(['link', 't', 'twice'])
  await run('DROP TABLE link')
  expect(await run('SHOW TABLES IN db')).toEqual(['t', 'twice'])
})

test('a column that Glue holds with capitals is found, changed and taken as the same', async () => {
  const Columns = [
    { Name: 'UserId', Type: 'int' },
    { Name: 'S', Type: 'struct<A:int>' },
  ]
  const StorageDescriptor = { Columns, Location: 's3://b/c/' }
  await glue.createTable('db', {
    Name: 'c',
    StorageDescriptor,
    PartitionKeys: [{ Name: 'Dt', Type: 'string' }],
  })
  expect(await run('DESCRIBE c USERID')).toEqual([expect.stringMatching(/^UserId +\tint/)])
  expect(await run('DESCRIBE c s.a')).toEqual([expect.stringMatching(/^a +\tint/)])
  expect(await run('DESCRIBE c dt')).toEqual([expect.stringMatching(/^Dt /)])
  for (const name of ['userid', 'dt']) {
    await expect(run(`ALTER TABLE c ADD COLUMNS (${name} int)`)).rejects.toThrow(
      `Duplicate column name: ${name}`,
    )
  }
  await run('ALTER TABLE c CHANGE COLUMN UserId user_id bigint AFTER s')
  expect((await glue.getTable('db', 'c'))!.StorageDescriptor!.Columns).toEqual([
    { Name: 'S', Type: 'struct<A:int>' },
    { Name: 'user_id', Type: 'bigint' },
  ])
})

describe('ALTER TABLE', () => {
  test('partitions of a wide table are added a few at a time: no request to the catalog holds many copies of its columns', async () => {
    const wide = Array.from({ length: 5_000 }, (_, i) => `c${i} int`).join()
    await run(`CREATE EXTERNAL TABLE w (${wide}) PARTITIONED BY (p int) LOCATION 's3://b/w/'`)
    const partitions = Array.from({ length: 8 }, (_, i) => `PARTITION (p=${i})`).join(' ')
    const asked = vi.spyOn(glue, 'call')
    await run(`ALTER TABLE w ADD ${partitions}`)
    const created = asked.mock.calls.filter(([name]) => name === 'BatchCreatePartition')
    asked.mockRestore()
    for (const [, request] of created) {
      expect((request as { PartitionInputList: object[] }).PartitionInputList.length).toBeLessThanOrEqual(4)
    }
    expect(await run('SHOW PARTITIONS w')).toHaveLength(8)
    await expect(run('ALTER TABLE w ADD PARTITION (p=99) PARTITION (p=7)')).rejects.toThrow('AlreadyExists')
    expect(await run('SHOW PARTITIONS w')).toHaveLength(8)
  })

  test('adding partitions ends when its query is stopped', async () => {
    const partitions = Array.from({ length: 1_000 }, (_, i) => `PARTITION (dt='a', n=${i})`).join(' ')
    const controller = new AbortController()
    const signal = controller.signal
    const context = { glue, iceberg, database: 'db', signal, runOnEngine: async () => undefined }
    const adding = answerFromCatalog(hiveStatement(statementOf(`ALTER TABLE t ADD ${partitions}`)), context)
    controller.abort(new Error('stopped'))
    await expect(adding).rejects.toThrow('stopped')
    expect(await run('SHOW PARTITIONS t')).toEqual([])
  })

  test('properties are set and unset, others stay', async () => {
    await run("alter table `db`.`t` set tblproperties ('k' = 'w', 'classification' = 'csv')")
    expect((await table()).Parameters).toMatchObject({ EXTERNAL: 'TRUE', k: 'w', classification: 'csv' })
    await run("ALTER TABLE t UNSET TBLPROPERTIES ('k')")
    expect((await table()).Parameters).not.toHaveProperty('k')
    await expect(run("ALTER TABLE t UNSET TBLPROPERTIES ('k')")).rejects.toThrow('[Error 10215]')
    await run("ALTER TABLE t UNSET TBLPROPERTIES IF EXISTS ('k')")
    expect(await table()).toMatchObject({ Name: 't', DatabaseName: 'db', Description: 'ours' })
  })

  test('partitions are added, moved, renamed and dropped', async () => {
    await run(
      "ALTER TABLE t ADD PARTITION (n=1, dt='a:b') PARTITION (dt='c', n=2) LOCATION 's3://x/' PARTITION (dt='c', n=3)",
    )
    expect(await run('SHOW PARTITIONS t')).toEqual(['dt=a%3Ab/n=1', 'dt=c/n=2', 'dt=c/n=3'])
    const locationOf = async (...values: string[]) =>
      (await glue.getPartition('db', 't', values))?.StorageDescriptor?.Location
    expect(await locationOf('a:b', '1')).toBe('s3://b/t/dt=a%3Ab/n=1')
    expect(await locationOf('c', '2')).toBe('s3://x/')
    await run("ALTER TABLE t PARTITION (dt='c', n=2) SET LOCATION 's3://y/'")
    await run("ALTER TABLE t PARTITION (dt='c', n=2) RENAME TO PARTITION (dt='d', n=9)")
    expect([await locationOf('c', '2'), await locationOf('d', '9')]).toEqual([undefined, 's3://y/'])
    await run("ALTER TABLE t DROP PARTITION (dt='c'), PARTITION (n >= 9)")
    expect(await run('SHOW PARTITIONS t')).toEqual(['dt=a%3Ab/n=1'])
    await run("ALTER TABLE t DROP IF EXISTS PARTITION (dt='zz')")
  })

  test('a statement that fails for one partition adds none of the others', async () => {
    await run("ALTER TABLE t ADD PARTITION (dt='a', n=1)")
    await expect(run("ALTER TABLE t ADD PARTITION (dt='b', n=1) PARTITION (dt='a', n=1)")).rejects.toThrow(
      'FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Partition already exists.)',
    )
    await expect(run("ALTER TABLE t ADD PARTITION (dt='b', n='x')")).rejects.toThrow(
      'FAILED: SemanticException [Error 10248]: Cannot add partition column n of type string as it cannot be converted to type int',
    )
    expect(await run('SHOW PARTITIONS t')).toEqual(['dt=a/n=1'])
    await run("ALTER TABLE t ADD IF NOT EXISTS PARTITION (dt='b', n=1) PARTITION (dt='a', n=1)")
    expect(await run('SHOW PARTITIONS t')).toHaveLength(2)
  })

  test('columns are added, replaced, changed and moved', async () => {
    await run('ALTER TABLE t ADD COLUMNS (d double)')
    expect(await columns()).toEqual(['a', 'b c', 'd'])
    await run('ALTER TABLE t CHANGE COLUMN `b c` b string FIRST')
    expect((await table()).StorageDescriptor!.Columns![0]).toEqual({
      Name: 'b',
      Type: 'string',
      Comment: "it's",
    })
    await run('ALTER TABLE t CHANGE a a bigint AFTER d')
    expect(await columns()).toEqual(['b', 'd', 'a'])
    await run('ALTER TABLE t REPLACE COLUMNS (x int, y int)')
    expect(await columns()).toEqual(['x', 'y'])
    await run("ALTER TABLE t SET LOCATION 's3://new/'")
    expect((await table()).StorageDescriptor!.Location).toBe('s3://new/')
  })

  test.each([
    ["ALTER TABLE zz SET TBLPROPERTIES ('a'='b')", 'SemanticException [Error 10001]: Table not found db.zz'],
    [
      "ALTER TABLE t ADD PARTITION (dt='a')",
      "partition spec {dt=a} doesn't contain all (2) partition columns",
    ],
    ['ALTER TABLE t DROP PARTITION (q=1)', '[Error 10098]: Non-Partition column appears'],
    ["ALTER TABLE t DROP PARTITION (dt='zz')", "[Error 10006]: Partition not found (dt = 'zz')"],
    ['ALTER TABLE t ADD COLUMNS (a int)', 'Duplicate column name: a'],
    ['ALTER TABLE t REPLACE COLUMNS (dt int)', 'Duplicate column name: dt'],
    ['ALTER TABLE t DROP COLUMN a', 'NOT_SUPPORTED: ALTER TABLE DROP COLUMN is only supported for Iceberg'],
    ['ALTER TABLE t RENAME TO u', 'NOT_SUPPORTED: ALTER TABLE RENAME TO is only supported for Iceberg'],
    ['VACUUM t', 'NOT_SUPPORTED: VACUUM is only supported for Iceberg'],
    ['ALTER TABLE t CHANGE zz y int', 'Invalid column reference zz'],
    ['ALTER TABLE t CHANGE a a int AFTER zz', 'Invalid column reference zz'],
    ["ALTER DATABASE zz SET DBPROPERTIES ('a'='b')", '[Error 10072]: Database does not exist: zz'],
  ])('%s fails', async (sql, message) => {
    await expect(run(sql)).rejects.toThrow(message)
  })

  test('ALTER DATABASE keeps what it does not name', async () => {
    await run("CREATE DATABASE IF NOT EXISTS d2 COMMENT 'two' WITH DBPROPERTIES ('a'='1')")
    await run("ALTER DATABASE d2 SET DBPROPERTIES ('b'='2')")
    expect(await glue.getDatabase('d2')).toMatchObject({ Description: 'two', Parameters: { a: '1', b: '2' } })
  })
})

describe('SHOW CREATE', () => {
  test('a table is described as Hive does, and recreated from that text', async () => {
    const lines = await run('SHOW CREATE TABLE t')
    expect(lines.toSpliced(-1, 1)).toEqual([
      'CREATE EXTERNAL TABLE `t`(',
      '  `a` int, ',
      "  `b c` string COMMENT 'it\\'s')",
      "COMMENT 'ours'",
      'PARTITIONED BY ( ',
      '  `dt` string, ',
      '  `n` int)',
      'ROW FORMAT DELIMITED ',
      "  FIELDS TERMINATED BY '\\t' ",
      'STORED AS INPUTFORMAT ',
      "  'org.apache.hadoop.mapred.TextInputFormat' ",
      'OUTPUTFORMAT ',
      "  'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'",
      'LOCATION',
      "  's3://b/t'",
      'TBLPROPERTIES (',
      "  'k'='v', ",
    ])
    const before = await table()
    await run('DROP TABLE t')
    await run(lines.join('\n'))
    const after = await table()
    expect(after.StorageDescriptor).toEqual(before.StorageDescriptor)
    expect(after.PartitionKeys).toEqual(before.PartitionKeys)
    expect(after.Parameters).toEqual(before.Parameters)
  })

  test('a SerDe is described with its parameters, buckets too', async () => {
    await run(
      "CREATE EXTERNAL TABLE j (a int) CLUSTERED BY (a) INTO 4 BUCKETS ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('paths'='a') LOCATION 's3://b/j/'",
    )
    expect((await run('SHOW CREATE TABLE db.j')).slice(0, 9)).toEqual([
      'CREATE EXTERNAL TABLE `db.j`(',
      "  `a` int COMMENT 'from deserializer')",
      'CLUSTERED BY ( ',
      '  `a`)',
      'INTO 4 BUCKETS',
      'ROW FORMAT SERDE ',
      "  'org.openx.data.jsonserde.JsonSerDe' ",
      'WITH SERDEPROPERTIES ( ',
      "  'paths'='a') ",
    ])
  })

  test('a table is no view, and what is not there is not found', async () => {
    await expect(run('SHOW CREATE VIEW t')).rejects.toThrow("Relation 'db.t' is not a view")
    await expect(run('SHOW CREATE TABLE zz')).rejects.toThrow('Table not found db.zz')
  })
})

describe('DESCRIBE', () => {
  test('what lies within a column is described by its fields', async () => {
    await run(
      'ALTER TABLE t ADD COLUMNS (s struct<x:array<struct<y:int,z:decimal(3,1)>>,m:map<string,date>>)',
    )
    const cells = async (sql: string) => (await run(sql)).map((line) => line.split('\t').map((c) => c.trim()))
    expect(await cells("DESCRIBE t s.x.'$elem$'")).toEqual([
      ['y', 'int', 'from deserializer'],
      ['z', 'decimal(3,1)', 'from deserializer'],
    ])
    expect(await cells('DESC FORMATTED db.t s.m.$value$')).toEqual([['$value$', 'date', 'from deserializer']])
    await expect(run('DESCRIBE t s.nope')).rejects.toThrow('Invalid Field nope')
    await expect(run('DESCRIBE t a.x')).rejects.toThrow('Invalid Field x')
  })

  test('EXTENDED and FORMATTED add what the catalog knows', async () => {
    expect((await run('DESCRIBE EXTENDED t')).at(-1)).toMatch(
      /^Detailed Table Information\tTable\(tableName:t, dbName:db, .*location:s3:\/\/b\/t, .*tableType:EXTERNAL_TABLE\)\t$/,
    )
    const lines = await run('DESCRIBE FORMATTED t')
    expect(lines[0]).toBe('# col_name            \tdata_type           \tcomment             ')
    expect(lines).toContain('Location:           \ts3://b/t            \t ')
    expect(lines).toContain('\tk                   \tv                   ')
  })

  test('a partition has columns and a place of its own', async () => {
    await run("ALTER TABLE t ADD PARTITION (dt='a', n=1) LOCATION 's3://x/'")
    await run('ALTER TABLE t ADD COLUMNS (d int)')
    const lines = await run("DESCRIBE t PARTITION (dt='a', n=1)")
    expect(lines.slice(0, 4).map((line) => line.split('\t')[0]!.trim())).toEqual(['a', 'b c', 'dt', 'n'])
    expect(await run("DESCRIBE FORMATTED t PARTITION (dt='a', n=1)")).toContain(
      'Location:           \ts3://x/             \t ',
    )
    await expect(run("DESCRIBE t PARTITION (dt='zz', n=1)")).rejects.toThrow('Partition not found')
  })

  test('SHOW TBLPROPERTIES shows one, or that it is not there', async () => {
    expect(await run("SHOW TBLPROPERTIES t('k')")).toEqual(['v'])
    expect(await run("SHOW TBLPROPERTIES t ('zz')")).toEqual(['Table db.t does not have property: zz'])
  })
})

test('a default database is there, and listed', async () => {
  expect(await run('SHOW DATABASES')).toContain('default')
})
