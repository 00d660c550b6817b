import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Partition, Table } from '../api/shapes.ts'
import { Catalog } from '../operations.ts'
import { applyFindings } from './apply.ts'
import type { Ask, Policies } from './policies.ts'
import type { TableDefinition } from './table-definition.ts'

let dataDir: string
let catalog: Catalog
let ask: Ask
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'apply-'))
  catalog = new Catalog({
    dataDir,
    accountId: '000000000000',
    region: 'us-east-1',
    s3Endpoint: 'http://127.0.0.1:1',
  })
  ask = (name, request) => catalog.answer(name, request)
  ask('CreateDatabase', { DatabaseInput: { Name: 'lake' } })
})
afterEach(() => {
  catalog.close()
  rmSync(dataDir, { recursive: true })
})

const policies: Policies = {
  crawler: 'c',
  database: 'lake',
  paths: ['s3://b/'],
  update: 'UPDATE_IN_DATABASE',
  remove: 'DEPRECATE_IN_DATABASE',
  inheritFromTable: false,
  mergeNewColumns: false,
}
const columnsOf = (text: string) => text.split(' ').map((Name) => ({ Name, Type: 'string' }))
const own = { UPDATED_BY_CRAWLER: 'c' }

/** A found table `t` at s3://b/t/ with the columns and partitions in the texts. */
function found(columns: string, keys = '', values: string[] = [], root = 's3://b/t/'): TableDefinition {
  return {
    table: {
      Name: 't',
      PartitionKeys: keys === '' ? [] : columnsOf(keys),
      StorageDescriptor: { Columns: columnsOf(columns), Location: root },
      Parameters: own,
    },
    partitions: values.map((value) => ({
      Values: value.split('/'),
      StorageDescriptor: { Columns: columnsOf('own'), Location: `${root}${value}/` },
      Parameters: own,
    })),
  }
}
const apply = (definitions: TableDefinition[], more: Partial<Policies> = {}) =>
  applyFindings(ask, definitions, { ...policies, ...more }, new AbortController().signal)
const table = (Name = 't') => (ask('GetTable', { DatabaseName: 'lake', Name }) as { Table: Table }).Table
const partitions = () =>
  (ask('GetPartitions', { DatabaseName: 'lake', TableName: 't' }) as { Partitions: Partition[] }).Partitions
const names = (list: { Name: string }[] | undefined) => list!.map(({ Name }) => Name).join(' ')
const nothing = { ADD: [], UPDATE: [], DELETE: [] }

it('finding the same again changes nothing, and makes no new version', async () => {
  expect((await apply([found('a b', 'd', ['1', '2'])])).PARTITION.ADD).toEqual(['t(1)', 't(2)'])
  expect(await apply([found('a b', 'd', ['1', '2'])])).toEqual({ TABLE: nothing, PARTITION: nothing })
  expect(table().VersionId).toBe('0')
})

it('a table whose folders have got another level loses the partitions that no longer fit', async () => {
  await apply([found('a', 'd', ['1', '2'])])
  const changes = await apply([found('a', 'd e', ['1/x'])])
  expect(changes).toMatchObject({
    TABLE: { UPDATE: ['t'] },
    PARTITION: { ADD: ['t(1,x)'], DELETE: ['t(1)', 't(2)'] },
  })
  expect(partitions().map(({ Values }) => Values)).toEqual([['1', 'x']])
})

it('LOG leaves an existing table as it is, but adds partitions that fit it', async () => {
  await apply([found('a', 'd', ['1'])])
  await apply([found('a b', 'd', ['1', '2'])], { update: 'LOG' })
  expect(names(table().StorageDescriptor!.Columns)).toBe('a')
  expect(partitions()).toHaveLength(2)
  await apply([found('a b', 'other keys', ['1/2'])], { update: 'LOG', remove: 'LOG' })
  expect(partitions()).toHaveLength(2)
})

it('MergeNewColumns adds columns behind those that are there and drops none', async () => {
  await apply([found('a b')])
  await apply([found('c b')], { mergeNewColumns: true })
  expect(names(table().StorageDescriptor!.Columns)).toBe('a b c')
  await apply([found('c b')])
  expect(names(table().StorageDescriptor!.Columns)).toBe('c b')
})

it('InheritFromTable gives partitions the columns of their table', async () => {
  await apply([found('a b', 'd', ['1'])])
  expect(names(partitions()[0]!.StorageDescriptor!.Columns)).toBe('own')
  expect((await apply([found('a b', 'd', ['1'])], { inheritFromTable: true })).PARTITION.UPDATE).toEqual([
    't(1)',
  ])
  expect(names(partitions()[0]!.StorageDescriptor!.Columns)).toBe('a b')
})

it('more tables than the threshold fail the crawl, and none is made', async () => {
  const two = [found('a'), found('a', '', [], 's3://b/other/')]
  await expect(apply(two, { tableThreshold: 1 })).rejects.toThrow('greater than the table threshold value')
  expect(() => table()).toThrow('Entity Not Found')
})

