// The disk below athena.db is full, or another process has locked the file: a query that cannot be recorded is not run.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
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
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { localAwsConfig } from '../../config.ts'
import { makeEvents } from '../../events.ts'
import { type GlueService, openGlue } from '../../glue/api/service.ts'
import { AwsError } from '../../http/aws-error.ts'
import { type AthenaService, openAthena } from './service.ts'

let dataDir: string
let glue: GlueService
let s3: FakeS3
let engine: FakeEngine
let athena: AthenaService
/** The connection that the history has: SQLite itself says that the disk is full. */
let db: DatabaseSync
let script: ScriptPage[]
/** The engine has accepted the statement, and never finishes it. */
const running: ScriptPage[] = [{ columns: [engineColumn('rows', 'bigint')] }, 'stall']

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticklake-unstored-'))
  s3 = await startFakeS3()
  script = [{ updateType: 'INSERT', updateCount: 1 }]
  engine = await startFakeEngine(() => script)
  glue = await openGlue({
    dataDir,
    accountId: '000000000000',
    region: 'us-east-1',
    s3Endpoint: 'http://127.0.0.1:1',
  })
  openService()
})

afterEach(async () => {
  await athena[Symbol.asyncDispose]()
  await glue.close()
  await engine[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

function openService(): void {
  const opened = vi.spyOn(DatabaseSync.prototype, 'prepare')
  athena = openAthena({
    config: localAwsConfig({
      LOCAL_AWS_S3_ENDPOINT: s3.url.origin,
      LOCAL_AWS_TRINO_URL: engine.url.origin,
      LOCAL_AWS_DATA_DIR: dataDir,
    }),
    glue,
    events: makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), makeRegistry('test')),
  })
  db = opened.mock.contexts.at(-1) as DatabaseSync
  opened.mockRestore()
}

const cases = {
  'the disk is full': () => {
    const { page_count } = db.prepare('PRAGMA page_count').get() as { page_count: number }
    db.exec(`PRAGMA max_page_count = ${page_count}`)
    return () => db.exec('PRAGMA max_page_count = 1000000')
  },
  'the file is read-only': () => {
    db.exec('PRAGMA query_only = 1')
    return () => db.exec('PRAGMA query_only = 0')
  },
  'another process holds the file': () => {
    const other = new DatabaseSync(join(dataDir, 'athena.db'))
    other.exec('BEGIN IMMEDIATE')
    return () => other.close()
  },
}

// So long that its record needs its own database pages.
const remark = `/* ${'x'.repeat(50_000)} */`

function start(sql: string, token = randomUUID()) {
  return askJson(athena, 'StartQueryExecution', {
    QueryString: `${sql} ${remark}`,
    ClientRequestToken: token,
    ResultConfiguration: { OutputLocation: 's3://results/q' },
  }) as Promise<{ body: { QueryExecutionId: string } }>
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the wire, looked into freely
const call = async (operation: string, body: object): Promise<any> =>
  (await askJson(athena, operation, body)).body

const stateOf = async (QueryExecutionId: string) =>
  (await call('GetQueryExecution', { QueryExecutionId })).QueryExecution.Status.State as string

const statements = [
  'INSERT INTO t VALUES (1)',
  'CREATE TABLE u AS SELECT 1 AS x',
  "UNLOAD (SELECT 1) TO 's3://results/u/' WITH (format = 'PARQUET')",
  'CREATE DATABASE made',
  "CREATE EXTERNAL TABLE made.t (x int) LOCATION 's3://results/t/'",
  "ALTER TABLE made.t ADD PARTITION (dt = '1')",
  'MSCK REPAIR TABLE made.t',
  'DROP TABLE made.t',
  'CREATE VIEW v AS SELECT 1 AS x',
  'SELECT 1',
]

test.each(Object.entries(cases))(
  '%s: no statement is run, and an SDK may ask again',
  async (_case, breakHistory) => {
    const heal = breakHistory()
    const token = randomUUID()
    for (const sql of statements) {
      const error = await start(sql, sql === statements[0] ? token : undefined).catch((thrown) => thrown)
      expect(error, sql).toBeInstanceOf(AwsError)
      expect(error, sql).toMatchObject({ type: 'InternalServerException', status: 500 })
      expect(error.message).toContain('The query was not run')
    }
    await delay(20)
    expect(engine.posted, 'nothing came to the engine').toEqual([])
    expect(await glue.call('GetDatabases', {}), 'nor to the catalog').toMatchObject({
      DatabaseList: [{ Name: 'default' }],
    })
    expect((await call('ListQueryExecutions', {})).QueryExecutionIds).toEqual([])
    heal()
    const { body } = await start(statements[0]!, token)
    await expect.poll(() => stateOf(body.QueryExecutionId)).toBe('SUCCEEDED')
    expect((await start(statements[0]!, token)).body, 'the token runs it once').toEqual(body)
    expect(engine.posted).toHaveLength(1)
  },
)

test.each(Object.entries(cases))(
  '%s when a query ends: it is told as it ended, and stored when it can be',
  {
    timeout: 20_000,
  },
  async (_case, breakHistory) => {
    const { body } = await start('INSERT INTO t VALUES (1)')
    const { body: second } = await start('INSERT INTO t VALUES (2)')
    const id = second.QueryExecutionId
    await expect.poll(() => stateOf(body.QueryExecutionId)).toBe('SUCCEEDED')
    await expect.poll(() => stateOf(id)).toBe('SUCCEEDED')
    script = running
    const { body: third } = await start('INSERT INTO t VALUES (3)')
    const heal = breakHistory()
    await askJson(athena, 'StopQueryExecution', { QueryExecutionId: third.QueryExecutionId })
    expect(await stateOf(third.QueryExecutionId)).toBe('CANCELLED')
    heal()
    await expect
      .poll(() => db.prepare('SELECT count(*) AS open FROM query WHERE final = 0').get(), { timeout: 10_000 })
      .toEqual({ open: 0 })
    expect(await stateOf(third.QueryExecutionId)).toBe('CANCELLED')
  },
)

test('what a kill left unfinished is FAILED for whoever asks, also when that cannot be stored yet', async () => {
  script = running
  const { body } = await start('INSERT INTO t VALUES (1)')
  const [row] = db.prepare('SELECT facts FROM query WHERE final = 0').all()
  await athena[Symbol.asyncDispose]()
  const other = new DatabaseSync(join(dataDir, 'athena.db'))
  other.prepare('UPDATE query SET final = 0, facts = ?').run(row!.facts!)
  other.exec('BEGIN IMMEDIATE')
  openService()
  expect(await stateOf(body.QueryExecutionId)).toBe('FAILED')
  other.close()
})

test('a syntax error leaves no record behind', async () => {
  script = [
    {
      error: {
        message: 'line 1:8: mismatched input',
        errorName: 'SYNTAX_ERROR',
        errorType: 'USER_ERROR',
        errorCode: 1,
      },
    },
  ]
  const token = randomUUID()
  await expect(start('SELECT FROM', token)).rejects.toMatchObject({ type: 'InvalidRequestException' })
  expect(db.prepare('SELECT count(*) AS records FROM query').get()).toEqual({ records: 0 })
})
