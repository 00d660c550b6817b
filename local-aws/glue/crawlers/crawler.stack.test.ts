// Crawls real objects in the local S3, and queries the resulting tables through Athena.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import {
  CreateCrawlerCommand,
  type CreateCrawlerCommandInput,
  CreateDatabaseCommand,
  DeleteCrawlerCommand,
  GetCrawlerCommand,
  GetCrawlerMetricsCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GetTablesCommand,
  GlueClient,
  ListCrawlsCommand,
  StartCrawlerCommand,
  StopCrawlerCommand,
  UpdateCrawlerCommand,
} from '@aws-sdk/client-glue'
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { RecordBuffer } from '@ticklake/consumer/batching/record-buffer.ts'
import { encodeJsonl, jsonRow } from '@ticklake/consumer/encoding/json-rows.ts'
import { encodeParquet } from '@ticklake/consumer/encoding/parquet.ts'
import { columns, partitionKeys } from '@ticklake/contract/columns.ts'
import { secretHeader } from '@ticklake/runtime/engine-secret.ts'
import { longestTask } from '@ticklake/testing/cpu-time.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openGlue } from '../api/service.ts'
import { orcFiles, packedCsv } from './packed.fixture.ts'

const env = testEnv()
const lake = lakeConfig(env)
const s3 = s3Client(lake)
const glue = new GlueClient({})
const athena = new AthenaClient({})
const database = lake.database

const put = (path: string, Body: string | Uint8Array) =>
  s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key: `${lake.prefix}/${path}`, Body }))
const remove = (path: string) =>
  s3.send(new DeleteObjectCommand({ Bucket: lake.bucket, Key: `${lake.prefix}/${path}` }))

/** Fifty rows as the consumer writes them, in each of its formats. */
async function rows() {
  const buffer = new RecordBuffer(0)
  for (let i = 0; i < 50; i++) {
    const tick = `{"index":"HSI","date":"2020-01-02","open":1.5,"high":2,"low":1,"close":1.25,"adj_close":${i % 2 ? 'null' : '1.2'},"volume":0,"close_usd":0.16,"source":"sample.csv"}`
    buffer.accept(i, 1_767_225_600_000 + i, Buffer.from(tick))
  }
  const frozen = buffer.rowBlocks()[0]!
  const all = [{ rows: frozen, indexes: Uint32Array.from({ length: 50 }, (_, i) => i) }]
  const origin = { topicId: '0123456789abcdef0123456789abcdef', partition: 2 }
  return {
    parquet: encodeParquet(all, origin),
    jsonl: await encodeJsonl(all, origin),
    object: (row: number) => jsonRow(frozen, row, origin),
  }
}

const hours = ['dt=2026-01-01/hour=00', 'dt=2026-01-01/hour=01', 'dt=2026-01-02/hour=00']

async function makeCrawler(Name: string, folder: string, more: Partial<CreateCrawlerCommandInput> = {}) {
  await glue.send(
    new CreateCrawlerCommand({
      Name,
      Role: 'crawler',
      DatabaseName: database,
      Targets: { S3Targets: [{ Path: `s3://${lake.bucket}/${lake.prefix}/${folder}/` }] },
      ...more,
    }),
  )
}

async function crawl(Name: string) {
  await glue.send(new StartCrawlerCommand({ Name }))
  for (;;) {
    const { Crawler } = await glue.send(new GetCrawlerCommand({ Name }))
    if (Crawler!.State === 'READY') return Crawler!
    await sleep(50)
  }
}

const crawled = async (Name: string) =>
  (await glue.send(new GetTableCommand({ DatabaseName: database, Name }))).Table!
const partitions = async (TableName: string) =>
  (await glue.send(new GetPartitionsCommand({ DatabaseName: database, TableName }))).Partitions!
const types = (list: { Name?: string | undefined; Type?: string | undefined }[] | undefined) =>
  list!.map(({ Name, Type }) => `${Name} ${Type}`)

