import { tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import { expect, test } from 'vitest'
import { doubleLiterals } from './double-literals.ts'
import { edited } from './rewritten-sql.ts'

test.each([
  ['SELECT 1.5, .5, 1., 1/3.0', 'SELECT 1.5E0, .5E0, 1.E0, 1/3.0E0'],
  ["SELECT 1, 1.5e3, DECIMAL '1.5', '1.5', t.c, \"1.5\" -- 1.5", undefined],
  ['SELECT CAST(1 AS decimal(10, 2)), a[1].b', undefined],
])('%s', (sql, expected = sql) => {
  expect(edited(sql, doubleLiterals(tokensOf(sql))).sql).toBe(expected)
})

test('an error behind such a number is placed in the statement as the user wrote it', () => {
  const sql = 'SELECT 1.5, x'
  const { inOwnPositions } = edited(sql, doubleLiterals(tokensOf(sql)))
  expect(inOwnPositions('line 1:15: no x')).toBe('line 1:13: no x')
})
