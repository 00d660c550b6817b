import { expect, test } from 'vitest'
import { mayBeHiveType } from './type-parts.ts'

test.each([
  'int',
  'STRING',
  'decimal',
  'decimal(10,2)',
  'varchar(5)',
  'timestamp with local time zone',
  'array<map<string,struct<a:int,b c:char(2)>>>',
  'struct<a:void,b:array<double>>',
  'uniontype<int,string>',
])('%s may be a type of Hive', (type) => {
  expect(mayBeHiveType(type)).toBe(true)
})

test.each(['wat', 'long', 'integer', 'text', 'array<long>', 'struct<a:int,b:map<string,json>>', 'array<int'])(
  '%s is no type of Hive',
  (type) => {
    expect(mayBeHiveType(type)).toBe(false)
  },
)