it('a name that another location has gets its MD5, the same at each crawl', async () => {
  ask('CreateTable', {
    DatabaseName: 'lake',
    TableInput: { Name: 't', StorageDescriptor: { Location: 's3://mine/' } },
  })
  const { TABLE } = await apply([found('a')])
  expect(TABLE.ADD).toEqual([expect.stringMatching(/^t_[0-9a-f]{32}$/)])
  expect((await apply([found('a')])).TABLE).toEqual(nothing)
  expect(table().StorageDescriptor).toMatchObject({ Location: 's3://mine/' })
})

it.each([
  ['DEPRECATE_IN_DATABASE', ['t'], true],
  ['DELETE_FROM_DATABASE', ['t'], false],
  ['LOG', [], true],
] as const)('of tables that are gone, %s', async (remove, deleted, isThere) => {
  ask('CreateTable', {
    DatabaseName: 'lake',
    TableInput: { Name: 'mine', StorageDescriptor: { Location: 's3://b/m/' } },
  })
  await apply([found('a')])
  expect((await apply([], { remove })).TABLE.DELETE).toEqual(deleted)
  expect(table('mine')).toBeDefined()
  if (!isThere) return expect(() => table()).toThrow('Entity Not Found')
  expect('DEPRECATED_BY_CRAWLER' in table().Parameters!).toBe(remove === 'DEPRECATE_IN_DATABASE')
  expect((await apply([], { remove })).TABLE.DELETE).toEqual([])
  await apply([found('a')])
  expect(table().Parameters).not.toHaveProperty('DEPRECATED_BY_CRAWLER')
})

it('a crawl that is stopped writes no more', async () => {
  const controller = new AbortController()
  controller.abort()
  await expect(applyFindings(ask, [found('a')], policies, controller.signal)).rejects.toThrow()
  expect(() => table()).toThrow('Entity Not Found')
})

/** A CSV table whose SerDe a user has changed. */
async function withChosenSerde() {
  const csv = (columns: string, values: string[]): TableDefinition => {
    const { table: plain, partitions: parts } = found(columns, 'd', values)
    const serde = { SerdeInfo: { SerializationLibrary: 'lazy', Parameters: { 'field.delim': ',' } } }
    const Parameters = { ...own, classification: 'csv', delimiter: ',' }
    return {
      table: { ...plain, Parameters, StorageDescriptor: { ...plain.StorageDescriptor, ...serde } },
      partitions: parts.map((part) => ({
        ...part,
        Parameters,
        StorageDescriptor: { ...part.StorageDescriptor, ...serde },
      })),
    }
  }
  await apply([csv('a', ['1'])])
  const { DatabaseName: _, ...input } = table()
  const SerdeInfo = { SerializationLibrary: 'open', Parameters: { quoteChar: "'" } }
  const TableInput = { ...input, StorageDescriptor: { ...input.StorageDescriptor, SerdeInfo } }
  ask('UpdateTable', { DatabaseName: 'lake', TableInput })
  return csv
}
const libraries = () =>
  partitions().map(({ StorageDescriptor }) => StorageDescriptor!.SerdeInfo?.SerializationLibrary)

describe('a SerDe that somebody has chosen for a table', () => {
  it('stays with the policy LOG, and new partitions get it', async () => {
    const csv = await withChosenSerde()
    await apply([csv('a b', ['1', '2'])], { update: 'LOG' })
    expect(table().StorageDescriptor!.SerdeInfo!.SerializationLibrary).toBe('open')
    expect(libraries()).toEqual(['lazy', 'open'])
    expect(names(partitions()[1]!.StorageDescriptor!.Columns)).toBe('own')
  })

  it('goes to existing partitions too with LOG and InheritFromTable', async () => {
    const csv = await withChosenSerde()
    const { PARTITION } = await apply([csv('a b', ['1', '2'])], { update: 'LOG', inheritFromTable: true })
    expect(PARTITION).toMatchObject({ ADD: ['t(2)'], UPDATE: ['t(1)'] })
    expect(libraries()).toEqual(['open', 'open'])
    expect(partitions().map((part) => names(part.StorageDescriptor!.Columns))).toEqual(['a', 'a'])
  })

  it('stays with MergeNewColumns, which adds columns alone', async () => {
    const csv = await withChosenSerde()
    await apply([csv('a b', ['1'])], { mergeNewColumns: true })
    expect(table().StorageDescriptor).toMatchObject({
      SerdeInfo: { SerializationLibrary: 'open', Parameters: { quoteChar: "'" } },
      Columns: [{ Name: 'a' }, { Name: 'b' }],
    })
  })

  it('is not in a table that has become one of another format: MergeNewColumns deprecates it', async () => {
    const csv = await withChosenSerde()
    const json = csv('a', ['1'])
    const other = { ...json, table: { ...json.table, Parameters: { ...own, classification: 'json' } } }
    await apply([other], { mergeNewColumns: true })
    expect(table().Parameters).toMatchObject({
      classification: 'csv',
      DEPRECATED_BY_CRAWLER: expect.any(String),
    })
  })
})
