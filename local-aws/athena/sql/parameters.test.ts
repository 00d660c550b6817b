import { expect, test } from 'vitest'
import { withDataFolder } from './ctas.ts'
import { parameterExpression, withParameters } from './parameters.ts'
import { tokensOf } from './tokens.ts'

test.each([
  "'NYA'",
  '1',
  '-1.5e3',
  'NULL',
  'true',
  "DATE '2020-01-01'",
  "INTERVAL '1' DAY",
  "CAST('1' AS decimal(10,2))",
  "concat('a', upper('b'))",
  'ARRAY[1, 2]',
  '(1 + 2) * 3',
  "'it''s'",
  "X'41'",
  "1+2 || 'a'||'b'",
])('%s is taken as an expression', (text) => {
  expect(parameterExpression(text)).toBe(text)
})

test('a comment in a parameter swallows nothing behind it', () => {
  expect(withParameters('SELECT ?, ?', ['1 -- x', '2']).sql).toBe(
    "EXECUTE IMMEDIATE 'SELECT ?, ?' USING 1, 2",
  )
  expect(parameterExpression('1/* x */+/* y */2')).toBe('1 + 2')
})

test.each([
  ['NYA', "'NYA'"],
  ['', "''"],
  ["it's", "'it''s'"],
  ['hello world', "'hello world'"],
  ['"col"', '\'"col"\''],
  ['1) OR (1=1', "'1) OR (1=1'"],
  ['10 20', "'10 20'"],
  ['upper(col)', "'upper(col)'"],
])('%s becomes the text %s', (text, expected) => {
  expect(parameterExpression(text)).toBe(expected)
})

test('places in errors are those of the user, on the first line and on others', () => {
  const { sql, placeInOwnSql } = withParameters("SELECT 'x', ?\nFROM t", ['1'])
  expect(sql).toBe("EXECUTE IMMEDIATE 'SELECT ''x'', ?\nFROM t' USING 1")
  expect(placeInOwnSql("line 1:27: Column 'a'")).toBe("line 1:8: Column 'a'")
  expect(placeInOwnSql("line 2:6: Table 'a'")).toBe("line 2:6: Table 'a'")
})

const placed = (sql: string) => withDataFolder(sql, tokensOf(sql), 's3://b/r/tables/1/')

test('a CTAS without a place gets one; its own is left alone', () => {
  expect(placed('CREATE TABLE t AS SELECT 1').sql).toBe(
    "CREATE TABLE t WITH (external_location='s3://b/r/tables/1/') AS SELECT 1",
  )
  expect(placed("CREATE TABLE t WITH (format='ORC') AS SELECT 1").sql).toBe(
    "CREATE TABLE t WITH (external_location='s3://b/r/tables/1/', format='ORC') AS SELECT 1",
  )
  const own = "CREATE TABLE t WITH (External_Location = 's3://b/x/') AS SELECT 1"
  expect(placed(own).sql).toBe(own)
  const inner = 'CREATE TABLE t AS WITH external_location AS (SELECT 1 AS a) SELECT * FROM external_location'
  expect(placed(inner).sql).toContain("WITH (external_location='s3://b/r/tables/1/') AS WITH")
})

test('a place behind the insertion is moved back, one before it is not', () => {
  const { sql, placeInOwnSql } = placed('CREATE TABLE t AS SELECT x')
  expect(placeInOwnSql(`line 1:${sql.indexOf('SELECT x') + 8}: x`)).toBe('line 1:26: x')
  expect(placeInOwnSql('line 1:14: t')).toBe('line 1:14: t')
  expect(placeInOwnSql('line 2:60: t')).toBe('line 2:60: t')
})