async function query(sql: string): Promise<(string | undefined)[][]> {
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      QueryExecutionContext: { Database: database },
      ResultConfiguration: { OutputLocation: lake.results },
    }),
  )
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))
    const { State, StateChangeReason } = QueryExecution!.Status!
    if (State === 'SUCCEEDED') break
    if (State === 'FAILED' || State === 'CANCELLED') throw new Error(StateChangeReason)
    await sleep(50)
  }
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }))
  return ResultSet!.Rows!.slice(1).map(({ Data }) => Data!.map(({ VarCharValue }) => VarCharValue))
}

beforeAll(async () => {
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: database } }))
})
afterAll(() => {
  glue.destroy()
  athena.destroy()
  s3.destroy()
})

test('our Parquet objects crawl to the columns, types and partitions of the contract, and can be asked', async () => {
  const { parquet } = await rows()
  for (const hour of hours) await put(`ticks/${hour}/a.parquet`, parquet)
  await put(`ticks/_temporary/x.parquet`, 'hidden')
  await put(`ticks/.hidden.json`, '{}')
  await makeCrawler(`${database}-parquet`, 'ticks')
  const { LastCrawl, CrawlElapsedTime } = await crawl(`${database}-parquet`)
  expect(LastCrawl).toMatchObject({ Status: 'SUCCEEDED', LogGroup: '/aws-glue/crawlers' })
  expect(CrawlElapsedTime).toBe(0)

  const table = await crawled('ticks')
  expect(types(table.StorageDescriptor!.Columns)).toEqual(columns.map(({ name, glue }) => `${name} ${glue}`))
  expect(types(table.PartitionKeys)).toEqual(partitionKeys.map(({ name, glue }) => `${name} ${glue}`))
  expect(table).toMatchObject({
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: {
      Location: `s3://${lake.bucket}/${lake.prefix}/ticks/`,
      SerdeInfo: {
        SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
        Parameters: { 'serialization.format': '1' },
      },
    },
    Parameters: {
      UPDATED_BY_CRAWLER: `${database}-parquet`,
      classification: 'parquet',
      compressionType: 'none',
      objectCount: '3',
      recordCount: '150',
      typeOfData: 'file',
      'partition_filtering.enabled': 'true',
    },
  })
  expect((await partitions('ticks')).map(({ Values }) => Values)).toEqual([
    ['2026-01-01', '00'],
    ['2026-01-01', '01'],
    ['2026-01-02', '00'],
  ])
  expect(await query('SELECT count(*), count(adj_close), max(kafka_offset), min(date) FROM ticks')).toEqual([
    ['150', '75', '49', '2020-01-02'],
  ])
  expect(await query("SELECT count(*) FROM ticks WHERE dt = '2026-01-01' AND hour = '01'")).toEqual([['50']])
})

test('our JSON lines and JSON objects crawl to what docs/gotchas.md says, and can be asked', async () => {
  const { jsonl, object } = await rows()
  for (const hour of hours) {
    await put(`ticks_jsonl/${hour}/a.jsonl.zst`, jsonl)
    for (const row of [0, 1]) await put(`ticks_json_object/${hour}/stock_market_${row}.json`, object(row))
  }
  for (const [folder, compression, count] of [
    ['ticks_jsonl', 'zstd', '150'],
    ['ticks_json_object', 'none', '6'],
  ] as const) {
    await makeCrawler(`${database}-${folder}`, folder)
    expect((await crawl(`${database}-${folder}`)).LastCrawl?.Status).toBe('SUCCEEDED')
    const table = await crawled(folder)
    expect(types(table.StorageDescriptor!.Columns)).toEqual([
      'index string',
      'date string',
      'open double',
      'high int',
      'low int',
      'close double',
      'adj_close double',
      'volume int',
      'close_usd double',
      'source string',
      'kafka_topic_id string',
      'kafka_partition int',
      'kafka_offset int',
      'kafka_timestamp string',
    ])
    expect(table.StorageDescriptor!.SerdeInfo).toEqual({
      SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
      Parameters: {
        // No row of the sample had a trade time.
        paths: columns
          .map(({ name }) => name)
          .filter((name) => name !== 'traded_at')
          .sort()
          .join(','),
      },
    })
    expect(table.Parameters).toMatchObject({ compressionType: compression, recordCount: count })
    expect(await query(`SELECT count(*), max(date), max(kafka_timestamp) FROM ${folder}`)).toMatchObject([
      [count, '2020-01-02', expect.stringMatching(/^2026-01-01 00:00:00\.0/)],
    ])
  }
})

