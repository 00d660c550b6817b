// Cuts a statement into words and signs, as far as needed to see what it would do: nothing hides in comments and texts.

export interface Token {
  /** `name` is "x" or `x`; `broken` is a quote or comment that never ends. */
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign' | 'broken'
  /** Upper case for a word, else as it stands. */
  readonly value: string
  readonly start: number
}

/** What each token is made of; every pattern is linear, also where it finds no end. */
const blank = /\s+/y
const text = /'[^']*(?:''[^']*)*'/y
const name = /"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`/y
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_$@])/uy
const word = /[\p{L}\p{N}_$@]+/uy
const sign = /=>|[\s\S]/uy
const lineEnd = /[\r\n]/g

/**
 * The tokens in order, without comments and white space. Each character chooses what is tried: the largest statement
 * that the dashboard accepts takes some 30 ms.
 */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = at
    return pattern.test(sql) ? pattern.lastIndex : -1
  }
  const add = (kind: Token['kind'], end: number) => {
    const value = sql.slice(at, end)
    tokens.push({ kind, value: kind === 'word' ? value.toUpperCase() : value, start: at })
    at = end
  }
  /** A quote that never ends takes all that follows. */
  const addQuoted = (kind: Token['kind'], pattern: RegExp) => {
    const end = endOf(pattern)
    if (end < 0) add('broken', sql.length)
    else add(kind, end)
  }
  while (at < sql.length) {
    const char = sql[at]!
    const next = sql[at + 1]
    if (char === '-' && next === '-') {
      const end = endOf(lineEnd)
      at = end < 0 ? sql.length : end
    } else if (char === '/' && next === '*') {
      const end = sql.indexOf('*/', at + 2)
      if (end < 0) add('broken', sql.length)
      else at = end + 2
    } else if (char === "'") addQuoted('text', text)
    else if (char === '"' || char === '`') addQuoted('name', name)
    else if (plainSigns.has(char)) add('sign', at + 1)
    else {
      const isNumeric = (char >= '0' && char <= '9') || char === '.'
      const numberEnd = isNumeric ? endOf(number) : -1
      if (numberEnd > 0) add('number', numberEnd)
      else {
        const wordEnd = endOf(word)
        const blankEnd = wordEnd < 0 ? endOf(blank) : -1
        if (wordEnd > 0) add('word', wordEnd)
        else if (blankEnd > 0) at = blankEnd
        else add('sign', endOf(sign))
      }
    }
  }
  return tokens
}

/** Signs that begin nothing longer. */
const plainSigns = new Set('()[]{},;:*+%<>?')

/** Line and column of an offset, both from 1, as Athena's own messages have them. */
export function positionOf(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
