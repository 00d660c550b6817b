// Workgroups and what they contain: defined, changed, listed and deleted as on AWS, and kept through a kill.
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
import { type AthenaService, openAthena } from './service.ts'

let dataDir: string
let glueDir: string
let glue: GlueService
let s3: FakeS3
let engine: FakeEngine
let athena: AthenaService
let script: (sql: string) => ScriptPage[]
const one: ScriptPage[] = [{ columns: [engineColumn('_col0', 'bigint')] }, { data: [[1]] }]

beforeAll(async () => {
  glueDir = mkdtempSync(join(tmpdir(), 'ticklake-glue-'))
  const s3Endpoint = 'http://127.0.0.1:1'
  glue = await openGlue({ dataDir: glueDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint })
})

afterAll(async () => {
  await glue.close()
  rmSync(glueDir, { recursive: true })
})

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticklake-athena-'))
  s3 = await startFakeS3()
  script = () => one
  engine = await startFakeEngine((sql) => script(sql))
  athena = openService()
})

afterEach(async () => {
  await athena[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

function openService(): AthenaService {
  const config = localAwsConfig({
    LOCAL_AWS_S3_ENDPOINT: s3.url.origin,
    LOCAL_AWS_TRINO_URL: engine.url.origin,
    LOCAL_AWS_DATA_DIR: dataDir,
  })
  const events = makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), makeRegistry('test'))
  return openAthena({ config, glue, events })
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the wire, looked into freely
const call = async (name: string, body: object = {}): Promise<any> => (await askJson(athena, name, body)).body

const start = async (QueryString: string, more: object = {}): Promise<string> => {
  const ResultConfiguration = { OutputLocation: 's3://results/q' }
  const request = { QueryString, ClientRequestToken: randomUUID(), ResultConfiguration, ...more }
  return (await call('StartQueryExecution', request)).QueryExecutionId
}

async function ended(id: string) {
  for (;;) {
    const { QueryExecution } = await call('GetQueryExecution', { QueryExecutionId: id })
    if (!['QUEUED', 'RUNNING'].includes(QueryExecution.Status.State)) return QueryExecution
    await delay(5)
  }
}

/** The message of the error that an operation answers. */
const rejection = async (name: string, body: object = {}): Promise<unknown> => {
  const error = await call(name, body).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AwsError)
  return (error as AwsError).message
}

describe('workgroups', () => {
  const WorkGroup = 'team'

  test('one is made with its settings, and each is shown again, after a kill too', async () => {
    const Configuration = {
      ResultConfiguration: {
        OutputLocation: 's3://results/team/',
        EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: 'k' },
        ExpectedBucketOwner: '000000000000',
      },
      BytesScannedCutoffPerQuery: 10_000_000,
      RequesterPaysEnabled: true,
      EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
    }
    await call('CreateWorkGroup', { Name: WorkGroup, Description: 'ours', Configuration })
    // Not closed, as after a kill.
    const killed = athena
    athena = openService()
    await killed[Symbol.asyncDispose]()
    expect((await call('GetWorkGroup', { WorkGroup })).WorkGroup).toEqual({
      Name: WorkGroup,
      State: 'ENABLED',
      Description: 'ours',
      CreationTime: expect.any(Number),
      Configuration: {
        ...Configuration,
        EngineVersion: {
          SelectedEngineVersion: 'Athena engine version 3',
          EffectiveEngineVersion: 'Athena engine version 3',
        },
        EnforceWorkGroupConfiguration: true,
        EnableMinimumEncryptionConfiguration: false,
        PublishCloudWatchMetricsEnabled: false,
      },
    })
  })

  test('an update sets members, and removes those that it says', async () => {
    await call('CreateWorkGroup', {
      Name: WorkGroup,
      Configuration: {
        BytesScannedCutoffPerQuery: 20_000_000,
        ResultConfiguration: { OutputLocation: 's3://results/a/', ExpectedBucketOwner: '000000000000' },
      },
    })
    await call('UpdateWorkGroup', {
      WorkGroup,
      State: 'DISABLED',
      ConfigurationUpdates: {
        EnforceWorkGroupConfiguration: false,
        RemoveBytesScannedCutoffPerQuery: true,
        ResultConfigurationUpdates: { OutputLocation: 's3://results/b/', RemoveExpectedBucketOwner: true },
      },
    })
    const { Configuration, State } = (await call('GetWorkGroup', { WorkGroup })).WorkGroup
    expect(State).toBe('DISABLED')
    expect(Configuration.ResultConfiguration).toEqual({ OutputLocation: 's3://results/b/' })
    expect(Configuration.EnforceWorkGroupConfiguration).toBe(false)
    expect(Configuration).not.toHaveProperty('BytesScannedCutoffPerQuery')
    await expect(start('SELECT 1', { WorkGroup })).rejects.toThrow('WorkGroup is disabled.')
  })

  test('an enforced place for results wins over the request; one that is not enforced fills in', async () => {
    const ResultConfiguration = { OutputLocation: 's3://results/team' }
    await call('CreateWorkGroup', { Name: WorkGroup, Configuration: { ResultConfiguration } })
    const location = async (more: object) =>
      (await ended(await start('SELECT 1', { WorkGroup, ...more }))).ResultConfiguration.OutputLocation
    expect(await location({})).toMatch(/^s3:\/\/results\/team\/[^/]*\.csv$/)
    const ConfigurationUpdates = { EnforceWorkGroupConfiguration: false }
    await call('UpdateWorkGroup', { WorkGroup, ConfigurationUpdates })
    expect(await location({})).toMatch(/^s3:\/\/results\/q\//)
    expect(await location({ ResultConfiguration: null })).toMatch(/^s3:\/\/results\/team\//)
  })

  test('an enforced place for results allows a CTAS no place of its own', async () => {
    const ResultConfiguration = { OutputLocation: 's3://results/team' }
    await call('CreateWorkGroup', { Name: WorkGroup, Configuration: { ResultConfiguration } })
    const own = (properties: string) =>
      start(`CREATE TABLE t WITH (${properties}) AS SELECT 1 a`, { WorkGroup })
    await expect(own("external_location = 's3://b/x/'")).rejects.toMatchObject({
      type: 'InvalidRequestException',
      message: expect.stringContaining('an Athena Workgroup that enforces a centralized output location'),
    })
    await own("format = 'ORC'")
    const ConfigurationUpdates = { EnforceWorkGroupConfiguration: false }
    await call('UpdateWorkGroup', { WorkGroup, ConfigurationUpdates })
    await own("external_location = 's3://b/x/'")
  })

  test('a query that reads more than its workgroup lets it is cancelled, at the engine too', async () => {
    const Configuration = { BytesScannedCutoffPerQuery: 10_000_000 }
    await call('CreateWorkGroup', { Name: WorkGroup, Configuration })
    const stats = {
      state: 'RUNNING',
      queuedTimeMillis: 0,
      elapsedTimeMillis: 1,
      physicalInputBytes: 10_000_001,
    }
    script = () => [{ columns: [engineColumn('n', 'bigint')] }, { stats }, 'stall']
    const { Status } = await ended(await start('SELECT 1', { WorkGroup }))
    expect(Status).toMatchObject({
      State: 'CANCELLED',
      StateChangeReason: 'Bytes scanned limit was exceeded',
    })
    await expect.poll(() => engine.cancelled).toBe(1)
  })

  test('queries are listed in their workgroup; one that has any is deleted only with all of them', async () => {
    await call('CreateWorkGroup', { Name: WorkGroup })
    const id = await start('SELECT 1', { WorkGroup })
    expect((await ended(id)).WorkGroup).toBe(WorkGroup)
    const other = await start('SELECT 1')
    expect(await call('ListQueryExecutions', { WorkGroup })).toEqual({ QueryExecutionIds: [id] })
    expect(await call('ListQueryExecutions')).toEqual({ QueryExecutionIds: [other] })
    expect(await rejection('DeleteWorkGroup', { WorkGroup })).toBe('WorkGroup team is not empty')
    await call('DeleteWorkGroup', { WorkGroup, RecursiveDeleteOption: true })
    expect(await rejection('GetWorkGroup', { WorkGroup })).toBe('WorkGroup is not found.')
    expect(await rejection('GetQueryExecution', { QueryExecutionId: id })).toBe(
      `QueryExecution ${id} was not found`,
    )
  })

  test('all of them are listed, in pages', async () => {
    for (let n = 1; n <= 3; n++) await call('CreateWorkGroup', { Name: `w${n}` })
    const first = await call('ListWorkGroups', { MaxResults: 2 })
    const second = await call('ListWorkGroups', { MaxResults: 2, NextToken: first.NextToken })
    const names = [first, second].flatMap((page) => page.WorkGroups.map(({ Name }: { Name: string }) => Name))
    expect(names).toEqual(['primary', 'w1', 'w2', 'w3'])
    expect(second).not.toHaveProperty('NextToken')
  })

  const invalid = (count: string, ...constraints: string[]) => `${count} detected: ${constraints.join('; ')}`
  test.each([
    ['CreateWorkGroup', { Name: 'primary' }, 'primary workGroup could not be created'],
    ['CreateWorkGroup', { Name: 'there' }, 'WorkGroup is already created'],
    [
      'DeleteWorkGroup',
      { WorkGroup: 'primary', RecursiveDeleteOption: true },
      'primary workGroup could not be deleted',
    ],
    ['DeleteWorkGroup', { WorkGroup: 'nobody' }, 'WorkGroup is not found.'],
    ['UpdateWorkGroup', { WorkGroup: 'nobody' }, 'WorkGroup is not found.'],
    [
      'CreateWorkGroup',
      { Name: 'x', Configuration: { ResultConfiguration: { OutputLocation: 'x' } } },
      'outputLocation is not a valid S3 path.',
    ],
    [
      'CreateWorkGroup',
      {},
      invalid(
        '1 validation error',
        "Value null at 'name' failed to satisfy constraint: Member must not be null",
      ),
    ],
    [
      'CreateWorkGroup',
      { Name: 'a b', Configuration: { BytesScannedCutoffPerQuery: 1 } },
      invalid(
        '2 validation errors',
        "Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}",
        "Value '1' at 'configuration.bytesScannedCutoffPerQuery' failed to satisfy constraint: Member must have value greater than or equal to 10000000",
      ),
    ],
    [
      'UpdateWorkGroup',
      { WorkGroup: 'there', State: 'OFF' },
      invalid(
        '1 validation error',
        "Value 'OFF' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]",
      ),
    ],
    [
      'ListWorkGroups',
      { MaxResults: 51 },
      invalid(
        '1 validation error',
        "Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50",
      ),
    ],
    ['ListWorkGroups', { NextToken: 'x' }, 'Malformed nextPageToken x'],
    ['CreateWorkGroup', { Name: 1 }, 'A member of the request has the wrong type'],
  ])('%s refuses %j', async (name, body, message) => {
    await call('CreateWorkGroup', { Name: 'there' })
    expect(await rejection(name, body)).toBe(message)
  })
})

describe('named queries', () => {
  const query = { Name: 'daily', Description: 'each day', Database: 'lake', QueryString: 'SELECT 1' }

  test('one is made once for a token, read, changed and deleted', async () => {
    const ClientRequestToken = randomUUID()
    const { NamedQueryId } = await call('CreateNamedQuery', { ...query, ClientRequestToken })
    expect(await call('CreateNamedQuery', { ...query, ClientRequestToken })).toEqual({ NamedQueryId })
    expect(await rejection('CreateNamedQuery', { ...query, Name: 'x', ClientRequestToken })).toBe(
      'Idempotent parameters do not match',
    )
    const WorkGroup = 'primary'
    expect(await call('GetNamedQuery', { NamedQueryId })).toEqual({
      NamedQuery: { ...query, NamedQueryId, WorkGroup },
    })
    await call('UpdateNamedQuery', { NamedQueryId, Name: 'hourly', QueryString: 'SELECT 2' })
    const batch = await call('BatchGetNamedQuery', { NamedQueryIds: [NamedQueryId, 'nobody'] })
    expect(batch.NamedQueries).toEqual([
      { ...query, Name: 'hourly', QueryString: 'SELECT 2', NamedQueryId, WorkGroup },
    ])
    expect(batch.UnprocessedNamedQueryIds).toMatchObject([{ NamedQueryId: 'nobody' }])
    await call('DeleteNamedQuery', { NamedQueryId })
    expect(await rejection('GetNamedQuery', { NamedQueryId })).toBe(
      `NamedQuery ${NamedQueryId} was not found`,
    )
  })

  test('they are listed in their workgroup, in pages, and keep it from being deleted', async () => {
    const WorkGroup = 'team'
    await call('CreateWorkGroup', { Name: WorkGroup })
    const ids: string[] = []
    for (let n = 0; n < 3; n++) {
      const request = { ...query, WorkGroup, ClientRequestToken: randomUUID() }
      ids.push((await call('CreateNamedQuery', request)).NamedQueryId)
    }
    const first = await call('ListNamedQueries', { WorkGroup, MaxResults: 2 })
    const second = await call('ListNamedQueries', { WorkGroup, NextToken: first.NextToken })
    expect([...first.NamedQueryIds, ...second.NamedQueryIds]).toEqual(ids)
    expect(await call('ListNamedQueries')).toEqual({ NamedQueryIds: [] })
    expect(await rejection('DeleteWorkGroup', { WorkGroup })).toBe('WorkGroup team is not empty')
    await call('DeleteWorkGroup', { WorkGroup, RecursiveDeleteOption: true })
    expect(await rejection('GetNamedQuery', { NamedQueryId: ids[0] })).toContain('was not found')
  })
})

describe('prepared statements', () => {
  const named = { StatementName: 'Q1', WorkGroup: 'primary' }
  const QueryStatement = 'SELECT ?, ?'

  test('one is made, read, changed, listed and deleted', async () => {
    await call('CreatePreparedStatement', { ...named, QueryStatement, Description: 'two' })
    expect(await rejection('CreatePreparedStatement', { ...named, QueryStatement })).toBe(
      'PreparedStatement Q1 already exists in workGroup primary',
    )
    const LastModifiedTime = expect.any(Number)
    const shown = { StatementName: 'Q1', WorkGroupName: 'primary', Description: 'two', LastModifiedTime }
    expect(await call('GetPreparedStatement', named)).toEqual({
      PreparedStatement: { ...shown, QueryStatement },
    })
    await call('UpdatePreparedStatement', { ...named, QueryStatement: 'SELECT ?' })
    const PreparedStatementNames = ['Q1', 'nobody']
    const batch = await call('BatchGetPreparedStatement', { WorkGroup: 'primary', PreparedStatementNames })
    expect(batch.PreparedStatements).toEqual([{ ...shown, QueryStatement: 'SELECT ?' }])
    expect(batch.UnprocessedPreparedStatementNames).toMatchObject([
      { StatementName: 'nobody', ErrorCode: 'STATEMENT_NOT_FOUND' },
    ])
    expect(await call('ListPreparedStatements', { WorkGroup: 'primary' })).toEqual({
      PreparedStatements: [{ StatementName: 'Q1', LastModifiedTime }],
    })
    await call('DeletePreparedStatement', named)
    expect(await rejection('GetPreparedStatement', named)).toBe(
      'PreparedStatement Q1 was not found in workGroup primary',
    )
  })

  test('EXECUTE runs what PREPARE stored, with its parameters or those of the request', async () => {
    const prepare = await ended(await start('PREPARE q FROM SELECT ?, ?'))
    expect(prepare).toMatchObject({ SubstatementType: 'PREPARE', Status: { State: 'SUCCEEDED' } })
    const execution = await ended(await start("EXECUTE q USING 1 + 1, 'x'"))
    expect(execution).toMatchObject({
      Query: "EXECUTE q USING 1 + 1, 'x'",
      SubstatementType: 'SELECT',
      Status: { State: 'SUCCEEDED' },
    })
    await ended(await start('EXECUTE q', { ExecutionParameters: ['1', 'x'] }))
    await ended(await start('EXECUTE q USING 2, ?', { ExecutionParameters: ["it's"] }))
    expect(engine.posted).toEqual([
      'PREPARE q FROM SELECT ?, ?',
      "EXECUTE IMMEDIATE 'SELECT ?, ?' USING 1 + 1, 'x'",
      "EXECUTE IMMEDIATE 'SELECT ?, ?' USING 1, 'x'",
      "EXECUTE IMMEDIATE 'SELECT ?, ?' USING 2, 'it''s'",
    ])
    expect((await ended(await start('DEALLOCATE PREPARE q'))).Status.State).toBe('SUCCEEDED')
    for (const gone of ['EXECUTE q USING 1, 2', 'DEALLOCATE PREPARE q']) {
      expect((await ended(await start(gone))).Status).toMatchObject({
        State: 'FAILED',
        StateChangeReason: 'PreparedStatement q was not found in workGroup primary',
      })
    }
  })

  test('what the engine does not parse is not stored', async () => {
    const message = "line 1:16: mismatched input 'SELEC'. Expecting: ..."
    script = () => [{ error: { errorName: 'SYNTAX_ERROR', errorType: 'USER_ERROR', message } }]
    await expect(start('PREPARE q FROM SELEC 1')).rejects.toThrow(message)
    expect(await call('ListPreparedStatements', { WorkGroup: 'primary' })).toEqual({ PreparedStatements: [] })
  })
})

describe('tags', () => {
  const ResourceARN = 'arn:aws:athena:us-east-1:000000000000:workgroup/team'
  const tagsNow = async () => (await call('ListTagsForResource', { ResourceARN })).Tags

  test('a workgroup has those that it was made with, and takes and loses others', async () => {
    await call('CreateWorkGroup', { Name: 'team', Tags: [{ Key: 'owner', Value: 'us' }] })
    await call('TagResource', {
      ResourceARN,
      Tags: [{ Key: 'owner', Value: 'them' }, { Key: 'empty' }],
    })
    expect(await tagsNow()).toEqual([
      { Key: 'owner', Value: 'them' },
      { Key: 'empty', Value: '' },
    ])
    await call('UntagResource', { ResourceARN, TagKeys: ['owner'] })
    expect(await tagsNow()).toEqual([{ Key: 'empty', Value: '' }])
    expect((await call('GetWorkGroup', { WorkGroup: 'team' })).WorkGroup).not.toHaveProperty('Tags')
  })

  test('what is not there has none', async () => {
    expect(await rejection('ListTagsForResource', { ResourceARN })).toBe(`${ResourceARN} was not found`)
    expect(await rejection('ListTagsForResource', { ResourceARN: 'team' })).toMatch(/^Invalid ARN: team\. /)
  })
})

test('data catalogs are registered, listed behind our own, changed, tagged and deleted', async () => {
  const Parameters = { function: 'arn:aws:lambda:us-east-1:000000000000:function:f' }
  const made = { Name: 'federated', Type: 'LAMBDA', Description: 'theirs', Parameters }
  const { DataCatalog } = await call('CreateDataCatalog', { ...made, Tags: [{ Key: 'a', Value: 'b' }] })
  expect(DataCatalog).toEqual({ ...made, Status: 'CREATE_COMPLETE' })
  expect(await rejection('CreateDataCatalog', made)).toBe('Data catalog federated already exists')
  await call('CreateDataCatalog', { Name: 'hive', Type: 'HIVE', Parameters: { 'metadata-function': 'f' } })
  const first = await call('ListDataCatalogs', { MaxResults: 2 })
  const second = await call('ListDataCatalogs', { NextToken: first.NextToken })
  const shown = [...first.DataCatalogsSummary, ...second.DataCatalogsSummary]
  expect(shown.map(({ CatalogName }) => CatalogName)).toEqual(['AwsDataCatalog', 'federated', 'hive'])
  await call('UpdateDataCatalog', { Name: 'hive', Type: 'GLUE', Parameters: { 'catalog-id': '1' } })
  expect((await call('GetDataCatalog', { Name: 'hive' })).DataCatalog).toMatchObject({ Type: 'GLUE' })
  const ResourceARN = 'arn:aws:athena:us-east-1:000000000000:datacatalog/federated'
  await call('TagResource', { ResourceARN, Tags: [{ Key: 'c', Value: 'd' }] })
  expect((await call('ListTagsForResource', { ResourceARN })).Tags).toHaveLength(2)
  expect(await rejection('ListDatabases', { CatalogName: 'federated' })).toContain('registered only')
  await call('DeleteDataCatalog', { Name: 'federated' })
  expect(await rejection('GetDataCatalog', { Name: 'federated' })).toBe(
    'Data catalog federated was not found',
  )
  expect(await rejection('DeleteDataCatalog', { Name: 'AwsDataCatalog' })).toContain('cannot be changed')
  expect(await rejection('CreateDataCatalog', { Name: 'x', Type: 'GLUE' })).toBe(
    'A data catalog of type GLUE needs the parameters catalog-id',
  )
})

test.each([
  ['ListDatabases', {}],
  ['GetDatabase', { DatabaseName: 'default' }],
  ['ListTableMetadata', { DatabaseName: 'default' }],
  ['GetTableMetadata', { DatabaseName: 'default', TableName: 't' }],
  ['GetDataCatalog', { Name: 'AwsDataCatalog' }],
  ['ListDataCatalogs', {}],
])('%s is refused for a workgroup that is not there', async (operation, request) => {
  const asked = { CatalogName: 'AwsDataCatalog', ...request }
  expect(await rejection(operation, { ...asked, WorkGroup: 'nowhere' })).toBe('WorkGroup is not found.')
  expect(await rejection(operation, { ...asked, WorkGroup: 'no blanks' })).toContain("at 'workGroup'")
})

test('what a query read and returned is reported, stage by stage', async () => {
  const stage = { state: 'FINISHED', wallTimeMillis: 4, processedRows: 1, processedBytes: 9, subStages: [] }
  const rootStage = {
    ...stage,
    stageId: '0',
    subStages: [{ ...stage, stageId: '1', processedRows: 500, processedBytes: 4_000 }],
  }
  const stats = {
    ...{ state: 'FINISHED', queuedTimeMillis: 1, elapsedTimeMillis: 5, planningTimeMillis: 2 },
    ...{ physicalInputBytes: 7, processedRows: 500, processedBytes: 4_000, rootStage },
  }
  script = () => [{ columns: [engineColumn('n', 'bigint')], data: [[500]] }, { stats }]
  const QueryExecutionId = await start('SELECT count(*) FROM t')
  await ended(QueryExecutionId)
  const { QueryRuntimeStatistics } = await call('GetQueryRuntimeStatistics', { QueryExecutionId })
  expect(QueryRuntimeStatistics).toMatchObject({
    Timeline: {
      QueryQueueTimeInMillis: 1,
      QueryPlanningTimeInMillis: 2,
      EngineExecutionTimeInMillis: 4,
      TotalExecutionTimeInMillis: expect.any(Number),
    },
    Rows: { InputRows: 500, InputBytes: 4_000, OutputRows: 1, OutputBytes: 9 },
    OutputStage: {
      StageId: 0,
      OutputRows: 1,
      SubStages: [{ StageId: 1, InputRows: 500, OutputRows: 1, SubStages: [] }],
    },
  })
  expect(await rejection('GetQueryRuntimeStatistics', { QueryExecutionId: 'x' })).toBe(
    'QueryExecution x was not found',
  )
})

test('lists of databases and tables have the attributes that were asked for alone', async () => {
  await glue.createDatabase({ Name: 'lake', Description: 'd' })
  await glue.createTable('lake', { Name: 't', TableType: 'EXTERNAL_TABLE', Parameters: { a: 'b' } })
  const ours = { CatalogName: 'AwsDataCatalog' }
  const whole = [
    { Name: 'default', Description: 'Default Hive database' },
    { Name: 'lake', Description: 'd' },
  ]
  for (const [more, DatabaseList] of [
    [{ AttributesToGet: ['NAME'] }, [{ Name: 'default' }, { Name: 'lake' }]],
    [{ AttributesToGet: [] }, whole],
    [{}, whole],
  ] as const) {
    expect(await call('ListDatabases', { ...ours, ...more })).toEqual({ DatabaseList })
  }
  const inLake = { ...ours, DatabaseName: 'lake' }
  const type = { Name: 't', TableType: 'EXTERNAL_TABLE' }
  const metadata = (AttributesToGet: string[]) =>
    call('ListTableMetadata', { ...inLake, AttributesToGet }).then((answer) => answer.TableMetadataList)
  expect(await metadata(['NAME'])).toEqual([{ Name: 't' }])
  expect(await metadata(['TABLE_TYPE', 'NAME'])).toEqual([type])
  for (const AttributesToGet of [[], ['TABLE_TYPE'], ['DEFAULT']]) {
    expect(await rejection('ListTableMetadata', { ...inLake, AttributesToGet })).toMatch(/ttributesToGet/)
  }
})

test('system tables are refused as AWS refuses an account that may not use them', async () => {
  for (const name of ['CreateSystemTableConfiguration', 'ListSystemTableStatuses']) {
    expect(await rejection(name, { TableName: 'ALL' })).toContain(`not authorized to perform: athena:${name}`)
  }
})

test('there is one engine version, no reserved capacity and no Spark', async () => {
  expect((await call('ListEngineVersions')).EngineVersions).toEqual(
    ['AUTO', 'Athena engine version 3'].map((SelectedEngineVersion) => ({
      SelectedEngineVersion,
      EffectiveEngineVersion: 'Athena engine version 3',
    })),
  )
  const pages: string[] = []
  for (let NextToken: string | undefined, isFirst = true; isFirst || NextToken; isFirst = false) {
    const page = await call('ListEngineVersions', { MaxResults: 1, ...(NextToken ? { NextToken } : {}) })
    pages.push(page.EngineVersions[0].SelectedEngineVersion)
    NextToken = page.NextToken
  }
  expect(pages).toEqual(['AUTO', 'Athena engine version 3'])
  expect(await rejection('ListEngineVersions', { NextToken: 'x' })).toBe('Malformed nextPageToken x')
  expect(await call('ListCapacityReservations')).toEqual({ CapacityReservations: [] })
  expect(await rejection('ListCapacityReservations', { NextToken: 'x' })).toBe('Malformed nextPageToken x')
  const reserved = { Name: 'x', TargetDpus: 24 }
  expect(
    await rejection('CreateCapacityReservation', { ...reserved, Tags: [{ Key: 'aws:x', Value: '' }] }),
  ).toContain('aws: prefixed')
  expect(await rejection('CreateCapacityReservation', reserved)).toContain('not supported')
  expect(await rejection('GetCapacityReservation', { Name: 'x' })).toContain('x was not found')
  const CapacityReservationName = 'x'
  expect(await rejection('GetCapacityAssignmentConfiguration', { CapacityReservationName })).toContain(
    'x was not found',
  )
  const put = { CapacityReservationName, CapacityAssignments: [{ WorkGroupNames: ['primary'] }] }
  expect(await rejection('PutCapacityAssignmentConfiguration', put)).toContain('x was not found')
  expect(await rejection('PutCapacityAssignmentConfiguration', { CapacityReservationName })).toContain(
    'capacityAssignments',
  )
  for (const name of ['StartSession', 'CreateNotebook', 'ListApplicationDPUSizes']) {
    expect(await rejection(name, { WorkGroup: 'primary' })).toContain('Workgroup EngineVersion is not Spark.')
  }
})

test('long definitions are answered in pieces, and other requests have their turn between them', async () => {
  // The longest allowed query, which is six times as long in JSON.
  const QueryString = '\u0001'.repeat(262_144)
  const ids: string[] = []
  for (let i = 0; i < 4; i++) {
    const request = { Name: 'n', Database: 'd', QueryString, ClientRequestToken: randomUUID() }
    ids.push((await call('CreateNamedQuery', request)).NamedQueryId)
  }
  const { text } = await athena.handleText('BatchGetNamedQuery', JSON.stringify({ NamedQueryIds: ids }))
  let ticks = 0
  const other = setInterval(() => ticks++)
  const pieces: string[] = []
  for await (const piece of text as AsyncIterable<string>) pieces.push(piece)
  clearInterval(other)
  expect(pieces.length).toBeGreaterThanOrEqual(4)
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(2_000_000)
  expect(ticks).toBeGreaterThanOrEqual(3)
  expect(JSON.parse(pieces.join('')).NamedQueries).toHaveLength(4)
}, 30_000)

test.each([
  [
    'MonitoringConfiguration',
    { CloudWatchLoggingConfiguration: { Enabled: true, LogGroup: 'x'.repeat(513) } },
  ],
  ['EngineConfiguration', { SparkProperties: { k: 'x'.repeat(1_025) } }],
  ['ResultConfiguration', { OutputLocation: `s3://b/${'x'.repeat(2_048)}` }],
  ['IdentityCenterConfiguration', { IdentityCenterInstanceArn: 'x'.repeat(256) }],
])('a workgroup keeps no %s beyond the limits of the model', async (member, value) => {
  const Configuration = { [member]: value }
  expect(await rejection('CreateWorkGroup', { Name: 'long', Configuration })).toContain(
    'less than or equal to',
  )
})

test('a workgroup keeps of its configuration what the model knows', async () => {
  const Configuration = {
    MonitoringConfiguration: { S3LoggingConfiguration: { Enabled: true, KmsKey: 'k', Unknown: 'x' } },
    Unknown: { a: 'x'.repeat(100_000) },
  }
  await call('CreateWorkGroup', { Name: 'known', Configuration })
  const { WorkGroup } = await call('GetWorkGroup', { WorkGroup: 'known' })
  expect(WorkGroup.Configuration.MonitoringConfiguration).toEqual({
    S3LoggingConfiguration: { Enabled: true, KmsKey: 'k' },
  })
  expect(WorkGroup.Configuration).not.toHaveProperty('Unknown')
})

test('a data catalog has at most 50 parameters, with names of at most 255 characters', async () => {
  const create = (Parameters: object) =>
    rejection('CreateDataCatalog', { Name: 'x', Type: 'GLUE', Parameters })
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']))
  expect(await create(many)).toContain('less than or equal to 50')
  expect(await create({ 'catalog-id': '0', ['k'.repeat(256)]: 'v' })).toContain('less than or equal to 255')
})