test('a CSV with a header crawls to named columns and skips the header', async () => {
  await put('csv/a.csv', 'Index,Date,Open,Adj Close\nHSI,2020-01-02,1.5,3\nHSI,2020-01-03,7,4\n')
  await makeCrawler(`${database}-csv`, 'csv', { TablePrefix: 'Raw-' })
  expect((await crawl(`${database}-csv`)).LastCrawl?.Status).toBe('SUCCEEDED')
  const table = await crawled('raw_csv')
  expect(types(table.StorageDescriptor!.Columns)).toEqual([
    'index string',
    'date string',
    'open double',
    'adj close bigint',
  ])
  expect(table.Parameters).toMatchObject({ 'skip.header.line.count': '1', delimiter: ',' })
  expect(await query('SELECT max("adj close") , count(*) FROM raw_csv')).toEqual([['4', '2']])
})

test('ORC, a compressed CSV and JSON with a stray line crawl to tables that can be asked', async () => {
  await put('kinds/orc/a.orc', Buffer.from(orcFiles.zlib, 'base64'))
  await put('kinds/csv/a.csv.bz2', Buffer.from(packedCsv.bzip2, 'base64'))
  await put('kinds/json/a.json', '{"a":1,"id":9223372036854775807}\n{"a":2.5,"id":7}\n')
  await put('kinds/notes/a.txt', 'Once upon a time.')
  await makeCrawler(`${database}-kinds`, 'kinds', { TablePrefix: 'kind_' })
  expect((await crawl(`${database}-kinds`)).LastCrawl?.Status).toBe('SUCCEEDED')
  expect(types((await crawled('kind_json')).StorageDescriptor!.Columns)).toEqual(['a double', 'id bigint'])
  expect(await query('SELECT sum(l), max(s), max(dec), count(*) FROM kind_orc')).toEqual([
    ['6', 'c', '1.50', '3'],
  ])
  expect(await query('SELECT sum(a), min(b) FROM kind_csv')).toEqual([['190', 'x']])
  expect(await query('SELECT max(id), max(a) FROM kind_json')).toEqual([['9223372036854775807', '2.5']])
  const { Crawls } = await glue.send(new ListCrawlsCommand({ CrawlerName: `${database}-kinds` }))
  expect(JSON.parse(JSON.parse(Crawls![0]!.Summary!).OBJECT)).toMatchObject({
    SKIP: {
      Count: 1,
      Details: { reasons: [{ reason: expect.stringContaining('its text is neither JSON') }] },
    },
  })
})

test('a second crawl adds what is new, changes nothing else, and marks what is gone', async () => {
  const { parquet } = await rows()
  const name = `${database}-again`
  for (const hour of hours) await put(`again/${hour}/a.parquet`, parquet)
  await makeCrawler(name, 'again')
  await crawl(name)
  const first = await crawled('again')
  await put('again/dt=2026-01-02/hour=01/a.parquet', parquet)
  await remove(`again/${hours[0]}/a.parquet`)
  await crawl(name)
  const second = await crawled('again')
  expect(second.StorageDescriptor!.Columns).toEqual(first.StorageDescriptor!.Columns)
  const found = await partitions('again')
  expect(found).toHaveLength(4)
  expect(
    found.filter(({ Parameters }) => Parameters?.DEPRECATED_BY_CRAWLER).map(({ Values }) => Values),
  ).toEqual([['2026-01-01', '00']])

  const { Crawls } = await glue.send(new ListCrawlsCommand({ CrawlerName: name }))
  expect(Crawls).toMatchObject([{ State: 'COMPLETED' }, { State: 'COMPLETED' }])
  const summary = JSON.parse(Crawls![0]!.Summary!)
  expect(JSON.parse(summary.PARTITION)).toMatchObject({ ADD: { Count: 1 }, DELETE: { Count: 1 } })
  expect(summary).not.toHaveProperty('TABLE')
  const { CrawlerMetricsList } = await glue.send(new GetCrawlerMetricsCommand({ CrawlerNameList: [name] }))
  expect(CrawlerMetricsList).toMatchObject([{ TablesCreated: 1, TablesUpdated: 0, TablesDeleted: 0 }])
})

