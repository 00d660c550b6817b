// The tokens of a partition expression: words, strings, numbers and symbols.
import { tokensOf as sqlTokens } from '@ticklake/runtime/sql/tokens.ts'
import { invalidInput } from '../api/errors.ts'

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign'
  readonly value: string
  /** A name in quotation marks or backticks: never a keyword. */
  readonly quoted?: boolean
}

/** Glue's message for an expression that it cannot parse. */
export const unsupported = (expression: string) => invalidInput(`Unsupported expression '${expression}'`)

const signs = new Set(['<>', '!=', '<=', '>=', '=', '<', '>', '(', ')', ','])

/** @throws GlueError InvalidInputException at an invalid token */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = []
  const all = sqlTokens(expression)
  for (const [i, { kind, text, value, end }] of all.entries()) {
    const next = all[i + 1]
    const isNegative = all[i - 1]?.text === '-'
    if (kind === 'string') tokens.push({ kind: 'text', value })
    else if ((kind === 'quoted' || kind === 'backtick') && value !== '') {
      tokens.push({ kind: 'name', value, quoted: true })
    } else if (kind === 'number') tokens.push({ kind: 'number', value: isNegative ? `-${text}` : text })
    else if (kind === 'word' && /^[A-Za-z_]\w*$/.test(text)) tokens.push({ kind: 'name', value: text })
    else if (signs.has(text)) tokens.push({ kind: 'sign', value: text === '!=' ? '<>' : text })
    else if (text !== '-' || next?.kind !== 'number' || next.start !== end) throw unsupported(expression)
  }
  return tokens
}

/** Whether the token is this keyword, in any case. */
export const isWord = (token: Token | undefined, word: string) =>
  token?.kind === 'name' && !token.quoted && token.value.toUpperCase() === word
