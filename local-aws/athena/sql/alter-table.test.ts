import { expect, test } from 'vitest'
import { hiveStatement } from './hive-ddl.ts'
import { statementOf } from './statement.ts'

const parse = (sql: string) => hiveStatement(statementOf(sql))
const changeOf = (rest: string) => {
  const statement = parse(`ALTER TABLE \`My-Db\`.t ${rest}`)
  expect(statement).toMatchObject({ kind: 'alter-table', database: 'my-db', name: 't' })
  return 'change' in statement && statement.change
}
const dt = (value: string, operator = '=') => [{ key: 'dt', operator, value }]

test.each<[string, object]>([
  [
    String.raw`SET TBLPROPERTIES ('a' = 'it\'s', "b"='x''y')`,
    { action: 'set-properties', properties: { a: "it's", b: "x'y" } },
  ],
  ["UNSET TBLPROPERTIES ('a', 'b')", { action: 'unset-properties', names: ['a', 'b'], ifExists: false }],
  ["UNSET TBLPROPERTIES IF EXISTS ('a')", { action: 'unset-properties', names: ['a'], ifExists: true }],
  ["SET LOCATION 's3://b/x/'", { action: 'set-location', partition: undefined, location: 's3://b/x/' }],
  [
    "PARTITION (dt='1') SET LOCATION 's3://b/x/'",
    { action: 'set-location', partition: dt('1'), location: 's3://b/x/' },
  ],
  [
    "ADD IF NOT EXISTS PARTITION (dt='1') LOCATION 's3://b/1/' -- one\n PARTITION (DT = 2)",
    {
      action: 'add-partitions',
      ifNotExists: true,
      partitions: [
        { spec: dt('1'), location: 's3://b/1/' },
        { spec: dt('2'), location: undefined },
      ],
    },
  ],
  [
    "ADD PARTITION (dt=DATE '2024-01-01')",
    {
      action: 'add-partitions',
      ifNotExists: false,
      partitions: [{ spec: dt('2024-01-01'), location: undefined }],
    },
  ],
  [
    "DROP IF EXISTS PARTITION (dt < '3'), PARTITION (dt = -1) PURGE",
    { action: 'drop-partitions', ifExists: true, specs: [dt('3', '<'), dt('-1')] },
  ],
  [
    "PARTITION (dt='1') RENAME TO PARTITION (dt='2')",
    { action: 'rename-partition', from: dt('1'), to: dt('2') },
  ],
  [
    "ADD COLUMNS (`A b` int COMMENT 'x', c array<string>)",
    {
      action: 'add-columns',
      partition: undefined,
      columns: [
        { Name: 'a b', Type: 'int', Comment: 'x' },
        { Name: 'c', Type: 'array<string>' },
      ],
    },
  ],
  [
    "PARTITION (dt='1') REPLACE COLUMNS (a int)",
    { action: 'replace-columns', partition: dt('1'), columns: [{ Name: 'a', Type: 'int' }] },
  ],
  [
    'CHANGE COLUMN a b bigint AFTER c',
    {
      action: 'change-column',
      partition: undefined,
      from: 'a',
      to: { Name: 'b', Type: 'bigint' },
      after: 'c',
    },
  ],
  [
    "CHANGE a a bigint COMMENT 'x' FIRST",
    {
      action: 'change-column',
      partition: undefined,
      from: 'a',
      to: { Name: 'a', Type: 'bigint', Comment: 'x' },
      after: '',
    },
  ],
])('ALTER TABLE t %s', (rest, change) => {
  expect(changeOf(rest)).toEqual(change)
})

test.each([
  ['ALTER TABLE t RENAME u', "line 1:15: mismatched input 'RENAME'. Expecting: 'SET', 'ADD'"],
  ['ALTER TABLE t ADD PARTITION (dt < 1)', "line 1:33: mismatched input '<'. Expecting: '='"],
  ["ALTER TABLE t SET TBLPROPERTIES ('a')", "mismatched input ')'. Expecting: '='"],
  ['ALTER TABLE t DROP COLUMNS a', "mismatched input 'COLUMNS'. Expecting: 'PARTITION'"],
  ["ALTER TABLE t SET LOCATION 's3://b/' x", "mismatched input 'x'. Expecting: <EOF>"],
  ["ALTER TABLE t SET TBLPROPERTIES ('a'='b\\')", "mismatched input ''b\\')'. Expecting: <string>"],
])('%s is refused with its place', (sql, message) => {
  expect(() => parse(sql)).toThrow(message)
})

test.each([
  ["ALTER DATABASE awsdatacatalog.`a-b` SET DBPROPERTIES ('x'='y')", 'ALTER_DATABASE_SET_DBPROPERTIES'],
  ["ALTER TABLE t PARTITION (a=1, b='SET') RENAME TO PARTITION (a=2)", 'ALTER_TABLE_RENAME_PARTITION'],
  ["ALTER TABLE db.t UNSET TBLPROPERTIES ('x')", 'ALTER_TABLE_UNSET_TBLPROPERTIES'],
])('%s is %s', (sql, substatement) => {
  expect(statementOf(sql)).toMatchObject({ type: 'DDL', substatement, runner: 'catalog' })
})

test('a semicolon behind an escaped quote does not end the statement', () => {
  expect(parse(String.raw`ALTER SCHEMA d SET DBPROPERTIES ('x'='it\'s; y')`)).toEqual({
    kind: 'alter-database',
    name: 'd',
    properties: { x: "it's; y" },
  })
})

test('a database may have its catalog in front, and a table its database in the same backticks', () => {
  expect(parse('CREATE DATABASE IF NOT EXISTS AwsDataCatalog.db')).toMatchObject({ name: 'db' })
  expect(parse('SHOW TABLES IN awsdatacatalog.`db`')).toMatchObject({ database: 'db' })
  expect(parse('SHOW CREATE TABLE `db.t`')).toMatchObject({ database: 'db', name: 't' })
  expect(parse('SHOW CREATE VIEW "Db"."v"')).toMatchObject({ database: 'db', name: 'v' })
})
