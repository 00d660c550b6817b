import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cpuTimer, longestTask } from '@ticklake/testing/cpu-time.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextToken } from './api/page.ts'
import { type GlueService, openGlue } from './api/service.ts'
import type { PartitionInput, TableInput } from './api/shapes.ts'

const options = (dataDir: string) => ({
  dataDir,
  accountId: '000000000000',
  region: 'us-east-1',
  s3Endpoint: 'http://127.0.0.1:1',
})

const ticks: TableInput = {
  Name: 'Ticks',
  TableType: 'EXTERNAL_TABLE',
  PartitionKeys: [
    { Name: 'dt', Type: 'string' },
    { Name: 'hour', Type: 'string' },
  ],
  StorageDescriptor: {
    Columns: [{ Name: 'index', Type: 'string' }],
    Location: 's3://lake/ticks/',
    SerdeInfo: { SerializationLibrary: 'parquet' },
  },
  Parameters: { classification: 'parquet' },
}

function partition(dt: string, hour: string): PartitionInput {
  return {
    Values: [dt, hour],
    StorageDescriptor: {
      Columns: [{ Name: 'index', Type: 'string' }],
      Location: `s3://lake/ticks/dt=${dt}/hour=${hour}/`,
      SerdeInfo: { SerializationLibrary: 'parquet' },
    },
    Parameters: { recordCount: '7' },
  }
}

async function overTheWire(operation: string, body: object): Promise<{ status: number; body: unknown }> {
  const { status, text } = await glue.handleText(operation, JSON.stringify(body))
  return { status, body: JSON.parse(text as string) }
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

let dataDir: string
let glue: GlueService
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'glue-'))
  glue = await openGlue(options(dataDir))
})
afterEach(async () => {
  await glue.close()
  rmSync(dataDir, { recursive: true })
})

const table = { DatabaseName: 'Lake', TableName: 'TICKS' }
async function withTicks() {
  await glue.createDatabase({ Name: 'LAKE' })
  await glue.createTable('lake', ticks)
}

