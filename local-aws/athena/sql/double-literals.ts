// A number with a point is a double in Athena; in Trino it is a decimal unless it has an exponent.

import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import type { Edit } from './rewritten-sql.ts'

/** The edits that give such numbers an exponent. */
export function doubleLiterals(tokens: readonly Token[]): Edit[] {
  return tokens.filter(isDecimal).map(({ end }) => ({ start: end, end, text: exponent }))
}

/** The token's text for the engine. */
export function literalText(token: Token): string {
  return isDecimal(token) ? `${token.text}${exponent}` : token.text
}

const exponent = 'E0'

const isDecimal = ({ kind, text }: Token) => kind === 'number' && text.includes('.') && !/e/i.test(text)
