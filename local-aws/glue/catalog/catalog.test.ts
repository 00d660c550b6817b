import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Catalog } from '../operations.ts'

let dataDir: string
let catalog: Catalog
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'catalog-'))
  catalog = new Catalog({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint: '' })
})
afterEach(() => {
  catalog.close()
  rmSync(dataDir, { recursive: true })
})
const ask = <T = Record<string, unknown>>(name: string, request: object = {}) =>
  catalog.answer(name, request) as T
const arn = (resource: string) => `arn:aws:glue:us-east-1:000000000000:${resource}`
const table = (Name: string, more: object = {}) =>
  ask('CreateTable', { DatabaseName: 'lake', TableInput: { Name, ...more } })
const keys = {
  PartitionKeys: [
    { Name: 'dt', Type: 'string' },
    { Name: 'hour', Type: 'int' },
  ],
}
const ofTable = { DatabaseName: 'lake', TableName: 't' }

beforeEach(() => void ask('CreateDatabase', { DatabaseInput: { Name: 'lake' }, Tags: { team: 'a' } }))

it('answers the parameters of a table in the order of a Java HashMap, as Glue does', () => {
  const Parameters = {
    classification: 'parquet',
    compressionType: 'none',
    typeOfData: 'file',
    'projection.enabled': 'false',
  }
  table('t', { Parameters })
  const { Table } = ask<{ Table: { Parameters: object } }>('GetTable', { DatabaseName: 'lake', Name: 't' })
  const inOrder = ['compressionType', 'classification', 'projection.enabled', 'typeOfData']
  expect(Object.keys(Table.Parameters)).toEqual(inOrder)
})

it('lists of databases and tables only what was asked for, and none of other accounts', () => {
  ask('CreateDatabase', { DatabaseInput: { Name: 'other', Description: 'd' } })
  expect(ask('GetDatabases', { AttributesToGet: ['NAME'] }).DatabaseList).toContainEqual({ Name: 'other' })
  expect(() => ask('GetDatabases', { AttributesToGet: ['TARGET_DATABASE'] })).toThrow('must include NAME')
  table('t')
  const inLake = { DatabaseName: 'lake' }
  expect(ask('GetTables', { ...inLake, AttributesToGet: ['NAME'] })).toEqual({ TableList: [{ Name: 't' }] })
  for (const AttributesToGet of [[], ['TABLE_TYPE']]) {
    expect(() => ask('GetTables', { ...inLake, AttributesToGet })).toThrow('must include NAME')
  }
  expect(ask('GetDatabases', { ResourceShareType: 'FOREIGN' })).toEqual({ DatabaseList: [] })
  expect(ask('SearchTables', { ResourceShareType: 'FOREIGN' })).toEqual({ TableList: [] })
})

describe('tags', () => {
  it('belong to their resource, and are gone with it', () => {
    const ResourceArn = arn('database/lake')
    ask('TagResource', { ResourceArn, TagsToAdd: { team: 'b', cost: '1' } })
    ask('UntagResource', { ResourceArn, TagsToRemove: ['cost'] })
    expect(ask('GetTags', { ResourceArn })).toEqual({ Tags: { team: 'b' } })
    ask('DeleteDatabase', { Name: 'lake' })
    expect(() => ask('GetTags', { ResourceArn })).toThrow('Entity not found')
    ask('CreateDatabase', { DatabaseInput: { Name: 'lake' } })
    expect(ask('GetTags', { ResourceArn })).toEqual({ Tags: {} })
  })

  it('of tables go with their database', () => {
    table('t')
    ask('TagResource', { ResourceArn: arn('table/lake/t'), TagsToAdd: { a: 'b' } })
    ask('DeleteDatabase', { Name: 'lake' })
    ask('CreateDatabase', { DatabaseInput: { Name: 'lake' } })
    table('t')
    expect(ask('GetTags', { ResourceArn: arn('table/lake/t') })).toEqual({ Tags: {} })
  })

  it.each(['database/none', 'crawler/none', 'table/lake', 'job/x'])('of %s are refused', (resource) => {
    expect(() => ask('TagResource', { ResourceArn: arn(resource), TagsToAdd: { a: 'b' } })).toThrow()
  })
})