describe('the catalog', () => {
  it('answers an unknown operation as AWS does', async () => {
    for (const name of ['CreateJobs', 'toString', 'constructor']) {
      expect(await overTheWire(name, {})).toEqual({
        status: 400,
        body: { __type: 'UnknownOperationException' },
      })
    }
  })

  it('answers a part of Glue that is not here as AWS answers an account that may not use it', async () => {
    for (const name of ['CreateJob', 'ListWorkflows', 'StartTrigger']) {
      expect(await overTheWire(name, {})).toMatchObject({
        status: 400,
        body: {
          __type: 'AccessDeniedException',
          Message: expect.stringContaining(`is not authorized to perform: glue:${name}`),
        },
      })
    }
  })

  it('refuses what it would otherwise ignore: transactions of governed tables, and tokens of lists of one page', async () => {
    await withTicks()
    const refused = [
      ['GetTable', { DatabaseName: 'lake', Name: 'ticks', TransactionId: 't1' }, 'TransactionId is for'],
      ['GetPartitions', { ...table, QueryAsOfTime: 1 }, 'QueryAsOfTime is for governed tables'],
      ['GetTables', { DatabaseName: 'lake', TransactionId: 't1', QueryAsOfTime: 1 }, 'along with'],
      ['GetPartitionIndexes', { ...table, NextToken: 'x' }, 'Invalid token: x'],
      // The token of another list: its key is a name, and here it would have to be a version.
      ['GetTableVersions', { ...table, NextToken: nextToken('ticks') }, 'Invalid token: '],
    ] as const
    for (const [operation, request, message] of refused) {
      expect(await overTheWire(operation, request), operation).toMatchObject({
        status: 400,
        body: { __type: 'InvalidInputException', Message: expect.stringContaining(message) },
      })
    }
  })

  it('answers an entry of a batch that names no table as one that failed', async () => {
    const { status, body } = await overTheWire('BatchGetTableOptimizer', {
      Entries: [{ type: 'compaction' }],
    })
    const error = { ErrorCode: 'InvalidInputException', ErrorMessage: expect.stringContaining('tableName') }
    expect({ status, body }).toEqual({
      status: 200,
      body: { TableOptimizers: [], Failures: [{ error, type: 'compaction' }] },
    })
  })

  it('adds, replaces and drops the texts of a view for one engine, and keeps those for the others', async () => {
    await glue.createDatabase({ Name: 'lake' })
    const view = (Dialect: string, ViewOriginalText: string) => ({
      ...{ Name: 'v', TableType: 'VIRTUAL_VIEW' },
      ViewDefinition: { Representations: [{ Dialect, ViewOriginalText }] },
    })
    const update = async (ViewUpdateAction: string, TableInput: object) =>
      (await overTheWire('UpdateTable', { DatabaseName: 'lake', TableInput, ViewUpdateAction })).body
    const texts = async () => {
      const { ViewDefinition } = (await glue.getTable('lake', 'v'))! as unknown as ReturnType<typeof view>
      return ViewDefinition.Representations.map(({ Dialect, ViewOriginalText }) => [
        Dialect,
        ViewOriginalText,
      ])
    }
    await glue.createTable('lake', view('ATHENA', 'a'))
    await update('ADD', view('SPARK', 's'))
    expect(await texts()).toEqual([
      ['ATHENA', 'a'],
      ['SPARK', 's'],
    ])
    expect(await update('ADD', view('SPARK', 's'))).toMatchObject({ __type: 'AlreadyExistsException' })
    await update('REPLACE', view('ATHENA', 'b'))
    await update('DROP', view('SPARK', ''))
    expect(await texts()).toEqual([['ATHENA', 'b']])
    expect(await update('REPLACE', view('SPARK', 's'))).toMatchObject({ __type: 'EntityNotFoundException' })
  })

  it('shows a connection as the program opens it that is asked for', async () => {
    const ConnectionInput = {
      ...{ Name: 'c', ConnectionType: 'JDBC', ConnectionProperties: { USERNAME: 'u', HOST: 'h' } },
      AthenaProperties: { HOST: 'athena' },
    }
    await overTheWire('CreateConnection', { ConnectionInput })
    const hostFor = async (ApplyOverrideForComputeEnvironment?: string) =>
      (await overTheWire('GetConnection', { Name: 'c', ApplyOverrideForComputeEnvironment })).body
    expect(await hostFor()).toMatchObject({ Connection: { ConnectionProperties: { HOST: 'h' } } })
    expect(await hostFor('SPARK')).toMatchObject({ Connection: { ConnectionProperties: { HOST: 'h' } } })
    expect(await hostFor('ATHENA')).toMatchObject({
      Connection: { ConnectionProperties: { USERNAME: 'u', HOST: 'athena' } },
    })
  })

  it.each([
    [
      'GetTables',
      {},
      'ValidationException',
      "1 validation error detected: Value null at 'databaseName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'GetTable',
      { Name: null },
      'ValidationException',
      "2 validation errors detected: Value null at 'databaseName' failed to satisfy constraint: Member must not be null; Value null at 'name' failed to satisfy constraint: Member must not be null",
    ],
    [
      'CreateDatabase',
      { DatabaseInput: {} },
      'ValidationException',
      "1 validation error detected: Value null at 'databaseInput.name' failed to satisfy constraint: Member must not be null",
    ],
    [
      'GetPartitions',
      { ...table, MaxResults: 1001 },
      'ValidationException',
      "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ],
    ['GetDatabase', { Name: 7 }, 'SerializationException', 'NUMBER_VALUE can not be converted to a String'],
    ['GetDatabase', { Name: 'Nope' }, 'EntityNotFoundException', 'Database Nope not found.'],
    ['GetTable', { DatabaseName: 'lake', Name: 'nope' }, 'EntityNotFoundException', 'Entity Not Found'],
    [
      'CreateDatabase',
      { DatabaseInput: { Name: 'lake' } },
      'AlreadyExistsException',
      'Database already exists.',
    ],
    [
      'CreateTable',
      { DatabaseName: 'lake', TableInput: ticks },
      'AlreadyExistsException',
      'Table already exists.',
    ],
    [
      'GetPartition',
      { ...table, PartitionValues: ['a', 'b'] },
      'EntityNotFoundException',
      'Cannot find partition.',
    ],
    [
      'GetPartition',
      { ...table, PartitionValues: ['a'] },
      'InvalidInputException',
      'The number of partition keys do not match the number of partition values',
    ],
    [
      'UpdateTable',
      { DatabaseName: 'lake', TableInput: ticks, VersionId: '9' },
      'ConcurrentModificationException',
      'Update table failed due to concurrent modifications.',
    ],
  ])('%s %j fails with %s', async (operation, body, type, message) => {
    await withTicks()
    expect(await overTheWire(operation, body)).toEqual({
      status: 400,
      body: { __type: type, Message: message },
    })
  })

  it('keeps names in lower case and leaves absent members absent', async () => {
    await withTicks()
    const found = (await glue.getTable('LAKE', 'tIcKs'))!
    expect(found).toMatchObject({ Name: 'ticks', DatabaseName: 'lake', VersionId: '0', Retention: 0 })
    expect(found.CreateTime).toBeCloseTo(Date.now() / 1000, -1)
    for (const absent of ['Description', 'Owner', 'ViewOriginalText', 'LastAccessTime']) {
      expect(found).not.toHaveProperty(absent)
    }
    expect(found.StorageDescriptor).not.toHaveProperty('InputFormat')
  })

  it('finds tables by regular expression and by Hive pattern, page by page', async () => {
    await glue.createDatabase({ Name: 'lake' })
    for (const Name of ['ticks', 'ticks_jsonl', 'other', 'my_ticks']) await glue.createTable('lake', { Name })
    const names = async (expression?: string) =>
      (await listOf(glue.tableNames('lake', expression))).map(({ Name }) => Name)
    expect(await names()).toEqual(['my_ticks', 'other', 'ticks', 'ticks_jsonl'])
    expect(await names('ticks')).toEqual(['ticks'])
    expect(await names('ticks.*')).toEqual(['ticks', 'ticks_jsonl'])
    expect(await names('ticks*')).toEqual(['ticks', 'ticks_jsonl'])
    expect(await names('*ticks*')).toEqual(['my_ticks', 'ticks', 'ticks_jsonl'])
    expect(await names('[a-z]*')).toEqual(['other', 'ticks'])
    const first = await glue.call<{ TableList: object[]; NextToken: string }>('GetTables', {
      DatabaseName: 'lake',
      MaxResults: 3,
    })
    expect(first.TableList).toHaveLength(3)
    const second = await glue.call<{ TableList: object[] }>('GetTables', {
      DatabaseName: 'lake',
      MaxResults: 3,
      NextToken: first.NextToken,
    })
    expect(second.TableList).toMatchObject([{ Name: 'ticks_jsonl' }])
    expect(second).not.toHaveProperty('NextToken')
  })

  it('keeps the versions of a table, but not those that SkipArchive says to skip', async () => {
    await withTicks()
    await glue.updateTable('lake', { ...ticks, Description: 'one' })
    await glue.call('UpdateTable', {
      DatabaseName: 'lake',
      TableInput: { ...ticks, Description: 'two' },
      VersionId: '1',
      SkipArchive: true,
    })
    const { TableVersions } = await glue.call<{ TableVersions: { VersionId: string }[] }>(
      'GetTableVersions',
      table,
    )
    expect(TableVersions.map(({ VersionId }) => VersionId)).toEqual(['2', '0'])
    expect((await glue.getTable('lake', 'ticks'))?.Description).toBe('two')
  })

  it('gives partitions back as they were given, and lists what failed in a batch', async () => {
    await withTicks()
    expect(
      await glue.createPartitions('lake', 'ticks', [partition('a', '00'), partition('a', '01')]),
    ).toEqual([])
    expect(
      await glue.createPartitions('lake', 'ticks', [partition('a', '01'), partition('b', '00')]),
    ).toEqual([['a', '01']])
    expect(await glue.getPartition('lake', 'ticks', ['a', '01'])).toMatchObject(partition('a', '01'))
    const slim = await glue.call<{ Partitions: PartitionInput[] }>('GetPartitions', {
      ...table,
      ExcludeColumnSchema: true,
      Expression: "dt = 'b'",
    })
    expect(slim.Partitions).toHaveLength(1)
    expect(slim.Partitions[0]!.StorageDescriptor).not.toHaveProperty('Columns')
    expect(slim.Partitions[0]!.StorageDescriptor?.Location).toBe('s3://lake/ticks/dt=b/hour=00/')
    expect(
      await glue.call('BatchDeletePartition', {
        ...table,
        PartitionsToDelete: [{ Values: ['a', '00'] }, { Values: ['zz', '00'] }],
      }),
    ).toEqual({
      Errors: [
        {
          PartitionValues: ['zz', '00'],
          ErrorDetail: { ErrorCode: 'EntityNotFoundException', ErrorMessage: 'Cannot find partition.' },
        },
      ],
    })
  })

  it('forgets everything of a table that is dropped', async () => {
    await withTicks()
    await glue.createPartitions('lake', 'ticks', [partition('a', '00')])
    await glue.dropTable('lake', 'ticks')
    await glue.createTable('lake', ticks)
    expect(await listOf(glue.partitions('lake', 'ticks'))).toEqual([])
  })
})

describe('100,000 partitions', () => {
  it('are filtered in well under a second, and never hold up the thread that asks', async () => {
    await withTicks()
    const inputs = Array.from({ length: 100_000 }, (_, i) =>
      partition(`day${String(Math.floor(i / 24)).padStart(4, '0')}`, String(i % 24).padStart(2, '0')),
    )
    await glue.createPartitions('lake', 'ticks', inputs)
    const task = longestTask()
    let elapsedMs = cpuTimer()
    const oneHour = await listOf(glue.partitions('lake', 'ticks', "dt = 'day4000' AND hour = '07'"))
    const pinnedMs = elapsedMs()
    elapsedMs = cpuTimer()
    const everySeven = await listOf(glue.partitions('lake', 'ticks', "hour = '07' AND dt LIKE '%00'"))
    const scannedMs = elapsedMs()
    expect(oneHour).toHaveLength(1)
    expect(everySeven).toHaveLength(42)
    expect(pinnedMs).toBeLessThan(100)
    expect(scannedMs).toBeLessThan(1_000)
    expect(task.stop()).toBeLessThan(200)

    const segments = await Promise.all(
      [0, 1, 2].map(async (SegmentNumber) => {
        let count = 0
        let NextToken: string | undefined
        do {
          const page: { Partitions: object[]; NextToken?: string } = await glue.call('GetPartitions', {
            ...table,
            Segment: { SegmentNumber, TotalSegments: 3 },
            ...(NextToken ? { NextToken } : {}),
          })
          count += page.Partitions.length
          NextToken = page.NextToken
        } while (NextToken)
        return count
      }),
    )
    expect(segments.reduce((a, b) => a + b)).toBe(100_000)
    expect(Math.min(...segments)).toBeGreaterThan(30_000)
  }, 60_000)
})

describe('kill -9', () => {
  it('in the middle of writes loses nothing that was answered', async () => {
    await withTicks()
    await glue.close()
    const writer = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../packages/testing/kill-9-writer.ts', import.meta.url)), dataDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const answered: string[] = []
    for await (const line of createInterface({ input: writer.stdout })) {
      answered.push(line)
      if (answered.length === 200) writer.kill('SIGKILL')
    }
    glue = await openGlue(options(dataDir))
    const there = new Set<string>()
    for await (const { Values } of glue.partitions('lake', 'ticks')) there.add(Values.join('/'))
    expect(answered.length).toBeGreaterThanOrEqual(200)
    expect(answered.filter((values) => !there.has(values))).toEqual([])
  }, 30_000)
})
