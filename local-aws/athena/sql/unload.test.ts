import { tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import { expect, test } from 'vitest'
import { engineUnload } from './unload.ts'

const rewritten = (sql: string) => engineUnload(sql, tokensOf(sql), '1-2-3')

test('UNLOAD is a CTAS of a table of its own, in the folder that it names', () => {
  const { sql, session, unloadsTo } = rewritten(
    "UNLOAD (SELECT (1) AS a, 2 AS p FROM t)\nTO 's3://b/u' WITH (format='textfile', field_delimiter=',', compression='none', partitioned_by=ARRAY['p'])",
  )
  expect(sql).toBe(
    `CREATE TABLE "awsdatacatalog"."default"."unload_1_2_3" WITH (format = 'TEXTFILE', textfile_field_separator = ',', external_location = 's3://b/u', partitioned_by = ARRAY['p']) AS (SELECT (1) AS a, 2 AS p FROM t)`,
  )
  expect(session).toEqual({ compression_codec: 'NONE' })
  expect(unloadsTo).toBe('s3://b/u/')
})

test.each([
  ['s3a://b/u/', 's3://b/u/'],
  ['S3://b//u', 's3://b/u/'],
  ['s3://b', 's3://b/'],
  ['s3://b/ u/', 's3://b/ u/'],
])('UNLOAD to %s writes below %s', (given, folder) => {
  expect(rewritten(`UNLOAD (SELECT 1) TO '${given}' WITH (format='ORC')`).unloadsTo).toBe(folder)
})

test('a place in the query is that of the user', () => {
  const { sql, inOwnPositions } = rewritten("UNLOAD (SELECT x) TO 's3://b/u/' WITH (format='ORC')")
  expect(inOwnPositions(`line 1:${sql.indexOf('x)') + 1}: x`)).toBe('line 1:16: x')
})

test('an error names the folder instead of the table of the engine', () => {
  const { inOwnPositions } = rewritten("UNLOAD (SELECT 1) TO 's3://b/$&/' WITH (format='ORC')")
  expect(inOwnPositions("Target directory for table 'default.unload_1_2_3' already exists: s3://b/$&")).toBe(
    "Target directory for table 's3://b/$&/' already exists: s3://b/$&",
  )
})

test.each([
  ["UNLOAD SELECT 1 TO 's3://b/' WITH (format='ORC')", "line 1:8: mismatched input 'SELECT'. Expecting: '('"],
  ['UNLOAD (SELECT 1', "line 1:17: mismatched input '<EOF>'. Expecting: ')'"],
  ["UNLOAD (SELECT 1) TO 's3://b/'", "mismatched input '<EOF>'. Expecting: 'WITH'"],
  ['UNLOAD (SELECT 1) TO t WITH (a=1)', "mismatched input 't'. Expecting: <string>"],
  ["UNLOAD (SELECT 1) TO 's3://b/' WITH (format='ORC') x", "mismatched input 'x'. Expecting: <EOF>"],
  ["UNLOAD (SELECT 1) TO 'b/x' WITH (format='ORC')", 'INVALID_S3_PATH'],
  ["UNLOAD (SELECT 1) TO 's3://b/' WITH (compression='GZIP')", "Property 'format' of UNLOAD is required"],
  [
    "UNLOAD (SELECT 1) TO 's3://b/' WITH (format='ORC', table_type='HIVE')",
    "line 1:52: Property 'table_type' of UNLOAD does not exist",
  ],
])('%s is refused', (sql, message) => {
  expect(() => rewritten(sql)).toThrow(message)
})
