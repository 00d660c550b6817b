// ExecutionParameters: texts that replace the question marks of a query.

import { literal, type Token, tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import { literalText } from './double-literals.ts'
import type { RewrittenSql } from './rewritten-sql.ts'

/** The statement that runs `sql` with these parameters. */
export function withParameters(sql: string, parameters: readonly string[]): RewrittenSql {
  return withExpressions(sql, parameters.map(parameterExpression))
}

/** The statement that runs `sql` with these expressions, unchanged. */
export function withExpressions(sql: string, expressions: readonly string[]): RewrittenSql {
  const opening = "EXECUTE IMMEDIATE '"
  return {
    sql: `${opening}${literal(sql).slice(1)} USING ${expressions.join(', ')}`,
    inOwnPositions: (message) =>
      message.replace(/^line 1:(\d+):/, (_all, column) => `line 1:${Number(column) - opening.length}:`),
  }
}

/** An expression without a column reference is used as it is; anything else becomes a string literal. */
export function parameterExpression(text: string): string {
  const tokens = tokensOf(text)
  if (!new ExpressionParser(tokens).isConstant()) return literal(text)
  // Without its comments: a comment to the end of the line would swallow the next parameter.
  // Adds a blank only where there was one: X '41' does not mean the bytes of X'41'.
  return tokens
    .map((token, i) => (i > 0 && tokens[i - 1]!.end < token.start ? ' ' : '') + literalText(token))
    .join('')
}

const operators = new Set(['+', '-', '*', '/', '%', '||', '=', '<', '>', '<=', '>=', '<>', '!=', 'AND', 'OR'])
const constants = new Set([
  'TRUE',
  'FALSE',
  'NULL',
  'CURRENT_DATE',
  'CURRENT_TIMESTAMP',
  'CURRENT_TIME',
  'LOCALTIMESTAMP',
])
const typePrefixes = new Set([
  'DATE',
  'TIME',
  'TIMESTAMP',
  'DECIMAL',
  'DOUBLE',
  'BIGINT',
  'INTEGER',
  'SMALLINT',
  'TINYINT',
  'VARCHAR',
  'CHAR',
  'JSON',
  'X',
  'U',
])

/** Whether the tokens are one expression of literals, operators, brackets and function calls. */
class ExpressionParser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  isConstant(): boolean {
    return this.#expression() && this.#at === this.#tokens.length
  }

  #expression(): boolean {
    if (!this.#operand()) return false
    while (operators.has(this.#next()?.value ?? '')) {
      this.#at++
      if (!this.#operand()) return false
    }
    return true
  }

  #operand(): boolean {
    while (this.#take('-') || this.#take('+') || this.#take('NOT'));
    const token = this.#next()
    if (!token) return false
    this.#at++
    switch (token.kind) {
      case 'number':
      case 'string':
        return true
      case 'symbol':
        return token.text === '(' && this.#expression() && this.#take(')')
      case 'word':
        return this.#wordOperand(token)
      default:
        return false
    }
  }

  #wordOperand(token: Token): boolean {
    if (constants.has(token.value)) return true
    if (token.value === 'INTERVAL') return this.#interval()
    if (typePrefixes.has(token.value) && this.#next()?.kind === 'string') {
      this.#at++
      return true
    }
    if (token.value === 'CAST' || token.value === 'TRY_CAST') return this.#cast()
    if (token.value === 'ARRAY' && this.#take('[')) return this.#items(']')
    return this.#take('(') && this.#items(')')
  }

  #items(end: string): boolean {
    if (this.#take(end)) return true
    do if (!this.#expression()) return false
    while (this.#take(','))
    return this.#take(end)
  }

  #interval(): boolean {
    this.#take('-')
    const isText = this.#next()?.kind === 'string'
    this.#at++
    const unit = this.#next()
    this.#at++
    return isText && unit?.kind === 'word'
  }

  /** CAST(expression AS type): the type may have its own brackets. */
  #cast(): boolean {
    if (!this.#take('(') || !this.#expression() || !this.#take('AS')) return false
    let depth = 1
    while (depth > 0) {
      const token = this.#next()
      if (!token || token.kind === 'string' || token.kind === 'broken') return false
      if (token.text === '(') depth++
      if (token.text === ')') depth--
      this.#at++
    }
    return true
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #take(value: string): boolean {
    const token = this.#next()
    if (token?.value !== value || token.kind === 'string' || token.kind === 'quoted') return false
    this.#at++
    return true
  }
}
