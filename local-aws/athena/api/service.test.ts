import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { askJson } from '@ticklake/testing/ask-json.ts'
import { type FakeS3, startFakeS3 } from '@ticklake/testing/fake-s3.ts'
import {
  engineColumn,
  type FakeEngine,
  type ScriptPage,
  startFakeEngine,
} from '@ticklake/testing/fake-trino.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { localAwsConfig } from '../../config.ts'
import { makeEvents } from '../../events.ts'
import { type GlueService, openGlue } from '../../glue/api/service.ts'
import { AwsError } from '../../http/aws-error.ts'
import { openHistory } from '../engine/history.ts'
import { type AthenaService, openAthena } from './service.ts'

let dataDir: string
let glueDir: string
let glue: GlueService
let s3: FakeS3
let engine: FakeEngine | undefined
let athena: AthenaService | undefined

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticklake-athena-'))
  s3 = await startFakeS3()
})

beforeAll(async () => {
  glueDir = mkdtempSync(join(tmpdir(), 'ticklake-glue-'))
  glue = await openGlue({
    dataDir: glueDir,
    accountId: '000000000000',
    region: 'us-east-1',
    s3Endpoint: 'http://127.0.0.1:1',
  })
})

afterAll(async () => {
  await glue.close()
  rmSync(glueDir, { recursive: true })
})