test('a new column is taken up, or only logged when the policy says so', async () => {
  await put('policy/a.json', '{"a":1}')
  await makeCrawler(`${database}-policy`, 'policy')
  await crawl(`${database}-policy`)
  await put('policy/a.json', '{"a":1,"b":"x"}')
  const LOG = { UpdateBehavior: 'LOG', DeleteBehavior: 'LOG' } as const
  await glue.send(new UpdateCrawlerCommand({ Name: `${database}-policy`, SchemaChangePolicy: LOG }))
  await crawl(`${database}-policy`)
  expect(types((await crawled('policy')).StorageDescriptor!.Columns)).toEqual(['a int'])
  const UPDATE = { UpdateBehavior: 'UPDATE_IN_DATABASE', DeleteBehavior: 'DELETE_FROM_DATABASE' } as const
  await glue.send(new UpdateCrawlerCommand({ Name: `${database}-policy`, SchemaChangePolicy: UPDATE }))
  await crawl(`${database}-policy`)
  expect(types((await crawled('policy')).StorageDescriptor!.Columns)).toEqual(['a int', 'b string'])
  await remove('policy/a.json')
  await crawl(`${database}-policy`)
  await expect(crawled('policy')).rejects.toMatchObject({ name: 'EntityNotFoundException' })
})

test('only new folders are scanned when the recrawl policy says so', async () => {
  const name = `${database}-folders`
  await put('folders/day=1/a.json', '{"a":1}')
  await makeCrawler(name, 'folders', { RecrawlPolicy: { RecrawlBehavior: 'CRAWL_NEW_FOLDERS_ONLY' } })
  const { SchemaChangePolicy } = await crawl(name)
  expect(SchemaChangePolicy).toEqual({ UpdateBehavior: 'LOG', DeleteBehavior: 'LOG' })
  await put('folders/day=1/b.json', '{"other":true,"entirely":true}')
  await put('folders/day=2/a.json', '{"a":2}')
  await crawl(name)
  expect(types((await crawled('folders')).StorageDescriptor!.Columns)).toEqual(['a int'])
  expect((await partitions('folders')).map(({ Values }) => Values)).toEqual([['1'], ['2']])
})

test('folders that differ are tables of their own, and exclusions keep out what they name', async () => {
  await put('mixed/prices/a.json', '{"a":1,"b":2}')
  await put('mixed/News Items/a.json', '{"title":"x","body":"y"}')
  await put('mixed/secret/a.json', '{"title":"x"}')
  const Path = `s3://${lake.bucket}/${lake.prefix}/mixed`
  await makeCrawler(`${database}-mixed`, 'mixed', {
    Targets: { S3Targets: [{ Path, Exclusions: ['secret/**'] }] },
    TablePrefix: 'm_',
  })
  await crawl(`${database}-mixed`)
  const { TableList } = await glue.send(new GetTablesCommand({ DatabaseName: database, Expression: 'm_*' }))
  expect(TableList!.map(({ Name }) => Name)).toEqual(['m_news_items', 'm_prices'])
})

