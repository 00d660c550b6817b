import { expect, test } from 'vitest'
import { literal, positionOf, tokensOf } from './tokens.ts'

const brief = (sql: string) => tokensOf(sql).map((token) => `${token.kind}:${token.value}`)

test('words, quotes of three kinds, numbers and symbols are distinguished', () => {
  expect(brief('select "a""b", `c``d`, \'it\'\'s\', 1.5e-3, .5, 2x <= t."$path"')).toEqual([
    'word:SELECT',
    'quoted:a"b',
    'symbol:,',
    'backtick:c`d',
    'symbol:,',
    "string:it's",
    'symbol:,',
    'number:1.5e-3',
    'symbol:,',
    'number:.5',
    'symbol:,',
    'word:2X',
    'symbol:<=',
    'word:T',
    'symbol:.',
    'quoted:$path',
  ])
})

test('comments are not tokens, even with quotes or semicolons in them', () => {
  expect(brief("a -- it's; b\n/* ' ; \n */ c")).toEqual(['word:A', 'word:C'])
})

test('a comment ends where Trino ends it: nothing after it is hidden', () => {
  expect(brief('a -- b\rc -- d\r\ne')).toEqual(['word:A', 'word:C', 'word:E'])
})

test('an unterminated quote or comment is one broken token', () => {
  expect(brief("a 'b")).toEqual(['word:A', "broken:'b"])
  expect(brief('a /* b')).toEqual(['word:A', 'broken:/* b'])
})

test('letters of any script are words', () => {
  expect(brief('größe 日本')).toEqual(['word:GRÖSSE', 'word:日本'])
})

test('a position is counted from 1, a literal doubles its quotes', () => {
  expect(positionOf('ab\ncd', 4)).toEqual({ line: 2, column: 2 })
  expect(literal("it's")).toBe("'it''s'")
})