afterEach(async () => {
  await athena?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
  athena = engine = undefined
  await s3[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

const one: ScriptPage[] = [{ columns: [engineColumn('_col0', 'bigint')] }, { data: [[1]] }]

async function serve(script: (sql: string) => ScriptPage[], env: Record<string, string> = {}): Promise<void> {
  engine = await startFakeEngine(script)
  openService(env)
}

function openService(env: Record<string, string> = {}): void {
  const config = localAwsConfig({
    LOCAL_AWS_S3_ENDPOINT: s3.url.origin,
    LOCAL_AWS_TRINO_URL: engine!.url.origin,
    LOCAL_AWS_DATA_DIR: dataDir,
    ...env,
  })
  athena = openAthena({
    config,
    glue,
    events: makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), makeRegistry('test')),
  })
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the wire, looked into freely
const call = async (operation: string, body: object): Promise<any> =>
  (await askJson(athena!, operation, body)).body

const start = async (sql: string, more: object = {}): Promise<string> =>
  (
    await call('StartQueryExecution', {
      QueryString: sql,
      ClientRequestToken: randomUUID(),
      ResultConfiguration: { OutputLocation: 's3://results/q' },
      ...more,
    })
  ).QueryExecutionId

async function ended(id: string) {
  for (;;) {
    const { QueryExecution } = await call('GetQueryExecution', { QueryExecutionId: id })
    if (!['QUEUED', 'RUNNING'].includes(QueryExecution.Status.State)) return QueryExecution
    await delay(5)
  }
}

const rejection = async (answer: Promise<unknown>) => {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AwsError)
  return (error as AwsError).body()
}

describe('results', () => {
  test('a SELECT leaves its CSV and metadata in S3 and answers pages with the heading first', async () => {
    await serve(() => [
      { columns: [engineColumn('index', 'varchar'), engineColumn('Volume', 'double')] },
      {
        data: [
          ['HSI', 1e10],
          [null, 0.5],
        ],
      },
      { data: [['', null]] },
    ])
    const id = await start('SELECT 1 ;')
    const execution = await ended(id)
    expect(execution).toMatchObject({
      Query: 'SELECT 1',
      StatementType: 'DML',
      SubstatementType: 'SELECT',
      ResultConfiguration: { OutputLocation: `s3://results/q/${id}.csv` },
      Status: { State: 'SUCCEEDED' },
      Statistics: { EngineExecutionTimeInMillis: 4, QueryQueueTimeInMillis: 1, DataScannedInBytes: 7 },
    })
    expect(s3.objects.get(`results/q/${id}.csv`)!.toString()).toBe(
      '"index","Volume"\n"HSI","1.0E10"\n,"0.5"\n"",\n',
    )
    expect(s3.objects.get(`results/q/${id}.csv.metadata`)!.includes('Volume')).toBe(true)

    const first = await call('GetQueryResults', { QueryExecutionId: id, MaxResults: 3 })
    expect(first.UpdateCount).toBe(0)
    expect(first.ResultSet.Rows).toEqual([
      { Data: [{ VarCharValue: 'index' }, { VarCharValue: 'Volume' }] },
      { Data: [{ VarCharValue: 'HSI' }, { VarCharValue: '1.0E10' }] },
      { Data: [{}, { VarCharValue: '0.5' }] },
    ])
    const second = await call('GetQueryResults', { QueryExecutionId: id, NextToken: first.NextToken })
    expect(second.ResultSet.Rows).toEqual([{ Data: [{ VarCharValue: '' }, {}] }])
    expect(second).not.toHaveProperty('NextToken')
  })

  test('a full page always has a token, also when nothing follows', async () => {
    await serve(() => one)
    const id = await start('SELECT 1')
    await ended(id)
    const full = await call('GetQueryResults', { QueryExecutionId: id, MaxResults: 2 })
    expect(full.ResultSet.Rows).toHaveLength(2)
    const empty = await call('GetQueryResults', {
      QueryExecutionId: id,
      MaxResults: 2,
      NextToken: full.NextToken,
    })
    expect(empty.ResultSet.Rows).toEqual([])
    expect(empty).not.toHaveProperty('NextToken')
  })

  test('EXPLAIN is read to its end one row at a time: its heading comes once', async () => {
    await serve(() => [{ columns: [engineColumn('Query Plan', 'varchar')] }, { data: [['Output\n  Scan']] }])
    const id = await start('EXPLAIN SELECT 1')
    await ended(id)
    const seen: string[] = []
    let next: string | undefined
    do {
      const more = next === undefined ? {} : { NextToken: next }
      const page = await call('GetQueryResults', { QueryExecutionId: id, MaxResults: 1, ...more })
      for (const { Data } of page.ResultSet.Rows) seen.push(Data[0].VarCharValue)
      next = page.NextToken
    } while (next !== undefined && seen.length < 10)
    expect(seen).toEqual(['Query Plan', 'Output', '  Scan'])
  })

  test('a large result goes to S3 in parts and comes back whole, page by page', async () => {
    const page = (n: number) => ({
      data: Array.from({ length: 2_500 }, (_, i) => [n * 2_500 + i, 'x'.repeat(900)]),
    })
    await serve(() => [
      { columns: [engineColumn('n', 'bigint'), engineColumn('t', 'varchar')] },
      ...Array.from({ length: 8 }, (_, n) => page(n)),
    ])
    const id = await start('SELECT 1')
    await ended(id)
    expect(s3.objects.get(`results/q/${id}.csv`)!.length).toBeGreaterThan(17_000_000)
    expect(s3.openUploads.size).toBe(0)
    let next: string | undefined
    let rows = 0
    let sum = 0
    do {
      const answer = await call('GetQueryResults', {
        QueryExecutionId: id,
        ...(next ? { NextToken: next } : {}),
      })
      for (const { Data } of answer.ResultSet.Rows) {
        rows++
        sum += Number(Data[0].VarCharValue) || 0
      }
      next = answer.NextToken
    } while (next)
    expect([rows, sum]).toEqual([20_001, (20_000 * 19_999) / 2])
  })

  test('INSERT and CTAS answer a row count, DDL neither rows nor a count', async () => {
    await serve((sql) =>
      sql.startsWith('CREATE OR')
        ? [{ columns: [engineColumn('result', 'boolean')], data: [[true]], updateType: 'CREATE VIEW' }]
        : [{ columns: [engineColumn('rows', 'bigint')], data: [[5]], updateType: 'INSERT', updateCount: 5 }],
    )
    const insert = await start('INSERT INTO t SELECT 1')
    await ended(insert)
    const inserted = await call('GetQueryResults', { QueryExecutionId: insert })
    expect(inserted.UpdateCount).toBe(5)
    expect(inserted.ResultSet.Rows).toEqual([])
    expect(inserted.ResultSet.ResultSetMetadata.ColumnInfo).toMatchObject([
      { Name: 'rows', Type: 'bigint', Precision: 19 },
    ])

    const view = await start('CREATE OR REPLACE VIEW v AS SELECT 1')
    await ended(view)
    const created = await call('GetQueryResults', { QueryExecutionId: view })
    expect(created).not.toHaveProperty('UpdateCount')
    expect(created.ResultSet.Rows).toEqual([])
    expect(s3.objects.get(`results/q/${view}.txt`)!.length).toBe(0)
  })
})

test('what is asked of an earlier result is shown again, and its limits are checked', async () => {
  await serve(() => one)
  const asking = (ResultReuseByAgeConfiguration: object) =>
    start('SELECT 1', { ResultReuseConfiguration: { ResultReuseByAgeConfiguration } })
  const { ResultReuseConfiguration, Statistics } = await ended(await asking({ Enabled: true }))
  expect(ResultReuseConfiguration).toEqual({
    ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 60 },
  })
  expect(Statistics.ResultReuseInformation).toEqual({ ReusedPreviousResult: false })
  expect((await rejection(asking({ Enabled: true, MaxAgeInMinutes: 10_081 }))).Message).toBe(
    "1 validation error detected: Value '10081' at 'resultReuseConfiguration.resultReuseByAgeConfiguration.maxAgeInMinutes' failed to satisfy constraint: Member must have value less than or equal to 10080",
  )
})