it('versions of a table come page by page, newest first, and each can be asked for', () => {
  table('t', { Description: '0' })
  for (const Description of ['1', '2', '3']) {
    ask('UpdateTable', { DatabaseName: 'lake', TableInput: { Name: 't', Description } })
  }
  const seen: string[] = []
  let NextToken: string | undefined
  do {
    const page = ask<{
      TableVersions: { VersionId: string; Table: { Description: string } }[]
      NextToken?: string
    }>('GetTableVersions', { ...ofTable, MaxResults: 2, ...(NextToken ? { NextToken } : {}) })
    expect(page.TableVersions.length).toBeLessThanOrEqual(2)
    seen.push(...page.TableVersions.map(({ VersionId, Table }) => `${VersionId}:${Table.Description}`))
    NextToken = page.NextToken
  } while (NextToken)
  expect(seen).toEqual(['3:3', '2:2', '1:1', '0:0'])
  expect(ask('GetTableVersion', { ...ofTable, VersionId: '1' })).toMatchObject({
    TableVersion: { Table: { Description: '1' } },
  })
  expect(() => ask('GetTableVersion', { ...ofTable, VersionId: '9' })).toThrow('Table version 9 not found.')
})

it('SearchTables finds by parts of properties, by text, and in the order asked for', () => {
  table('customer-link', { Description: 'who buys', Parameters: { classification: 'csv' } })
  table('linkage', { Parameters: { classification: 'json' } })
  table('xx-link-yy', {
    StorageDescriptor: { Columns: [{ Name: 'buyer' }] },
    Parameters: { classification: 'csv' },
  })
  type Page = { TableList: { Name: string }[]; NextToken?: string }
  // A page may end early on a busy machine, but a sorted page is always full.
  const names = (request: {
    SortCriteria?: object
    NextToken?: string
    [member: string]: unknown
  }): string[] => {
    const { TableList, NextToken } = ask<Page>('SearchTables', request)
    const rest = NextToken && !request.SortCriteria ? names({ ...request, NextToken }) : []
    return [...TableList.map(({ Name }) => Name), ...rest]
  }
  expect(names({ Filters: [{ Key: 'Name', Value: 'link' }] })).toEqual(['customer-link', 'xx-link-yy'])
  expect(
    names({
      Filters: [
        { Key: 'classification', Value: 'csv' },
        { Key: 'DatabaseName', Value: 'lake' },
      ],
    }),
  ).toHaveLength(2)
  expect(names({ SearchText: 'buy' })).toEqual(['customer-link', 'xx-link-yy'])
  expect(names({ SearchText: '"buyer"' })).toEqual(['xx-link-yy'])
  expect(names({ SearchText: 'Link buyer' })).toEqual(['xx-link-yy'])
  expect(() => names({ SortCriteria: [{ FieldName: 'nope', Sort: 'ASC' }] })).toThrow(
    'no table has the field nope',
  )
  expect(names({ SortCriteria: [{ FieldName: 'Name', Sort: 'DESC' }], MaxResults: 2 })).toEqual([
    'xx-link-yy',
    'linkage',
  ])
  expect(
    names({ Filters: [{ Key: 'UpdateTime', Value: '2000-01-01T00:00:00Z', Comparator: 'LESS_THAN' }] }),
  ).toEqual([])
})

it('statistics of one type with the data of another are an error of their column', () => {
  table('t', keys)
  const of = (Type: string) => ({
    ...{ ColumnName: 'v', ColumnType: 'bigint', AnalyzedTime: 0 },
    StatisticsData: { Type, LongColumnStatisticsData: { NumberOfNulls: 0, NumberOfDistinctValues: 1 } },
  })
  const update = (Type: string) =>
    ask('UpdateColumnStatisticsForTable', { ...ofTable, ColumnStatisticsList: [of(Type)] })
  expect(update('LONG')).toEqual({ Errors: [] })
  expect(update('STRING')).toMatchObject({
    Errors: [{ ColumnStatistics: of('STRING'), Error: { ErrorCode: 'InvalidInputException' } }],
  })
})

