// Splits a statement into tokens: enough of SQL's and Hive's lexical rules to classify statements, to parse DDL and the
// partition expressions of Glue. The only SQL tokenizer, so that the dashboard's check and local-aws read statements in
// the same way.
import { hiveString } from './hive-string.ts'

export interface Token {
  /** `quoted` is "x", `backtick` is `x`, `broken` is an unterminated quote or comment. */
  readonly kind: 'word' | 'quoted' | 'backtick' | 'string' | 'number' | 'symbol' | 'broken'
  /** As in the statement. */
  readonly text: string
  /** Without quotes; upper case for a word. */
  readonly value: string
  readonly start: number
  readonly end: number
}

/** How strings are written: with doubled quotes, or, as in Hive's DDL, with backslashes too. */
export type Language = 'sql' | 'hive'

/** The pattern of each token; every pattern is linear, even without an end. */
const blank = /\s+/y
const string = /'[^']*(?:''[^']*)*'/y
const quotedName = /"[^"]*(?:""[^"]*)*"/y
const hiveTexts = {
  "'": /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y,
  '"': /"[^"\\]*(?:(?:\\[\s\S]|"")[^"\\]*)*"/y,
}
const backtick = /`[^`]*(?:``[^`]*)*`/y
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_$@])/uy
const word = /[\p{L}\p{N}_$@]+/uy
/** Where a `--` comment ends for Trino, also in old Mac files. */
const lineEnd = /[\r\n]/g
const symbol = /<>|<=|>=|!=|\|\||->|[\s\S]/uy

/**
 * The tokens of a statement; comments and white space are left out. The first character selects the pattern: a
 * statement of 262,144 brackets, Athena's maximum, takes about 30 ms.
 */
export function tokensOf(sql: string, language: Language = 'sql'): Token[] {
  const isHive = language === 'hive'
  const tokens: Token[] = []
  let at = 0
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = at
    return pattern.test(sql) ? pattern.lastIndex : -1
  }
  const add = (kind: Token['kind'], end: number) => {
    const text = sql.slice(at, end)
    tokens.push({
      kind,
      text,
      value: isHive ? hiveMeaningOf(kind, text) : meaningOf(kind, text),
      start: at,
      end,
    })
    at = end
  }
  /** An unterminated quote takes all that follows. */
  const addQuoted = (kind: Token['kind'], pattern: RegExp) => {
    const end = endOf(pattern)
    if (end < 0) add('broken', sql.length)
    else add(kind, end)
  }
  while (at < sql.length) {
    const char = sql[at]!
    const pair = sql[at + 1]
    if (char === '-' && pair === '-') {
      const end = endOf(lineEnd)
      at = end < 0 ? sql.length : end
    } else if (char === '/' && pair === '*') {
      const end = sql.indexOf('*/', at + 2)
      if (end < 0) add('broken', sql.length)
      else at = end + 2
    } else if (char === "'") addQuoted('string', isHive ? hiveTexts[char] : string)
    else if (char === '"') addQuoted('quoted', isHive ? hiveTexts[char] : quotedName)
    else if (char === '`') addQuoted('backtick', backtick)
    else if (plainSymbols.has(char)) add('symbol', at + 1)
    else {
      const isNumeric = (char >= '0' && char <= '9') || char === '.'
      const numberEnd = isNumeric ? endOf(number) : -1
      if (numberEnd > 0) add('number', numberEnd)
      else {
        const wordEnd = endOf(word)
        const blankEnd = wordEnd < 0 ? endOf(blank) : -1
        if (wordEnd > 0) add('word', wordEnd)
        else if (blankEnd > 0) at = blankEnd
        else add('symbol', endOf(symbol))
      }
    }
  }
  return tokens
}

/** Symbols that are always a single character. */
const plainSymbols = new Set('()[]{},;:*+%=?')

function meaningOf(kind: Token['kind'], text: string): string {
  if (kind === 'word') return text.toUpperCase()
  if (kind !== 'string' && kind !== 'quoted' && kind !== 'backtick') return text
  const quote = text[0]!
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}

function hiveMeaningOf(kind: Token['kind'], text: string): string {
  return kind === 'string' || kind === 'quoted' ? hiveString(text) : meaningOf(kind, text)
}

/** The line and column of an offset for error messages, both from 1. */
export function positionOf(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}

/** A parser's message for an unexpected token, or for an early end of the statement. */
export function mismatch(sql: string, token: Token | undefined, expected: readonly string[]): string {
  const { line, column } = positionOf(sql, token?.start ?? sql.length)
  return `line ${line}:${column}: mismatched input '${token?.text ?? '<EOF>'}'. Expecting: ${expected.join(', ')}`
}

/** A name in quotation marks. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A string as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