test('a crawler that cannot do what is asked says so as AWS does', async () => {
  const name = `${database}-errors`
  await makeCrawler(name, 'nothing-here')
  await expect(makeCrawler(name, 'x')).rejects.toMatchObject({ name: 'AlreadyExistsException' })
  await expect(glue.send(new StopCrawlerCommand({ Name: name }))).rejects.toMatchObject({
    name: 'CrawlerNotRunningException',
  })
  await expect(glue.send(new GetCrawlerCommand({ Name: 'none' }))).rejects.toMatchObject({
    name: 'EntityNotFoundException',
  })
  await glue.send(
    new UpdateCrawlerCommand({ Name: name, Targets: { S3Targets: [{ Path: 's3://no-such-bucket-here/' }] } }),
  )
  const { LastCrawl } = await crawl(name)
  expect(LastCrawl).toMatchObject({ Status: 'FAILED', ErrorMessage: expect.stringContaining('NoSuchBucket') })
  await glue.send(new DeleteCrawlerCommand({ Name: name }))
})

test('3,000 objects are crawled without holding up the endpoint; the crawl can be stopped and starts again', async () => {
  const began = performance.now()
  const Body = '{"symbol":"HSI","price":1.5}\n'
  const names = Array.from({ length: 3_000 }, (_, i) => {
    const hash = createHash('md5').update(String(i)).digest('hex')
    return `many/day=${String(i % 200).padStart(3, '0')}/${hash}.json`
  })
  // In their own bucket, since the lists of all other tests would include them; written without the endpoint and
  // the SDK, which would take as long as all other tests of this file.
  const Bucket = `many-${process.pid}`
  await s3.send(new CreateBucketCommand({ Bucket }))
  const url = `http://127.0.0.1:${inject('stackPorts').miniStack}/${Bucket}`
  const headers = { ...signedAs('s3'), [secretHeader]: readFileSync(inject('secretFile'), 'utf8').trim() }
  const put = async (key: string) => {
    const { ok, status } = await fetch(`${url}/${key}`, { method: 'PUT', headers, body: Body })
    if (!ok) throw new Error(`${key}: status ${status}`)
  }
  for (let start = 0; start < names.length; start += 50) {
    const some = names.slice(start, start + 50)
    await Promise.all(some.map(put))
  }
  const written = performance.now()
  const dataDir = mkdtempSync(join(tmpdir(), 'crawl-'))
  const service = await openGlue({
    dataDir,
    accountId: '000000000000',
    region: 'us-east-1',
    s3Endpoint: process.env.AWS_ENDPOINT_URL!,
  })
  try {
    await service.createDatabase({ Name: 'big' })
    await service.call('CreateCrawler', {
      Name: 'many',
      Role: 'crawler',
      DatabaseName: 'big',
      Targets: { S3Targets: [{ Path: `s3://${Bucket}/many/` }] },
    })
    const state = async () =>
      (await service.call<{ Crawler: { State: string; LastCrawl?: object } }>('GetCrawler', { Name: 'many' }))
        .Crawler

    await service.call('StartCrawler', { Name: 'many' })
    await expect(service.call('StartCrawler', { Name: 'many' })).rejects.toThrow(
      'Crawler with name many has already started',
    )
    await sleep(200)
    await service.call('StopCrawler', { Name: 'many' })
    while ((await state()).State !== 'READY') await sleep(20)
    expect((await state()).LastCrawl).toMatchObject({ Status: 'CANCELLED' })

    const work = longestTask()
    const started = performance.now()
    await service.call('StartCrawler', { Name: 'many' })
    while ((await state()).State !== 'READY') await sleep(10)
    const longestTaskMs = work.stop()
    const seconds = (performance.now() - started) / 1000
    console.log(
      `3,000 objects written in ${((written - began) / 1000).toFixed(1)} s, crawled in ${seconds.toFixed(1)} s; at most ${longestTaskMs.toFixed(0)} ms of work without a pause`,
    )
    expect((await state()).LastCrawl).toMatchObject({ Status: 'SUCCEEDED' })
    const table = await service.getTable('big', 'many')
    expect(table?.Parameters).toMatchObject({ objectCount: '3000', recordCount: '3000' })
    expect(
      (
        await service.call<{ Partitions: object[] }>('GetPartitions', {
          DatabaseName: 'big',
          TableName: 'many',
        })
      ).Partitions,
    ).toHaveLength(200)
    expect(longestTaskMs, 'what other requests wait for').toBeLessThan(200)
  } finally {
    await service.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 300_000)
