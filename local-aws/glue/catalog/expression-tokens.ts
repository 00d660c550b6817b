// The words, texts, numbers and signs that a partition expression is made of.
import { invalidInput } from '../api/errors.ts'

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign'
  readonly value: string
  /** A name in quotation marks or backticks: never a keyword. */
  readonly quoted?: boolean
}

/** What Glue says to an expression that it cannot read. */
export const unsupported = (expression: string) => invalidInput(`Unsupported expression '${expression}'`)

const pieces =
  /\s+|'([^']*(?:''[^']*)*)'|"([^"]+)"|`([^`]+)`|(-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<>|!=|<=|>=|[=<>(),])/y

/** @throws GlueError InvalidInputException at a character that starts none of them */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = []
  pieces.lastIndex = 0
  while (pieces.lastIndex < expression.length) {
    const match = pieces.exec(expression)
    if (!match) throw unsupported(expression)
    const [, text, doubleQuoted, backTicked, number, word, sign] = match
    const name = doubleQuoted ?? backTicked
    if (text !== undefined) tokens.push({ kind: 'text', value: text.replaceAll("''", "'") })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name, quoted: true })
    else if (number !== undefined) tokens.push({ kind: 'number', value: number })
    else if (word !== undefined) tokens.push({ kind: 'name', value: word })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign === '!=' ? '<>' : sign })
  }
  return tokens
}

/** Whether the token is this keyword, in any case. */
export const isWord = (token: Token | undefined, word: string) =>
  token?.kind === 'name' && !token.quoted && token.value.toUpperCase() === word
