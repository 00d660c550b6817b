import { expect, test } from 'vitest'
import { parameterExpression, withParameters } from './parameters.ts'

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
  const { sql, inOwnPositions } = withParameters("SELECT 'x', ?\nFROM t", ['1'])
  expect(sql).toBe("EXECUTE IMMEDIATE 'SELECT ''x'', ?\nFROM t' USING 1")
  expect(inOwnPositions("line 1:27: Column 'a'")).toBe("line 1:8: Column 'a'")
  expect(inOwnPositions("line 2:6: Table 'a'")).toBe("line 2:6: Table 'a'")
})
