// What the console passes to Athena, and every disguise of a write that it refuses.
import { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { requireReadOnly } from './read-only.ts'

const allowed = [
  ['SELECT 1', 'select'],
  ['  select * from ticks limit 10 ;; ', 'select'],
  ['-- INSERT INTO t\nSELECT 1', 'select'],
  ['SELECT \'DROP TABLE t; --\' AS "insert into"', 'select'],
  ['SELECT "update", `delete` FROM t', 'select'],
  ['(SELECT 1) UNION ALL (SELECT 2)', 'select'],
  ['WITH a AS (SELECT 1), b (x, y) AS (SELECT 1, 2) SELECT * FROM a, b', 'select'],
  ['WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) (SELECT * FROM r)', 'select'],
  ["SELECT replace(a, (SELECT min(b) FROM t), 'x') FROM t", 'select'],
  ["SELECT date_add('day', -30, current_timestamp)", 'select'],
  ['SELECT * FROM TABLE(sequence(start => 1, stop => 5))', 'select'],
  ["SELECT * FROM t WHERE (comment = 'x')", 'select'],
  ['SHOW PARTITIONS `a`.`b`', 'show'],
  ['/* a */ SHOW TABLES', 'show'],
  ['DESCRIBE ticks', 'describe'],
  ['desc ticks', 'describe'],
  ['EXPLAIN SELECT 1', 'explain'],
  ['EXPLAIN (TYPE DISTRIBUTED, FORMAT JSON) WITH a AS (SELECT 1) SELECT * FROM a', 'explain'],
  ['EXPLAIN ANALYZE VERBOSE SELECT 1', 'explain analyze'],
  ['EXPLAIN (SELECT 1)', 'explain'],
] as const

test.each(allowed)('%s is let through', (sql, kind) => {
  expect(requireReadOnly(sql)).toBe(kind)
})

const refused = [
  ['', 'no statement'],
  [' ;; -- nothing', 'no statement'],
  ['INSERT INTO t SELECT 1', 'line 1:1: INSERT'],
  ['/* SELECT */ INSERT INTO t SELECT 1', 'line 1:14: INSERT'],
  ['-- SELECT\nDROP TABLE t', 'line 2:1: DROP'],
  ['SELECT 1; DROP TABLE t', 'line 1:11: a second statement'],
  ['SELECT 1;\n-- x\n;DELETE FROM t', 'line 3:2: a second statement'],
  ['WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a', 'not INSERT'],
  ['WITH a AS (INSERT INTO t SELECT 1) SELECT * FROM a', 'INSERT inside'],
  ['WITH a AS (SELECT 1), b AS (DELETE FROM t) SELECT 1', 'DELETE inside'],
  ['WITH FUNCTION f() RETURNS bigint RETURN 1 SELECT f()', 'expected AS'],
  ['WITH a AS (SELECT 1)', 'after WITH comes a SELECT'],
  ['WITH a AS SELECT 1', 'in parentheses'],
  ['EXPLAIN INSERT INTO t SELECT 1', 'INSERT'],
  ['EXPLAIN ANALYZE INSERT INTO t SELECT 1', 'INSERT'],
  ['EXPLAIN (TYPE IO) ANALYZE SELECT 1', 'ANALYZE'],
  ['EXPLAIN ANALYZE (FORMAT TEXT) DELETE FROM t', 'DELETE'],
  ['EXPLAIN ANALYZE WITH a AS (SELECT 1) INSERT INTO t SELECT 1', 'INSERT'],
  ['EXPLAIN ANALYZE EXPLAIN INSERT INTO t SELECT 1', 'EXPLAIN of EXPLAIN'],
  ['EXPLAIN', 'EXPLAIN of nothing'],
  ['(INSERT INTO t SELECT 1)', 'INSERT inside'],
  ['SELECT * FROM (MERGE INTO t USING s ON true)', 'MERGE inside'],
  ['CREATE TABLE t AS SELECT 1', 'CREATE'],
  ["UNLOAD (SELECT 1) TO 's3://b/' WITH (format='JSON')", 'UNLOAD'],
  ['MSCK REPAIR TABLE t', 'MSCK'],
  ['CALL system.sync_partition_metadata()', 'CALL'],
  ['EXECUTE p', 'EXECUTE'],
  ["USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'l' SELECT f(1)", 'USING'],
  ["SELECT * FROM TABLE(system.query(query => 'DELETE FROM t'))", 'table function'],
  ['SELECT * FROM TABLE /* x */ ( "system".query(query => \'DELETE FROM t\'))', 'table function'],
  ["SELECT 'open", 'never ends'],
  ['SELECT 1 /* open', 'never ends'],
  ["SHOW TABLES 'a\\'; DROP TABLE t; --'", 'a second statement'],
  ['ＩＮＳＥＲＴ INTO t SELECT 1', 'is not SELECT'],
  ['FROM t INSERT OVERWRITE TABLE u SELECT *', 'FROM'],
  ['VALUES 1', 'VALUES'],
] as const

test.each(refused)('%s is refused', (sql, why) => {
  const failure = denial(sql)
  expect(failure.code).toBe('READ_ONLY')
  expect(failure.why).toContain(why)
  expect(failure.remedy).toBeDefined()
})

function denial(sql: string): Failure {
  try {
    requireReadOnly(sql)
  } catch (error) {
    if (error instanceof Failure) return error
  }
  throw new Error('it was let through')
}