describe('requests that are refused', () => {
  test('a syntax error creates no query', async () => {
    const message = "line 1:1: mismatched input 'SELEC'. Expecting: ..."
    await serve(() => [{ error: { errorName: 'SYNTAX_ERROR', errorType: 'USER_ERROR', message } }])
    expect(await rejection(start('SELEC 1'))).toEqual({
      __type: 'InvalidRequestException',
      AthenaErrorCode: 'MALFORMED_QUERY',
      ErrorCode: 'MALFORMED_QUERY',
      Message: message,
    })
    expect((await call('ListQueryExecutions', {})).QueryExecutionIds).toEqual([])
  })

  test.each([
    [{ ClientRequestToken: '' }, 'clientRequestToken is null or empty'],
    [{ ClientRequestToken: 'short' }, 'Member must have length between 32 and 128'],
    [
      { QueryString: null },
      "Value null at 'queryString' failed to satisfy constraint: Member must not be null",
    ],
    [{ ResultConfiguration: {} }, 'No output location provided.'],
    [{ ResultConfiguration: { OutputLocation: 'http://x' } }, 'outputLocation is not a valid S3 path.'],
    [
      { ResultConfiguration: { OutputLocation: 's3://missing/' } },
      'Unable to verify/create output bucket missing',
    ],
    [{ WorkGroup: 'other' }, 'WorkGroup is not found.'],
  ])('%j: %s', async (members, message) => {
    await serve(() => one)
    const body = await rejection(start('SELECT 1', members))
    expect(body).toMatchObject({ __type: 'InvalidRequestException', AthenaErrorCode: 'INVALID_INPUT' })
    expect(body.Message).toContain(message)
    expect(engine!.posted).toEqual([])
  })

  test('a place for results may be set for the server', async () => {
    await serve(() => one, { LOCAL_AWS_RESULTS: 's3://results/default' })
    const id = await start('SELECT 1', { ResultConfiguration: null })
    expect((await ended(id)).ResultConfiguration.OutputLocation).toBe(`s3://results/default/${id}.csv`)
  })

  test('a token that is used again starts nothing: the same id, or a mismatch', async () => {
    await serve(() => one)
    const ClientRequestToken = randomUUID()
    const [a, b] = await Promise.all([
      start('SELECT 1', { ClientRequestToken }),
      start('SELECT 1', { ClientRequestToken }),
    ])
    expect(a).toBe(b)
    expect(await start('SELECT 1', { ClientRequestToken })).toBe(a)
    expect(engine!.posted).toHaveLength(1)
    expect(await rejection(start('SELECT 2', { ClientRequestToken }))).toMatchObject({
      AthenaErrorCode: 'IDEMPOTENT_PARAMETER_MISMATCH',
      Message: 'Idempotent parameters do not match',
    })
  })

  test('of two requests with one token, of which the first is refused, the second starts the query', async () => {
    let isRefused = true
    await serve(() => {
      const syntax = { errorName: 'SYNTAX_ERROR', errorType: 'USER_ERROR', message: 'line 1:8: no' }
      return isRefused ? [{ error: syntax }] : one
    })
    const ClientRequestToken = randomUUID()
    const first = rejection(start('SELECT 1', { ClientRequestToken }))
    const second = start('SELECT 1', { ClientRequestToken }).finally(() => undefined)
    expect(await first).toMatchObject({ AthenaErrorCode: 'MALFORMED_QUERY' })
    isRefused = false
    const id = await second
    expect((await ended(id)).Status.State).toBe('SUCCEEDED')
    expect(await start('SELECT 1', { ClientRequestToken })).toBe(id)
    expect((await call('ListQueryExecutions', {})).QueryExecutionIds).toEqual([id])
  })

  test('a token that is used again with other parameters is a mismatch', async () => {
    await serve(() => one)
    const asked = { ClientRequestToken: randomUUID(), ExecutionParameters: ['1'] }
    const id = await start('SELECT ?', asked)
    expect(await start('SELECT ?', asked)).toBe(id)
    for (const ExecutionParameters of [['2'], ['1', '1'], null]) {
      expect(await rejection(start('SELECT ?', { ...asked, ExecutionParameters }))).toMatchObject({
        AthenaErrorCode: 'IDEMPOTENT_PARAMETER_MISMATCH',
      })
    }
  })

  test('results are refused in the order id, size, state, token', async () => {
    await serve((sql) => (sql === 'SELECT 1' ? one : ['stall']))
    expect(
      await rejection(call('GetQueryResults', { QueryExecutionId: 'x', MaxResults: 5000 })),
    ).toMatchObject({
      Message: 'QueryExecution x was not found',
    })
    const running = { QueryExecutionId: await start('SELECT 2') }
    expect(await rejection(call('GetQueryResults', { ...running, MaxResults: 1001 }))).toMatchObject({
      Message: 'MaxResults is more than maximum allowed length 1000',
    })
    expect(await rejection(call('GetQueryResults', { ...running, NextToken: 'x' }))).toMatchObject({
      Message: 'Query has not yet finished. Current state: QUEUED',
    })
    await call('StopQueryExecution', running)
    expect(await rejection(call('GetQueryResults', running))).toMatchObject({
      Message: 'Could not find results',
    })
    const done = { QueryExecutionId: await start('SELECT 1') }
    await ended(done.QueryExecutionId)
    expect(await rejection(call('GetQueryResults', { ...done, NextToken: 'x' }))).toMatchObject({
      Message: 'Malformed nextPageToken x',
    })
  }, 20_000)

  test('the files that a query wrote are asked for only where it writes', async () => {
    await serve(() => one)
    const QueryExecutionId = await start('SELECT 1')
    await ended(QueryExecutionId)
    const ask = async (QueryResultType: string) =>
      (await rejection(call('GetQueryResults', { QueryExecutionId, QueryResultType }))).Message
    expect(await ask('DATA_MANIFEST')).toContain('DATA_MANIFEST')
    expect(await ask('ROWS')).toContain('enum value set: [DATA_MANIFEST, DATA_ROWS]')
  })

  test('an operation that is not built answers as AWS answers an unknown one', async () => {
    await serve(() => one)
    expect(await askJson(athena!, 'CreateTeapot', {})).toEqual({
      status: 400,
      body: { __type: 'UnknownOperationException' },
    })
  })
})