it('partition indexes are of keys that the table has, three at most', () => {
  table('t', keys)
  const add = (IndexName: string, Keys: string[]) =>
    ask('CreatePartitionIndex', { ...ofTable, PartitionIndex: { IndexName, Keys } })
  add('a', ['dt'])
  add('b', ['dt', 'HOUR'])
  expect(() => add('a', ['hour'])).toThrow('already exists')
  expect(() => add('c', ['minute'])).toThrow('minute is not a partition key')
  add('c', ['hour'])
  expect(() => add('d', ['hour'])).toThrow('at most 3')
  expect(ask('GetPartitionIndexes', ofTable)).toMatchObject({
    PartitionIndexDescriptorList: [
      { IndexName: 'a', Keys: [{ Name: 'dt', Type: 'string' }], IndexStatus: 'ACTIVE' },
      { IndexName: 'b' },
      { IndexName: 'c' },
    ],
  })
  ask('DeletePartitionIndex', { ...ofTable, IndexName: 'b' })
  expect(() => ask('DeletePartitionIndex', { ...ofTable, IndexName: 'b' })).toThrow('not found')
})

it('a table whose index is refused is not created', () => {
  const PartitionIndexes = [{ IndexName: 'a', Keys: ['none'] }]
  expect(() =>
    ask('CreateTable', { DatabaseName: 'lake', TableInput: { Name: 't', ...keys }, PartitionIndexes }),
  ).toThrow()
  expect(() => ask('GetTable', { DatabaseName: 'lake', Name: 't' })).toThrow('Entity Not Found')
})

it('a resource policy is stored with its hash, which conditions are checked against', () => {
  const PolicyInJson = '{"Version":"2012-10-17","Statement":[]}'
  const { PolicyHash } = ask('PutResourcePolicy', { PolicyInJson }) as { PolicyHash: string }
  expect(() => ask('PutResourcePolicy', { PolicyInJson, PolicyExistsCondition: 'NOT_EXIST' })).toThrow(
    'exists already',
  )
  expect(() => ask('DeleteResourcePolicy', { PolicyHashCondition: 'other' })).toThrow('does not match')
  ask('DeleteResourcePolicy', { PolicyHashCondition: PolicyHash })
  expect(() => ask('GetResourcePolicy')).toThrow('Policy not found')
})

it('a catalog that is no account has no databases', () => {
  ask('CreateCatalog', { Name: 'other', CatalogInput: {} })
  expect(ask('GetCatalogs', { IncludeRoot: true })).toMatchObject({
    CatalogList: [{ Name: '000000000000' }, { Name: 'other', CatalogId: '000000000000:other' }],
  })
  expect(() => ask('GetDatabases', { CatalogId: 'other' })).toThrow('Catalog other not found.')
  expect(ask('GetDatabase', { CatalogId: '123456789012', Name: 'lake' })).toMatchObject({
    Database: { Name: 'lake' },
  })
})

it('functions go with their database', () => {
  const FunctionInput = { FunctionName: 'F', ClassName: 'c' }
  ask('CreateUserDefinedFunction', { DatabaseName: 'lake', FunctionInput })
  expect(() => ask('CreateUserDefinedFunction', { DatabaseName: 'lake', FunctionInput })).toThrow(
    'already exists',
  )
  expect(ask('GetUserDefinedFunctions', { Pattern: 'f*' })).toMatchObject({
    UserDefinedFunctions: [{ FunctionName: 'f', DatabaseName: 'lake' }],
  })
  ask('DeleteDatabase', { Name: 'lake' })
  expect(ask('GetUserDefinedFunctions', { Pattern: '*' })).toEqual({ UserDefinedFunctions: [] })
})
