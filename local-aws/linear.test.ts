// Texts from clients, records and objects are read in a time that grows with their length, not with its square.
import { cpuTimer } from '@ticklake/testing/cpu-time.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hiveStatement } from './athena/sql/hive-ddl.ts'
import { parameterExpression } from './athena/sql/parameters.ts'
import { statementOf } from './athena/sql/statement.ts'
import { partitionFilter } from './glue/catalog/expression.ts'
import { namePattern } from './glue/catalog/name-pattern.ts'
import { exclusionTest } from './glue/crawlers/exclusions.ts'
import { inspect } from './glue/crawlers/inspection.ts'

/** Generous, for a busy machine; quadratic readers took from five seconds to hours. */
const mostMs = 5_000

function timed<T>(work: () => T): T {
  const elapsedMs = cpuTimer()
  const result = work()
  expect(elapsedMs()).toBeLessThan(mostMs)
  return result
}

const longest = 262_000
const key = [{ Name: 'k', Type: 'string' }]
const ddl = (columns: string) => `CREATE EXTERNAL TABLE t (${columns}) LOCATION 's3://a/b/'`
const broken = (work: () => unknown) => () => expect(work).toThrow()

test.each<[string, () => unknown]>([
  ['blanks inside a statement', () => statementOf(`SELECT${' '.repeat(longest)}1`)],
  [
    'semicolons and blanks around it',
    () => statementOf(`${' ;'.repeat(60_000)}SELECT 1${'; '.repeat(60_000)}`),
  ],
  ['brackets', () => statementOf('('.repeat(longest))],
  ['quotes', () => statementOf(`SELECT ${"'a".repeat(longest / 3)}`)],
  ['comments that never end', () => statementOf(`SELECT ${'/*'.repeat(longest / 3)}`)],
  ['digits and points', () => statementOf(`SELECT ${'1.'.repeat(longest / 3)}`)],
  [
    '30,000 columns',
    () => hiveStatement(statementOf(ddl(Array.from({ length: 30_000 }, (_, i) => `c${i} int`).join()))),
  ],
  ['a type of 40,000 levels', broken(() => hiveStatement(statementOf(ddl(`a ${'array<'.repeat(40_000)}`))))],
  ['brackets of a parameter', () => parameterExpression(`${'('.repeat(500)}1${')'.repeat(500)}`)],
  [
    'LIKE with many %',
    () => partitionFilter(`k LIKE '${'a%'.repeat(900)}b'`, key).matches(['a'.repeat(1_000)]),
  ],
  ['conditions in brackets', broken(() => partitionFilter('('.repeat(2_048), key))],
  [
    'digits of a partition',
    () =>
      partitionFilter(`k = ${'1'.repeat(2_000)}`, [{ Name: 'k', Type: 'int' }]).matches([
        `${'1'.repeat(60_000)}x`,
      ]),
  ],
  ['a name pattern that backtracks', () => namePattern('(a+)+b')('a'.repeat(255))],
  ['a name pattern of many stars', () => namePattern(`${'.*a'.repeat(600)}b`)('a'.repeat(255))],
  ['exclusions of many stars', () => exclusionTest([`${'**a'.repeat(500)}b`])('a'.repeat(1_024))],
])(
  '%s',
  (_name, work) => {
    timed(work)
  },
  30_000,
)

test.each(['(?=a)', '(?<!a)b', '(a)\\1', 'a++', '('])(
  'the name pattern %s is refused, and says why',
  (pattern) => {
    expect(() => namePattern(pattern)).toThrow(
      expect.objectContaining({ type: 'InvalidInputException', message: expect.stringContaining(pattern) }),
    )
  },
)

describe('a crawl', () => {
  const inspected = async (content: string) => {
    const bytes = Buffer.from(content)
    const elapsedMs = cpuTimer()
    const result = await inspect(bytes.length, async (start, end) => bytes.subarray(start, end))
    expect(elapsedMs()).toBeLessThan(mostMs)
    return 'reason' in result ? undefined : result
  }
  const times = (count: number, one: (i: number) => string, separator = ',') =>
    Array.from({ length: count }, (_, i) => one(i)).join(separator)

  test.each<[string, string, string | undefined]>([
    ['a cell of 60,000 digits', `a,b\n${'1'.repeat(60_000)}x,2\n`, 'csv'],
    ['a cell of 60,000 points', `a,b\n${'1.'.repeat(30_000)},2\n`, 'csv'],
    ['a line of 900 KB', 'x'.repeat(900_000), undefined],
    ['40,000 columns', `${times(40_000, (i) => `c${i}`)}\n${times(40_000, String)}\n`, 'csv'],
    ['100,000 levels', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, undefined],
    ['3,000 levels', `{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`, undefined],
    ['a number of 900,000 digits', `{"a":${'1'.repeat(900_000)}}`, 'json'],
    ['60,000 objects, each with another key', `{"a":[${times(60_000, (i) => `{"k${i}":1}`)}]}`, 'json'],
    [
      '800 records, each with 80 other keys',
      times(800, (r) => `{"m":{${times(80, (i) => `"${r}_${i}":1`)}}}`, '\n'),
      'json',
    ],
  ])(
    'looks at %s',
    async (_name, content, classification) => {
      expect((await inspected(content))?.classification).toBe(classification)
    },
    30_000,
  )

  test('looks at anything within its time', async () => {
    const pieces = [
      'a',
      '1',
      '.',
      ',',
      '|',
      '\t',
      '"',
      '<',
      '>',
      '<!--',
      '</a>',
      '\n',
      '\r',
      ' ',
      '{',
      '}',
      '[',
      ']',
      ':',
      '-',
      'e',
      '\\',
      '\u0001',
      '{"a":',
      '[1,',
      'é',
      'null',
    ]
    const content = fc
      .tuple(
        fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.constantFrom('', '\n', 'x'),
      )
      .map(([some, size, end]) => some.join('').repeat(size).slice(0, size) + end)
    const file = fc.array(content, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('\n'))
    await fc.assert(
      fc.asyncProperty(file, async (text) => void (await inspected(text))),
      { seed: 11, numRuns: 300 },
    )
  }, 60_000)
})