describe('failures', () => {
  const running: ScriptPage[] = [{ columns: [engineColumn('n', 'bigint')] }, { data: [[1]] }]

  test.each([
    ['the engine dies', 'die', /^GENERIC_INTERNAL_ERROR: the SQL engine went away while the query ran/],
    ['the engine forgets the query', 'forgotten', /^GENERIC_INTERNAL_ERROR: the SQL engine lost the query/],
  ] as const)(
    '%s in the middle: the query fails, says why, and leaves no object',
    async (_case, page, reason) => {
      await serve(() => [...running, page])
      const execution = await ended(await start('SELECT 1'))
      expect(execution.Status).toMatchObject({
        State: 'FAILED',
        AthenaError: { ErrorCategory: 1, Retryable: true },
      })
      expect(execution.Status.StateChangeReason).toMatch(reason)
      expect(s3.objects.size).toBe(0)
    },
  )

  test.each([
    ['dies', 'die'],
    ['forgets it', 'forgotten'],
  ] as const)(
    'the engine %s while a query writes: its rows may be there, and nobody is told to run it again',
    async (_case, page) => {
      await serve(() => [...running, page])
      const { Status } = await ended(await start('INSERT INTO t SELECT 1'))
      expect(Status).toMatchObject({ State: 'FAILED', AthenaError: { ErrorCategory: 1, Retryable: false } })
      expect(Status.StateChangeReason).toMatch(/Whether its rows were written is not known; check before it/)
      expect(Status.StateChangeReason).not.toMatch(/run the query again/i)
    },
  )

  test('rows that are written stay so when the list of their files cannot be made', async () => {
    await glue.createDatabase({ Name: 'written' })
    await glue.createTable('written', { Name: 't', StorageDescriptor: { Location: 's3://missing/t/' } })
    const inserted = { columns: [engineColumn('rows', 'bigint')], data: [[5]], updateCount: 5 }
    await serve(() => [{ ...inserted, updateType: 'INSERT' }])
    const execution = await ended(await start('INSERT INTO written.t SELECT 1'))
    expect(execution.Status.State).toBe('SUCCEEDED')
    expect(execution.Statistics).not.toHaveProperty('DataManifestLocation')
  })

  test('an engine that starts up is waited for', async () => {
    let asked = 0
    const startingUp = {
      error: { errorName: 'SERVER_STARTING_UP', errorType: 'INTERNAL_ERROR', message: 'not yet' },
    }
    await serve(() => (++asked < 3 ? [startingUp] : one))
    expect((await ended(await start('SELECT 1'))).Status.State).toBe('SUCCEEDED')
  })

  test.each([
    ['TABLE_NOT_FOUND', 'USER_ERROR', 2, 1301],
    ['DIVISION_BY_ZERO', 'USER_ERROR', 2, 1001],
    ['EXCEEDED_TIME_LIMIT', 'INSUFFICIENT_RESOURCES', 1, 200, true],
    ['HIVE_PATH_ALREADY_EXISTS', 'EXTERNAL', 2, 1000],
  ])(
    '%s has its category and type',
    async (errorName, errorType, ErrorCategory, ErrorType, Retryable = false) => {
      await serve(() => [...running, { error: { errorName, errorType, message: 'why' } }])
      expect((await ended(await start('SELECT 1'))).Status).toMatchObject({
        State: 'FAILED',
        StateChangeReason: `${errorName}: why`,
        AthenaError: { ErrorCategory, ErrorType, Retryable, ErrorMessage: `${errorName}: why` },
      })
    },
  )

  test.each([500, 0])(
    'S3 fails with %i when the result is written: the query fails and the engine is told',
    async (status) => {
      const wide = { data: Array.from({ length: 90_000 }, () => [1, 'x'.repeat(100)]) }
      await serve(() => [
        { columns: [engineColumn('n', 'bigint'), engineColumn('t', 'varchar')] },
        wide,
        'stall',
      ])
      s3.failWritesWith = status
      const execution = await ended(await start('SELECT 1'))
      expect(execution.Status.State).toBe('FAILED')
      expect(execution.Status.StateChangeReason).toContain('Unable to write the query result')
      await expect.poll(() => engine!.cancelled).toBe(1)
    },
    20_000,
  )

  test('a stopped query is CANCELLED at once, at the engine too, and leaves no upload open', async () => {
    const wide = { data: Array.from({ length: 90_000 }, () => ['x'.repeat(100)]) }
    await serve(() => [{ columns: [engineColumn('t', 'varchar')] }, wide, 'stall'])
    const id = await start('SELECT 1')
    await expect.poll(() => s3.openUploads.size, { timeout: 10_000 }).toBe(1)
    await call('StopQueryExecution', { QueryExecutionId: id })
    const { Status } = await ended(id)
    expect(Status).toMatchObject({ State: 'CANCELLED', StateChangeReason: 'Query cancelled by user' })
    await expect.poll(() => [engine!.cancelled, s3.openUploads.size]).toEqual([1, 0])
    await call('StopQueryExecution', { QueryExecutionId: id })
    expect(s3.objects.size).toBe(0)
  })

  test('after a restart an interrupted query is FAILED and a finished one is still answered', async () => {
    await serve((sql) => (sql === 'SELECT 1' ? one : ['stall']))
    const finished = await start('SELECT 1')
    await ended(finished)
    {
      using history = openHistory(dataDir)
      const left = { ...history.get(finished)!, state: 'RUNNING' as const }
      history.add({ ...left, id: 'left-behind', token: 't' })
      history.add({ ...left, id: 'left-writing', token: 'u', substatement: 'INSERT' })
    }
    await athena![Symbol.asyncDispose]()
    openService()
    expect((await ended('left-behind')).Status).toMatchObject({
      State: 'FAILED',
      StateChangeReason: 'local-aws was restarted while the query ran. Run the query again',
      AthenaError: { Retryable: true },
    })
    expect((await ended('left-writing')).Status).toMatchObject({
      State: 'FAILED',
      StateChangeReason: expect.not.stringContaining('Run the query again'),
      AthenaError: { Retryable: false },
    })
    const answer = await call('GetQueryResults', { QueryExecutionId: finished })
    expect(answer.ResultSet.Rows).toHaveLength(2)
  })

  test('a context database that no header can hold is handed to the engine in another spelling', async () => {
    await serve(() => one)
    const id = await start('SELECT 1', { QueryExecutionContext: { Database: '行情' } })
    expect((await ended(id)).Status).toMatchObject({ State: 'SUCCEEDED' })
  })

  test('an UNLOAD that a kill cut off leaves no table in the catalog', async () => {
    await serve(() => one)
    const finished = await start('SELECT 1')
    await ended(finished)
    {
      using history = openHistory(dataDir)
      const left = { ...history.get(finished)!, state: 'RUNNING' as const }
      history.add({ ...left, id: 'left-1', token: 't', substatement: 'UNLOAD' })
    }
    await glue.createTable('default', { Name: 'unload_left_1' })
    await athena![Symbol.asyncDispose]()
    openService()
    expect((await ended('left-1')).Status.State).toBe('FAILED')
    await expect.poll(() => glue.getTable('default', 'unload_left_1')).toBeUndefined()
  })

  test('an UNLOAD that is none is refused at once, and leaves no record', async () => {
    await serve(() => one)
    await expect(start('UNLOAD (SELECT 1) TO 1')).rejects.toThrow("line 1:22: mismatched input '1'")
    expect((await call('ListQueryExecutions', {})).QueryExecutionIds).toEqual([])
    expect(engine!.posted).toEqual([])
  })
})

