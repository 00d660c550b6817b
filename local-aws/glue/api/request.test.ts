import { describe, expect, it } from 'vitest'
import { checkedRequest } from './request.ts'

const input = (more: object) => ({ DatabaseName: 'd', TableInput: { Name: 't', ...more } })

describe('a request is refused in the words of AWS', () => {
  it.each([
    [
      'GetDatabase',
      { Name: '' },
      "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    ['GetDatabase', { Name: 'x'.repeat(256) }, 'Member must have length less than or equal to 255'],
    ['GetDatabase', { Name: 'a\nb' }, 'Member must satisfy regular expression pattern: [\\u0020-\\uD7FF'],
    [
      'GetTables',
      { DatabaseName: 'd', MaxResults: 0 },
      "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'CreateTable',
      input({ StorageDescriptor: { Columns: [{ Name: 'a' }, { Type: 'int' }] } }),
      "Value null at 'tableInput.storageDescriptor.columns.2.member.name' failed to satisfy constraint: Member must not be null",
    ],
    [
      'CreateTable',
      input({ StorageDescriptor: { SortColumns: [{ Column: 'a', SortOrder: 7 }] } }),
      "Value '7' at 'tableInput.storageDescriptor.sortColumns.1.member.sortOrder' failed to satisfy constraint: Member must have value less than or equal to 1",
    ],
    [
      'GetColumnStatisticsForTable',
      { DatabaseName: 'd', TableName: 't', ColumnNames: ['', 'b'] },
      "Value '[, b]' at 'columnNames' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1",
    ],
    [
      'CreateCrawler',
      { Name: 'c', Role: 'r', Targets: {}, SchemaChangePolicy: { UpdateBehavior: 'SOME' } },
      "Value 'SOME' at 'schemaChangePolicy.updateBehavior' failed to satisfy constraint: Member must satisfy enum value set: [LOG, UPDATE_IN_DATABASE]",
    ],
    [
      'BatchDeletePartition',
      { DatabaseName: 'd', TableName: 't', PartitionsToDelete: Array(26).fill({ Values: ['a'] }) },
      "Value '[26 elements]' at 'partitionsToDelete'",
    ],
    [
      'TagResource',
      { ResourceArn: 'arn:aws:glue:us-east-1:0:x', TagsToAdd: { ['k'.repeat(129)]: 'v' } },
      "at 'tagsToAdd' failed to satisfy constraint: Member must satisfy constraint: [",
    ],
  ])('%s %j', (operation, request, message) => {
    expect(() => checkedRequest(operation, request)).toThrow(message)
  })

  it.each([
    ['CreateTable', input({ Parameters: { a: 1 } }), 'NUMBER_VALUE can not be converted to a String'],
    ['CreateTable', input({ PartitionKeys: {} }), 'START_OBJECT can not be converted to a List'],
    ['GetTables', { DatabaseName: 'd', MaxResults: 1.5 }, 'MaxResults can not be converted to an Integer'],
    ['GetTables', [], 'START_ARRAY can not be converted to a Structure'],
  ])('%s %j has the wrong type', (operation, request, message) => {
    expect(() => checkedRequest(operation, request)).toThrow(message)
  })

  it('counts every mistake', () => {
    expect(() => checkedRequest('CreatePartition', {})).toThrow(/^3 validation errors detected: /)
  })
})

it('drops null, keeps members that no shape has, and takes names of any script', () => {
  const request = { Name: 'データ😀', CatalogId: null, Later: { a: 1 } }
  expect(checkedRequest('GetDatabase', request)).toEqual({ Name: 'データ😀', Later: { a: 1 } })
  expect(
    checkedRequest('GetDatabase', JSON.parse('{"Name":"a","__proto__":1,"constructor":{}}')),
  ).toMatchObject({ Name: 'a' })
})

it.each(['NaN', 'Infinity'])('takes %s for a double, as the JSON protocol writes it', (AverageLength) => {
  const of = (statistics: object) => ({
    DatabaseName: 'd',
    TableName: 't',
    ColumnStatisticsList: [
      {
        ColumnName: 'c',
        ColumnType: 'string',
        AnalyzedTime: 1,
        StatisticsData: { Type: 'STRING', StringColumnStatisticsData: statistics },
      },
    ],
  })
  const known = { MaximumLength: 0, AverageLength, NumberOfNulls: 0, NumberOfDistinctValues: 0 }
  const request = of(known)
  expect(checkedRequest('UpdateColumnStatisticsForTable', request)).toEqual(request)
  const wrong = of({ ...known, AverageLength: '1' })
  expect(() => checkedRequest('UpdateColumnStatisticsForTable', wrong)).toThrow('STRING_VALUE')
})
