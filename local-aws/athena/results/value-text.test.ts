import { expect, test } from 'vitest'
import { parsePage, type TypeArgument, type TypeSignature } from '../engine/trino.ts'
import { columnInfo } from './column-info.ts'
import { javaDouble, toTextOf } from './value-text.ts'

const type = (rawType: string, ...args: (TypeSignature | number)[]): TypeSignature => ({
  rawType,
  arguments: args.map(
    (argument): TypeArgument =>
      typeof argument === 'number' ? { kind: 'LONG', value: argument } : { kind: 'TYPE', value: argument },
  ),
})

const row = (...fields: [string | undefined, TypeSignature][]): TypeSignature => ({
  rawType: 'row',
  arguments: fields.map(([name, typeSignature]) => ({
    kind: 'NAMED_TYPE',
    value: name === undefined ? { typeSignature } : { fieldName: { name }, typeSignature },
  })),
})

test.each([
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [1.5, '1.5'],
  [-2913.25, '-2913.25'],
  [0.001, '0.001'],
  [0.0009999, '9.999E-4'],
  [9999999, '9999999.0'],
  [10000000, '1.0E7'],
  [12345678.9, '1.23456789E7'],
  [1e20, '1.0E20'],
  [1.7976931348623157e308, '1.7976931348623157E308'],
  [5e-324, '5.0E-324'],
])('the double %s is written as Java writes it: %s', (value, text) => {
  expect(javaDouble(value)).toBe(text)
})

test('integers beyond 2^53 keep every digit, wherever they stand', () => {
  const page = parsePage(
    '{"data":[[9223372036854775807,-9007199254740993,[9007199254740993],"9007199254740993",0.12345678901234568,1]]}',
  )
  expect(page.data).toEqual([
    [
      '9223372036854775807',
      '-9007199254740993',
      ['9007199254740993'],
      '9007199254740993',
      0.12345678901234568,
      1,
    ],
  ])
})

test('timestamps have three digits, whatever their precision is, and keep their zone', () => {
  const text = toTextOf(type('timestamp', 6))
  expect(text('2020-01-01 00:00:00')).toBe('2020-01-01 00:00:00.000')
  expect(text('2020-01-01 00:00:00.123456')).toBe('2020-01-01 00:00:00.123')
  expect(toTextOf(type('timestamp with time zone', 0))('2020-01-01 00:00:00 UTC')).toBe(
    '2020-01-01 00:00:00.000 UTC',
  )
})

test('a time has at most three digits of its fraction, and none where it has no fraction', () => {
  expect(toTextOf(type('time', 0))('13:24:11')).toBe('13:24:11')
  expect(toTextOf(type('time', 3))('13:24:11.500')).toBe('13:24:11.500')
  expect(toTextOf(type('time', 6))('13:24:11.123456')).toBe('13:24:11.123')
  expect(toTextOf(type('time with time zone', 6))('13:24:11.123456-00:30')).toBe('13:24:11.123-00:30')
})

test('binary, arrays, maps and rows have their own forms, nested ones too', () => {
  expect(toTextOf(type('varbinary'))('AQL/')).toBe('01 02 ff')
  expect(toTextOf(type('varbinary'))('')).toBe('')
  expect(toTextOf(type('array', type('double')))([1, null, 2.5])).toBe('[1.0, null, 2.5]')
  expect(toTextOf(type('map', type('varchar'), type('integer')))({ k: 1, l: null })).toBe('{k=1, l=null}')
  const byRow = type('map', row(['id', type('bigint')], [undefined, type('varchar')]), type('double'))
  expect(toTextOf(byRow)({ '[1, x]': 2 })).toBe('{{id=1, field1=x}=2.0}')
  expect(toTextOf(type('map', type('array', type('bigint')), type('double')))({ '[1, 2]': 3 })).toBe(
    '{[1, 2]=3.0}',
  )
  const nested = row(['id', type('bigint')], [undefined, type('array', type('varchar'))])
  expect(toTextOf(nested)([1, ['x', 'y']])).toBe('{id=1, field1=[x, y]}')
})

test('NaN, infinities, booleans, dates and decimals stay as the engine has them', () => {
  expect(toTextOf(type('double'))('Infinity')).toBe('Infinity')
  expect(toTextOf(type('boolean'))(true)).toBe('true')
  expect(toTextOf(type('decimal', 10, 2))('1.50')).toBe('1.50')
})

test.each([
  [type('varchar', 2147483647), 'varchar', 2147483647, 0, true],
  [type('varchar', 3), 'varchar', 3, 0, true],
  [type('char', 5), 'char', 5, 0, true],
  [type('integer'), 'integer', 10, 0, false],
  [type('bigint'), 'bigint', 19, 0, false],
  [type('real'), 'float', 17, 0, false],
  [type('double'), 'double', 17, 0, false],
  [type('decimal', 12, 4), 'decimal', 12, 4, false],
  [type('boolean'), 'boolean', 0, 0, false],
  [type('date'), 'date', 0, 0, false],
  [type('timestamp', 3), 'timestamp', 3, 0, false],
  [type('varbinary'), 'varbinary', 1073741824, 0, false],
  [type('array', type('integer')), 'array', 0, 0, false],
])('%j is described as Athena does', (signature, Type, Precision, Scale, CaseSensitive) => {
  expect(columnInfo({ name: 'c', type: '', typeSignature: signature })).toMatchObject({
    CatalogName: 'hive',
    Name: 'c',
    Label: 'c',
    Nullable: 'UNKNOWN',
    Type,
    Precision,
    Scale,
    CaseSensitive,
  })
})