test('the history is listed newest first, in pages', async () => {
  await serve(() => one)
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push(await start('SELECT 1'))
  const first = await call('ListQueryExecutions', { MaxResults: 3 })
  expect(first.QueryExecutionIds).toEqual(ids.slice(2).reverse())
  const second = await call('ListQueryExecutions', { MaxResults: 3, NextToken: first.NextToken })
  expect(second).toEqual({ QueryExecutionIds: ids.slice(0, 2).reverse() })
  const batch = await call('BatchGetQueryExecution', { QueryExecutionIds: [ids[0], 'nobody'] })
  expect(batch.QueryExecutions).toHaveLength(1)
  expect(batch.UnprocessedQueryExecutionIds).toMatchObject([{ QueryExecutionId: 'nobody' }])
})

describe('result reuse', () => {
  const reuse = (MaxAgeInMinutes = 60) => ({
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes } },
  })

  test('the same question within its age is answered by the earlier result, and nothing runs', async () => {
    await serve(() => one)
    const first = await ended(await start('SELECT 1'))
    const second = await ended(await start('SELECT 1', reuse()))
    const third = await ended(await start('SELECT 1', reuse()))
    expect(engine!.posted).toHaveLength(1)
    for (const { QueryExecutionId, Statistics, ResultConfiguration } of [second, third]) {
      expect(Statistics).toMatchObject({
        DataScannedInBytes: 0,
        ResultReuseInformation: { ReusedPreviousResult: true },
      })
      expect(ResultConfiguration).toEqual(first.ResultConfiguration)
      const results = (id: string) => call('GetQueryResults', { QueryExecutionId: id })
      expect(await results(QueryExecutionId)).toEqual(await results(first.QueryExecutionId))
    }
    expect(first.Statistics.ResultReuseInformation).toEqual({ ReusedPreviousResult: false })
  })

  test('another text, context, place or age, or a result that is gone, runs the query', async () => {
    await serve(() => one)
    await ended(await start('SELECT 1'))
    const asked: object[] = [
      reuse(0),
      { ...reuse(), QueryExecutionContext: { Database: 'other' } },
      { ...reuse(), ResultConfiguration: { OutputLocation: 's3://results/other' } },
      { ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } } },
    ]
    for (const more of asked) await ended(await start('SELECT 1', more))
    await ended(await start('SELECT  1', reuse()))
    expect(engine!.posted).toHaveLength(6)
    s3.objects.clear()
    const { Statistics } = await ended(await start('SELECT 1', reuse()))
    expect(Statistics.ResultReuseInformation).toEqual({ ReusedPreviousResult: false })
  })

  test('only what reads is reused', async () => {
    await serve(() => [{ updateType: 'INSERT', updateCount: 1 }])
    await ended(await start('INSERT INTO t SELECT 1'))
    await ended(await start('INSERT INTO t SELECT 1', reuse()))
    expect(engine!.posted).toHaveLength(2)
  })
})

