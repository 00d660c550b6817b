// The Expression of GetPartitions: SQL's conditions on partition keys, compared by each key's type.
import { GlueError } from '../api/errors.ts'
import type { Column } from '../api/shapes.ts'
import { isWord, type Token, tokensOf, unsupported } from './expression-tokens.ts'
import { isNull, type Key, keyOf, likeTest, nullPartition } from './key-order.ts'

/** SQL's three truth values: undefined is "unknown", the result of comparing with NULL. */
type Truth = boolean | undefined
type Condition = (values: readonly string[]) => Truth
type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='

export interface PartitionFilter {
  readonly matches: (values: readonly string[]) => boolean
  /** The first key's value, if the expression requires a single one: a scan then starts and ends there. */
  readonly firstKey: { readonly equals?: string; readonly atLeast?: string }
}

/**
 * Parses an expression such as `dt = '2026-01-01' AND hour BETWEEN '08' AND '12'`.
 * @throws GlueError InvalidInputException for what Glue cannot parse, and for an unknown partition key
 */
export function partitionFilter(expression: string, keys: readonly Column[]): PartitionFilter {
  const parser = new Parser(expression, keys)
  const condition = parser.whole()
  return { matches: (values) => condition(values) === true, firstKey: parser.firstKey }
}

class Parser {
  readonly firstKey: { equals?: string; atLeast?: string } = {}
  readonly #expression: string
  readonly #keys: readonly Column[]
  readonly #tokens: Token[]
  #at = 0
  /** Whether the current condition must hold for the whole to hold: it is under no OR and no NOT. */
  #binding = true

  constructor(expression: string, keys: readonly Column[]) {
    this.#expression = expression
    this.#keys = keys
    this.#tokens = tokensOf(expression)
    // An OR anywhere makes this shortcut unsafe while parsing; such expressions are evaluated on all rows.
    this.#binding = !this.#tokens.some((token) => isWord(token, 'OR') || isWord(token, 'NOT'))
  }

