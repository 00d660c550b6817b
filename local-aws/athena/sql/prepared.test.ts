import { expect, test } from 'vitest'
import { preparedCommand } from './prepared.ts'
import { statementOf } from './statement.ts'

const command = (sql: string) => preparedCommand(statementOf(sql))

test.each([
  [
    'PREPARE q1 FROM SELECT * FROM t WHERE a = ? ;',
    { verb: 'PREPARE', name: 'q1', query: 'SELECT * FROM t WHERE a = ?' },
  ],
  ['prepare "Q 1" from\n SELECT 1 -- one', { verb: 'PREPARE', name: 'Q 1', query: 'SELECT 1 -- one' }],
  ['EXECUTE q1', { verb: 'EXECUTE', name: 'q1', using: [] }],
  [
    "EXECUTE q1 USING 1, 'a, b', f(1, ARRAY[2, 3]) -- end",
    { verb: 'EXECUTE', name: 'q1', using: ['1', "'a, b'", 'f(1, ARRAY[2, 3])'] },
  ],
  [
    "EXECUTE IMMEDIATE 'SELECT ''a'', ?' USING 1",
    { verb: 'EXECUTE IMMEDIATE', query: "SELECT 'a', ?", using: ['1'] },
  ],
  ["execute immediate 'SELECT 1'", { verb: 'EXECUTE IMMEDIATE', query: 'SELECT 1', using: [] }],
  ['EXECUTE immediate USING 1', { verb: 'EXECUTE', name: 'immediate', using: ['1'] }],
  ['DEALLOCATE PREPARE q1', { verb: 'DEALLOCATE', name: 'q1' }],
  ['SELECT 1', undefined],
])('%s', (sql, expected) => {
  expect(command(sql)).toEqual(expected)
})

test.each([
  ['PREPARE q1 SELECT 1', "line 1:12: mismatched input 'SELECT'. Expecting: 'FROM'"],
  ['PREPARE q1 FROM', "line 1:16: mismatched input '<EOF>'. Expecting: <statement>"],
  ['EXECUTE q1 1', "line 1:12: mismatched input '1'. Expecting: 'USING'"],
  ['EXECUTE q1 USING', 'EXECUTE has an empty parameter after USING'],
  ['EXECUTE q1 USING 1,', 'EXECUTE has an empty parameter after USING'],
  ['DEALLOCATE q1', "line 1:12: mismatched input 'q1'. Expecting: 'PREPARE'"],
  ['DEALLOCATE PREPARE q1 q2', "line 1:23: mismatched input 'q2'. Expecting: <EOF>"],
])('%s is malformed', (sql, message) => {
  expect(() => command(sql)).toThrow(message)
})
