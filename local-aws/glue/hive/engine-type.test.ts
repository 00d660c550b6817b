import { expect, test } from 'vitest'
import { hiveName } from './engine-type.ts'

test.each([
  ['varchar', 'string'],
  ['varchar(10)', 'varchar(10)'],
  ['decimal(10, 2)', 'decimal(10,2)'],
  ['timestamp(6)', 'timestamp'],
  ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
  ['array(integer)', 'array<int>'],
  ['map(varchar, array(real))', 'map<string,array<float>>'],
  [
    'row("a" integer, "b c" varchar(2), "d,e" row("f" decimal(5, 1)))',
    'struct<a:int,b c:varchar(2),d,e:struct<f:decimal(5,1)>>',
  ],
  ['row(a bigint, b row(c varbinary))', 'struct<a:bigint,b:struct<c:binary>>'],
  ['row(bigint, decimal(3,1))', 'struct<field0:bigint,field1:decimal(3,1)>'],
  ['row("a""b" timestamp(3))', 'struct<a"b:timestamp>'],
  ['interval day to second', 'interval day to second'],
])('the type %s of the engine is %s in the catalog', (engine, hive) => {
  expect(hiveName(engine)).toBe(hive)
})
