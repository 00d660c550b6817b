import { describe, expect, it } from 'vitest'
import { exclusionTest, isHidden } from './exclusions.ts'
import { parseIncludePath } from './include-path.ts'
import { hiveKey, tableName, tableNameFor } from './naming.ts'

describe('a table name', () => {
  it.each([
    ['', 'ticks', 'ticks'],
    ['Raw-', 'Stock Ticks', 'raw_stock_ticks'],
    ['', 'data.v2', 'data_v2'],
    ['', 'Ünicode', '_nicode'],
    ['p_', 'a'.repeat(200), `p_${'a'.repeat(126)}`],
  ])('of prefix %j and folder %j is %s', (prefix, folder, expected) => {
    expect(tableName(prefix, folder)).toBe(expected)
  })

  it('that another location has gets the MD5 of its own', () => {
    expect(tableNameFor('ticks', 's3://b/x/')).toMatch(/^ticks_[0-9a-f]{32}$/)
    expect(tableNameFor('t'.repeat(128), 's3://b/x/')).toHaveLength(128)
  })
})

it.each([
  ['dt=2026-01-01', 'dt'],
  ['Year=1', 'year'],
  ['=x', undefined],
  ['2026', undefined],
])('the key of folder %s is %s', (folder, key) => {
  expect(hiveKey(folder)).toBe(key)
})

it.each([
  ['s3://b', { bucket: 'b', prefix: '', name: 'b' }],
  ['s3://b/', { bucket: 'b', prefix: '', name: 'b' }],
  ['s3://b/x/y', { bucket: 'b', prefix: 'x/y/', name: 'y' }],
  ['s3://b/x/y/', { bucket: 'b', prefix: 'x/y/', name: 'y' }],
])('the include path %s', (path, include) => {
  expect(parseIncludePath(path)).toEqual(include)
})

describe('an exclusion', () => {
  it.each([
    ['*.csv', 'a.csv', true],
    ['*.csv', 'x/a.csv', false],
    ['**.csv', 'x/y/a.csv', true],
    ['x/**', 'x/y/a.csv', true],
    ['x/', 'x/y/a.csv', true],
    ['x/*', 'x/y/a.csv', false],
    ['*/*/a.csv', 'x/y/a.csv', true],
    ['a?.csv', 'ab.csv', true],
    ['a?.csv', 'a/.csv', false],
    ['{a,b}.csv', 'b.csv', true],
    ['{a,b}.csv', 'c.csv', false],
    ['[a-c].csv', 'b.csv', true],
    ['[!a-c].csv', 'b.csv', false],
    ['[!a-c].csv', 'z.csv', true],
    ['a\\*.csv', 'a*.csv', true],
    ['a\\*.csv', 'ab.csv', false],
    ['a.csv', 'axcsv', false],
  ])('%s on %s: %s', (pattern, key, excluded) => {
    expect(exclusionTest([pattern])(key)).toBe(excluded)
  })
})

it.each([
  ['_SUCCESS', true],
  ['_temporary/a.parquet', true],
  ['dt=1/.a.crc', true],
  ['dt=1/a_b.parquet', false],
])('%s is hidden: %s', (key, hidden) => {
  expect(isHidden(key)).toBe(hidden)
})