test('a workgroup with managed results shows no place, and takes none', async () => {
  await serve(() => one)
  const Configuration = { ManagedQueryResultsConfiguration: { Enabled: true } }
  await call('CreateWorkGroup', { Name: 'managed', Configuration })
  const more = { WorkGroup: 'managed', ResultConfiguration: null }
  const execution = await ended(await start('SELECT 1', more))
  expect(execution).toMatchObject({ Status: { State: 'SUCCEEDED' }, ...Configuration })
  expect(execution).not.toHaveProperty('ResultConfiguration')
  const { ResultSet } = await call('GetQueryResults', { QueryExecutionId: execution.QueryExecutionId })
  expect(ResultSet.Rows).toHaveLength(2)
  expect((await rejection(start('SELECT 1', { WorkGroup: 'managed' }))).Message).toContain(
    'managed query results',
  )
  const both = { ...Configuration, ResultConfiguration: { OutputLocation: 's3://results/q' } }
  expect((await rejection(call('CreateWorkGroup', { Name: 'both', Configuration: both }))).Message).toContain(
    'not both',
  )
})

test('a query shows the engine version that its workgroup selects', async () => {
  await serve(() => one)
  const EngineVersion = { SelectedEngineVersion: 'Athena engine version 3' }
  await call('CreateWorkGroup', { Name: 'pinned', Configuration: { EngineVersion } })
  expect(await ended(await start('SELECT 1', { WorkGroup: 'pinned' }))).toMatchObject({ EngineVersion })
  const auto = { EngineVersion: { SelectedEngineVersion: 'AUTO' } }
  expect(await ended(await start('SELECT 1'))).toMatchObject(auto)
})

