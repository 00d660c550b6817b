import { tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import { expect, test } from 'vitest'
import { analyzeOptions } from './explain.ts'
import { edited } from './rewritten-sql.ts'

const engineSql = (sql: string) => edited(sql, analyzeOptions(sql, tokensOf(sql))).sql

test.each([
  ['EXPLAIN ANALYZE (FORMAT TEXT) SELECT 1', 'EXPLAIN ANALYZE  SELECT 1'],
  ['EXPLAIN ANALYZE (SELECT 1)', 'EXPLAIN ANALYZE (SELECT 1)'],
  ['EXPLAIN (FORMAT JSON) SELECT 1', 'EXPLAIN (FORMAT JSON) SELECT 1'],
])('%s', (sql, expected) => expect(engineSql(sql)).toBe(expected))

test('what the engine cannot print is refused', () => {
  expect(() => engineSql('EXPLAIN ANALYZE (FORMAT JSON) SELECT 1')).toThrow('NOT_SUPPORTED')
  expect(() => engineSql('EXPLAIN ANALYZE (FORMAT GRAPHVIZ) SELECT 1')).toThrow("Expecting: 'TEXT', 'JSON'")
  expect(() => engineSql('EXPLAIN ANALYZE (TYPE LOGICAL) SELECT 1')).toThrow("Expecting: 'FORMAT'")
})
