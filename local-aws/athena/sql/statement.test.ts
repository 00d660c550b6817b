import { expect, test } from 'vitest'
import { statementOf } from './statement.ts'

const kind = (sql: string) => {
  const { type, substatement, runner } = statementOf(sql)
  return `${type} ${substatement} ${runner}`
}

test.each([
  ['SELECT 1', 'DML SELECT engine'],
  ['with a as (select 1) select * from a', 'DML SELECT engine'],
  ['(SELECT 1) UNION (SELECT 2)', 'DML SELECT engine'],
  ['/* c */ VALUES 1', 'DML SELECT engine'],
  ['INSERT INTO t SELECT 1', 'DML INSERT engine'],
  ['EXPLAIN SELECT 1', 'DML EXPLAIN engine'],
  ['CREATE TABLE t AS SELECT 1', 'DDL CREATE_TABLE_AS_SELECT engine'],
  ["CREATE TABLE t WITH (format = 'PARQUET') AS (SELECT 1 AS a)", 'DDL CREATE_TABLE_AS_SELECT engine'],
  ['CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET', 'DDL CREATE_TABLE catalog'],
  ['CREATE TABLE t (a int) STORED AS PARQUET', 'DDL CREATE_TABLE catalog'],
  ['CREATE OR REPLACE VIEW v AS SELECT 1', 'DDL CREATE_VIEW engine'],
  ['CREATE SCHEMA s', 'DDL CREATE_DATABASE catalog'],
  ['DROP VIEW v', 'DDL DROP_VIEW engine'],
  ['DROP TABLE IF EXISTS t', 'DDL DROP_TABLE catalog'],
  ['SHOW PARTITIONS t', 'UTILITY SHOW_PARTITIONS catalog'],
  ['SHOW CREATE VIEW v', 'UTILITY SHOW_CREATE_VIEW catalog'],
  ['DESC t', 'UTILITY DESCRIBE_TABLE catalog'],
  ['MSCK REPAIR TABLE t', 'DDL MSCK_REPAIR catalog'],
  ["ALTER TABLE t ADD IF NOT EXISTS PARTITION (dt='x')", 'DDL ALTER_TABLE_ADD_PARTITION catalog'],
  ['ALTER TABLE a.b SET TBLPROPERTIES (1)', 'DDL ALTER_TABLE_SET_TBLPROPERTIES catalog'],
  ['UNLOAD (SELECT 1) TO 1', 'DML UNLOAD engine'],
])('%s is %s', (sql, expected) => {
  expect(kind(sql)).toBe(expected)
})

test('surrounding semicolons and white space are stripped, also in the echo', () => {
  expect(statementOf(' ;\n select 1 ; ; ').query).toBe('select 1')
})

test('a semicolon before a comment does not reach the engine', () => {
  expect(statementOf('select 1; -- done').sql).toBe('select 1')
})

test('a semicolon in a text or a comment separates nothing', () => {
  expect(statementOf("select ';' -- ;\n, 2").sql).toBe("select ';' -- ;\n, 2")
})

test('two statements or none are refused', () => {
  expect(() => statementOf('select 1; select 2')).toThrow(
    'Only one sql statement is allowed. Got: select 1; select 2',
  )
  expect(() => statementOf(' -- nothing')).toThrow("mismatched input '<EOF>'")
})

test.each([
  'USE db',
  "COMMENT ON TABLE t IS 'x'",
  'CREATE FUNCTION f(x int) RETURNS int RETURN x',
  'CREATE OR REPLACE FUNCTION f(x int) RETURNS int RETURN x',
  'DROP FUNCTION f(int)',
  'CREATE MATERIALIZED VIEW v AS SELECT 1',
])('%s is refused, as Athena does', (sql) => {
  expect(() => statementOf(sql)).toThrow('Queries of this type are not supported')
})
