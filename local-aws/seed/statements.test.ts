import { expect, test } from 'vitest'
import { seedStatements } from './statements.ts'

test('a statement ends with a semicolon at the end of a line, and knows the line that it starts on', () => {
  const text = "-- tables\n\nCREATE DATABASE a;\nSELECT 'x; y'\n  FROM t -- not; here\n;\r\nSELECT 2"
  expect(seedStatements(text)).toEqual([
    { sql: 'CREATE DATABASE a', line: 3 },
    { sql: "SELECT 'x; y'\n  FROM t -- not; here\n", line: 4 },
    { sql: 'SELECT 2', line: 7 },
  ])
})

test('a file without statements has none', () => {
  expect(seedStatements('\n-- nothing yet\n;\n')).toEqual([])
})