test('a query shows how its workgroup has S3 accessed, and its engine configuration is checked', async () => {
  await serve(() => one)
  const grants = { EnableS3AccessGrants: true, AuthenticationType: 'DIRECTORY_IDENTITY' }
  const Configuration = { QueryResultsS3AccessGrantsConfiguration: grants }
  await call('CreateWorkGroup', { Name: 'grants', Configuration })
  expect(await ended(await start('SELECT 1', { WorkGroup: 'grants' }))).toMatchObject(Configuration)
  const EngineConfiguration = { MaxConcurrentDpus: 1 }
  expect((await rejection(start('SELECT 1', { EngineConfiguration }))).Message).toBe(
    "1 validation error detected: Value '1' at 'engineConfiguration.maxConcurrentDpus' failed to satisfy constraint: Member must have value greater than or equal to 2",
  )
})

test('a client that asks without a pause is answered when the query goes on, or 50 ms later', async () => {
  await serve(() => [{ columns: [engineColumn('n', 'bigint')] }, 'stall'])
  const id = await start('SELECT 1')
  const ask = () => call('GetQueryExecution', { QueryExecutionId: id })
  const begun = performance.now()
  let asked = 0
  for (; performance.now() - begun < 300; asked++) await ask()
  expect(asked).toBeLessThan(12)
  const [{ QueryExecution }] = await Promise.all([
    ask(),
    call('StopQueryExecution', { QueryExecutionId: id }),
  ])
  expect(QueryExecution.Status.State).toBe('CANCELLED')
})

