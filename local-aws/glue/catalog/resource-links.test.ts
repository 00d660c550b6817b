import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Database, Table } from '../api/shapes.ts'
import { Catalog } from '../operations.ts'

let dataDir: string
let catalog: Catalog
const ask = <T = Record<string, unknown>>(name: string, request: object) => catalog.answer(name, request) as T
const table = (DatabaseName: string, Name: string) =>
  ask<{ Table: Table }>('GetTable', { DatabaseName, Name }).Table
const database = (Name: string) => ask<{ Database: Database }>('GetDatabase', { Name }).Database
const names = (DatabaseName: string) =>
  ask<{ TableList: Table[] }>('GetTables', { DatabaseName }).TableList.map(({ Name }) => Name)
const TargetTable = { CatalogId: '000000000000', DatabaseName: 'lake', Name: 'ticks' }
const StorageDescriptor = { Columns: [{ Name: 'price', Type: 'double' }], Location: 's3://b/ticks/' }
const PartitionKeys = [{ Name: 'dt', Type: 'string' }]

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'catalog-'))
  catalog = new Catalog({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint: '' })
  ask('CreateDatabase', { DatabaseInput: { Name: 'lake', Description: 'd', LocationUri: 's3://b/' } })
  ask('CreateTable', {
    DatabaseName: 'lake',
    TableInput: { Name: 'ticks', TableType: 'EXTERNAL_TABLE', StorageDescriptor, PartitionKeys },
  })
  const TargetDatabase = { CatalogId: '000000000000', DatabaseName: 'Lake' }
  ask('CreateDatabase', { DatabaseInput: { Name: 'shared', TargetDatabase } })
  ask('CreateDatabase', { DatabaseInput: { Name: 'own' } })
  ask('CreateTable', { DatabaseName: 'own', TableInput: { Name: 'ticks', TargetTable } })
})
afterEach(() => {
  catalog.close()
  rmSync(dataDir, { recursive: true })
})

it('a link to a database has the properties of its target, and its tables', () => {
  expect(database('shared')).toMatchObject({
    Name: 'shared',
    Description: 'd',
    LocationUri: 's3://b/',
    TargetDatabase: { DatabaseName: 'Lake' },
  })
  expect(names('shared')).toEqual(['ticks'])
  expect(table('SHARED', 'Ticks')).toMatchObject({ DatabaseName: 'lake', StorageDescriptor, PartitionKeys })
  ask('CreateTable', { DatabaseName: 'shared', TableInput: { Name: 'made', StorageDescriptor } })
  expect(names('lake')).toEqual(['made', 'ticks'])
  ask('DeleteTable', { DatabaseName: 'shared', Name: 'made' })
  expect(names('lake')).toEqual(['ticks'])
})

it('a link to a table has the properties of its target under its own name', () => {
  const link = { Name: 'ticks', DatabaseName: 'own', TargetTable, PartitionKeys, TableType: 'EXTERNAL_TABLE' }
  expect(table('own', 'ticks')).toMatchObject({ ...link, StorageDescriptor })
  expect(ask('GetTables', { DatabaseName: 'own' })).toMatchObject({ TableList: [link] })
  expect(table('lake', 'ticks').TargetTable).toBeUndefined()
})

it.each(['shared', 'own'])(
  'partitions and statistics of %s.ticks are those of its target',
  (DatabaseName) => {
    const of = { DatabaseName, TableName: 'ticks' }
    ask('CreatePartition', { ...of, PartitionInput: { Values: ['2026-01-01'], StorageDescriptor } })
    expect(ask('GetPartitions', { DatabaseName: 'lake', TableName: 'ticks' })).toMatchObject({
      Partitions: [{ Values: ['2026-01-01'] }],
    })
    expect(ask('GetPartition', { ...of, PartitionValues: ['2026-01-01'] })).toBeDefined()
    const FunctionInput = { FunctionName: 'f', ClassName: 'c' }
    ask('CreateUserDefinedFunction', { DatabaseName: 'shared', FunctionInput })
    expect(ask('GetUserDefinedFunction', { DatabaseName: 'lake', FunctionName: 'f' })).toBeDefined()
  },
)

it.each(['shared', 'own'])(
  'an update of %s.ticks is one of its target, which becomes no link',
  (DatabaseName) => {
    const { VersionId, ...read } = table(DatabaseName, 'ticks')
    ask('UpdateTable', { DatabaseName, VersionId, TableInput: { ...read, Description: 'new' } })
    const { TargetTable: link, ...target } = table('lake', 'ticks')
    expect(target).toMatchObject({ Name: 'ticks', Description: 'new', VersionId: '1', StorageDescriptor })
    expect(link).toBeUndefined()
    expect(table('own', 'ticks')).toMatchObject({ Description: 'new', TargetTable })
  },
)

it('an update of a link to a database is one of its target, which becomes no link', () => {
  ask('UpdateDatabase', { Name: 'shared', DatabaseInput: { ...database('shared'), Description: 'new' } })
  expect(database('lake')).toMatchObject({ Name: 'lake', Description: 'new' })
  expect(database('lake').TargetDatabase).toBeUndefined()
  expect(database('shared')).toMatchObject({ Description: 'new', TargetDatabase: { DatabaseName: 'Lake' } })
})

it('a link goes without its target, and is left alone by it', () => {
  ask('DeleteTable', { DatabaseName: 'own', Name: 'ticks' })
  expect(names('lake')).toEqual(['ticks'])
  ask('CreateTable', { DatabaseName: 'own', TableInput: { Name: 'ticks', TargetTable } })
  ask('DeleteDatabase', { Name: 'lake' })
  expect(table('own', 'ticks')).toMatchObject({ Name: 'ticks', TargetTable })
  expect(table('own', 'ticks').StorageDescriptor).toBeUndefined()
  expect(database('shared').Description).toBeUndefined()
  expect(() => names('shared')).toThrow('Database Lake not found.')
  expect(() => ask('GetPartitions', { DatabaseName: 'own', TableName: 'ticks' })).toThrow('lake not found')
  ask('DeleteDatabase', { Name: 'shared' })
})

it('a link to a table cannot be made behind a link to a database', () => {
  const TableInput = { Name: 'l', TargetTable }
  expect(() => ask('CreateTable', { DatabaseName: 'shared', TableInput })).toThrow('resource link')
})

it('a link to a link leads nowhere', () => {
  const TargetTable = { DatabaseName: 'own', Name: 'ticks' }
  ask('CreateTable', { DatabaseName: 'own', TableInput: { Name: 'twice', TargetTable } })
  expect(table('own', 'twice').StorageDescriptor).toBeUndefined()
  const of = { DatabaseName: 'own', TableName: 'twice' }
  expect(() => ask('GetPartitions', of)).toThrow('Table ticks not found.')
  const TableInput = { Name: 'twice', StorageDescriptor }
  expect(() => ask('UpdateTable', { DatabaseName: 'own', TableInput })).toThrow('Table ticks not found.')
})
