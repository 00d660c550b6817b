import { describe, expect, it } from 'vitest'
import { partitionFilter } from './expression.ts'
import { keyRange, partitionKey } from './partition-key.ts'

const keys = [
  { Name: 'dt', Type: 'string' },
  { Name: 'year', Type: 'int' },
  { Name: 'price', Type: 'decimal(10,2)' },
  { Name: 'day', Type: 'date' },
]
const row = ['2026-01-02', '2026', '10.50', '2026-01-02']
const nobody = '__HIVE_DEFAULT_PARTITION__'

describe('a partition expression', () => {
  it.each([
    ["dt = '2026-01-02'", true],
    ["DT='2026-01-02'", true],
    ['`dt` = \'2026-01-02\' and "year" = 2026', true],
    ["dt <> '2026-01-02'", false],
    ["dt != 'x'", true],
    ["dt > '2026-01-01' AND dt < '2026-01-03'", true],
    ["dt >= '2026-01-03'", false],
    ['year = 2026', true],
    ["year = '2026'", true],
    ['year > 999', true],
    ['year = 02026', true],
    ['2025 < year', true],
    ['year > -1', true],
    ['-1 > year', false],
    ['2027 <= year', false],
    ['price = 10.5', true],
    ['price > 9.99', true],
    ['price < 1.05e1', false],
    ["day = date '2026-01-02'", true],
    ["day BETWEEN '2026-01-01' AND '2026-01-31' AND year = 2026", true],
    ["day NOT BETWEEN '2026-01-01' AND '2026-01-31'", false],
    ["dt IN ('a', '2026-01-02')", true],
    ["(dt in ('a'))", false],
    ["dt NOT IN ('a', 'b')", true],
    ["dt LIKE '2026-01-%'", true],
    ["dt LIKE '2026_01_02'", true],
    ["dt LIKE '2026.01.02'", false],
    ["dt NOT LIKE '%02'", false],
    ['dt IS NULL', false],
    ['dt IS NOT NULL', true],
    ["NOT dt = 'x'", true],
    ["NOT (dt = 'x' OR year = 2026)", false],
    ["dt = 'x' OR year = 2026 AND price = 10.5", true],
    ["(dt = 'x' OR year = 2026) AND price = 1", false],
    ["dt = 'it''s'", false],
  ])('%s is %s', (expression, expected) => {
    expect(partitionFilter(expression, keys).matches(row)).toBe(expected)
  })

  it.each([
    ['dt IS NULL', true],
    ["dt = 'x'", false],
    ["NOT dt = 'x'", false],
    ["dt <> 'x'", false],
    [`dt = '${nobody}'`, true],
    [`dt <> '${nobody}'`, false],
    ["dt IS NULL OR dt = 'x'", true],
    ['year > 1', false],
    [`year = '${nobody}'`, true],
  ])('of the partition of NULLs, %s is %s', (expression, expected) => {
    expect(partitionFilter(expression, keys).matches([nobody, nobody, '1', 'x'])).toBe(expected)
  })

  it.each([
    ["nosuch = 'x'", 'Invalid partition expression!'],
    ['dt = ', "Unsupported expression 'dt = '"],
    ['dt', "Unsupported expression 'dt'"],
    ["dt = 'x", "Unsupported expression 'dt = 'x'"],
    ['year > - 1', "Unsupported expression 'year > - 1'"],
    ['year > 1-1', "Unsupported expression 'year > 1-1'"],
    ['1année = 1', "Unsupported expression '1année = 1'"],
    ["dt = 'x' year", "Unsupported expression 'dt = 'x' year'"],
    ["year = 'abc'", "Unsupported expression 'year = 'abc''"],
    ["(dt = 'x'", "Unsupported expression '(dt = 'x''"],
    ['dt IN ()', "Unsupported expression 'dt IN ()'"],
    ["lower(dt) = 'x'", 'Invalid partition expression!'],
  ])('%s is refused', (expression, message) => {
    expect(() => partitionFilter(expression, keys)).toThrow(message)
  })
})

describe('the range that is scanned', () => {
  const values = [
    ['2026-01-01', '1'],
    ['2026-01-02', '1'],
    ['2026-01-02 x', '2'],
    ['2026-01-02"', '2'],
    ['2026-01-03', '3'],
    ['\\', '1'],
    ['Ä', '1'],
  ]
  it.each([
    ["dt = '2026-01-02'"],
    ["dt >= '2026-01-02'"],
    ["dt > '2026-01-02' AND year = 2"],
    ["dt IN ('2026-01-01', '2026-01-03')"],
    ["dt = '2026-01-01' OR year = 3"],
    ["NOT dt = '2026-01-01'"],
    ["dt >= '\\'"],
    ["dt = '\\'"],
  ])('of %s leaves no match out', (expression) => {
    const filter = partitionFilter(expression, keys.slice(0, 2))
    const { low, high } = keyRange(filter.firstKey)
    const inRange = values.filter((each) => partitionKey(each) >= low && partitionKey(each) < high)
    expect(inRange.filter(filter.matches)).toEqual(values.filter(filter.matches))
  })

  it('is one folder wide for an equality', () => {
    const { low, high } = keyRange(partitionFilter("dt = '2026-01-02'", keys).firstKey)
    expect(values.filter((each) => partitionKey(each) >= low && partitionKey(each) < high)).toEqual([
      ['2026-01-02', '1'],
    ])
  })
})