test('twenty queries run at once; the others are QUEUED until one ends', async () => {
  await serve(() => [{ columns: [engineColumn('n', 'bigint')] }, 'stall'])
  const ids = await Promise.all(Array.from({ length: 21 }, () => start('SELECT 1')))
  const states = async () => {
    const { QueryExecutions } = await call('BatchGetQueryExecution', { QueryExecutionIds: ids })
    return QueryExecutions.map((query: { Status: { State: string } }) => query.Status.State) as string[]
  }
  await expect.poll(() => engine!.posted.length).toBe(20)
  expect((await states()).filter((state) => state === 'QUEUED')).toHaveLength(1)
  await call('StopQueryExecution', { QueryExecutionId: ids[(await states()).indexOf('RUNNING')] })
  await expect.poll(() => engine!.posted.length).toBe(21)
})

test('rows are not inserted into a bucketed table', async () => {
  await serve(() => one)
  await glue.createDatabase({ Name: 'buckets' })
  const StorageDescriptor = { Location: 's3://results/b/', BucketColumns: ['a'], NumberOfBuckets: 2 }
  await glue.createTable('buckets', { Name: 't', StorageDescriptor })
  const { Status } = await ended(await start('INSERT INTO "buckets"."t" SELECT 1'))
  expect(Status).toMatchObject({ State: 'FAILED', AthenaError: { ErrorCategory: 2 } })
  expect(engine!.posted).toEqual([])
})

test('a type that Hive does not have is the table’s fault, not a defect of the engine', async () => {
  const text = "Error: type expected at the position 0 of 'long' but 'long' is found."
  const error = { errorName: 'GENERIC_INTERNAL_ERROR', errorType: 'INTERNAL_ERROR' }
  await serve(() => [{ error: { ...error, message: `java.lang.IllegalArgumentException: ${text}` } }])
  const { Status } = await ended(await start('SELECT 1'))
  expect(Status).toMatchObject({
    StateChangeReason: `HIVE_INVALID_METADATA: A column has an invalid data type. ${text}`,
    AthenaError: { ErrorCategory: 2, Retryable: false },
  })
})