  whole(): Condition {
    const condition = this.#anyOf()
    if (this.#at < this.#tokens.length) throw unsupported(this.#expression)
    return condition
  }

  #anyOf(): Condition {
    const parts = [this.#allOf()]
    while (this.#takeWord('OR')) parts.push(this.#allOf())
    return parts.length === 1 ? parts[0]! : (values) => or(parts, values)
  }

  #allOf(): Condition {
    const parts = [this.#one()]
    while (this.#takeWord('AND')) parts.push(this.#one())
    return parts.length === 1 ? parts[0]! : (values) => and(parts, values)
  }

  #one(): Condition {
    if (this.#takeWord('NOT')) return not(this.#one())
    if (this.#takeSign('(')) {
      const inner = this.#anyOf()
      this.#needSign(')')
      return inner
    }
    const first = this.#next()
    if (
      first.kind !== 'name' ||
      (!first.quoted && /^(date|timestamp)$/i.test(first.value) && this.#isText())
    ) {
      return this.#literalFirst(first)
    }
    const key = this.#key(first)
    const negated = this.#takeWord('NOT')
    const condition = this.#predicate(key, negated)
    return negated ? not(condition) : condition
  }

  #predicate(key: Key, negated: boolean): Condition {
    if (this.#takeWord('IN')) return this.#in(key)
    if (this.#takeWord('BETWEEN')) {
      const low = this.#literal(this.#next())
      if (!this.#takeWord('AND')) throw unsupported(this.#expression)
      const high = this.#literal(this.#next())
      return this.#between(key, low, high)
    }
    if (this.#takeWord('LIKE')) {
      const isLike = likeTest(this.#literal(this.#next()))
      return (values) => (isNull(values[key.index]!) ? undefined : isLike(values[key.index]!))
    }
    if (negated) throw unsupported(this.#expression)
    if (this.#takeWord('IS')) {
      const notNull = this.#takeWord('NOT')
      if (!this.#takeWord('NULL')) throw unsupported(this.#expression)
      return (values) => isNull(values[key.index]!) !== notNull
    }
    const operator = this.#next()
    if (operator.kind !== 'sign' || !isComparison(operator.value)) throw unsupported(this.#expression)
    return this.#compare(key, operator.value, this.#literal(this.#next()))
  }

  #in(key: Key): Condition {
    this.#needSign('(')
    const parts: Condition[] = []
    const pinned = { ...this.firstKey }
    do {
      parts.push(this.#compare(key, '=', this.#literal(this.#next())))
    } while (this.#takeSign(','))
    this.#needSign(')')
    // Several values: the key is not limited to a single one.
    if (parts.length > 1) {
      delete this.firstKey.equals
      Object.assign(this.firstKey, pinned)
    }
    return (values) => or(parts, values)
  }

  #between(key: Key, low: string, high: string): Condition {
    const parts = [this.#compare(key, '>=', low), this.#compare(key, '<=', high)]
    return (values) => and(parts, values)
  }

  /** `'2026' <= year` is the same as `year >= '2026'`. */
  #literalFirst(first: Token): Condition {
    const literal = this.#literal(first)
    const operator = this.#next()
    if (operator.kind !== 'sign' || !isComparison(operator.value)) throw unsupported(this.#expression)
    const key = this.#key(this.#next())
    return this.#compare(key, mirrored[operator.value], literal)
  }

  #compare(key: Key, operator: Comparison, literal: string): Condition {
    this.#pin(key, operator, literal)
    const { index } = key
    // Trino names the NULL partition by this spelling.
    if (literal === nullPartition) {
      return (values) => holds[operator](values[index]! < literal ? -1 : values[index]! > literal ? 1 : 0)
    }
    const order = key.orderAgainst(literal)
    if (!order) throw unsupported(this.#expression)
    return (values) => {
      if (isNull(values[index]!)) return undefined
      const sign = order(values[index]!)
      return sign === undefined ? undefined : holds[operator](sign)
    }
  }

  #pin(key: Key, operator: Comparison, literal: string): void {
    if (!this.#binding || key.index !== 0 || !key.isText) return
    if (operator === '=') this.firstKey.equals = literal
    else if (operator === '>' || operator === '>=') this.firstKey.atLeast = literal
  }

  #key(token: Token): Key {
    const index = this.#keys.findIndex(({ Name }) => Name.toLowerCase() === token.value.toLowerCase())
    if (token.kind !== 'name') throw unsupported(this.#expression)
    if (index === -1) throw new GlueError('InvalidInputException', 'Invalid partition expression!')
    return keyOf(index, this.#keys[index]!.Type ?? 'string')
  }

  #literal(token: Token): string {
    if (token.kind === 'text' || token.kind === 'number') return token.value
    if (token.kind === 'name' && !token.quoted) {
      if (/^(true|false)$/i.test(token.value)) return token.value.toLowerCase()
      if (/^(date|timestamp)$/i.test(token.value) && this.#isText()) return this.#next().value
    }
    throw unsupported(this.#expression)
  }

  #isText(): boolean {
    return this.#tokens[this.#at]?.kind === 'text'
  }

  #next(): Token {
    const token = this.#tokens[this.#at++]
    if (!token) throw unsupported(this.#expression)
    return token
  }

  #takeWord(word: string): boolean {
    if (!isWord(this.#tokens[this.#at], word)) return false
    this.#at++
    return true
  }

  #takeSign(sign: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'sign' || token.value !== sign) return false
    this.#at++
    return true
  }

  #needSign(sign: string): void {
    if (!this.#takeSign(sign)) throw unsupported(this.#expression)
  }
}

function or(parts: readonly Condition[], values: readonly string[]): Truth {
  let answer: Truth = false
  for (const part of parts) {
    const truth = part(values)
    if (truth) return true
    if (truth === undefined) answer = undefined
  }
  return answer
}

function and(parts: readonly Condition[], values: readonly string[]): Truth {
  let answer: Truth = true
  for (const part of parts) {
    const truth = part(values)
    if (truth === false) return false
    if (truth === undefined) answer = undefined
  }
  return answer
}

function not(condition: Condition): Condition {
  return (values) => {
    const truth = condition(values)
    return truth === undefined ? undefined : !truth
  }
}

const holds: Record<Comparison, (sign: number) => boolean> = {
  '=': (sign) => sign === 0,
  '<>': (sign) => sign !== 0,
  '<': (sign) => sign < 0,
  '<=': (sign) => sign <= 0,
  '>': (sign) => sign > 0,
  '>=': (sign) => sign >= 0,
}
const mirrored: Record<Comparison, Comparison> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}
const isComparison = (sign: string): sign is Comparison => sign in holds
