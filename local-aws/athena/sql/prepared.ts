// The grammar of PREPARE, EXECUTE and DEALLOCATE, which are Athena's own statements.

import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import { malformedQuery } from '../api/errors.ts'
import type { Statement } from './statement.ts'
import { TokenReader } from './token-reader.ts'

export type PreparedCommand =
  | { readonly verb: 'PREPARE'; readonly name: string; readonly query: string }
  | { readonly verb: 'EXECUTE'; readonly name: string; readonly using: readonly string[] }
  | { readonly verb: 'EXECUTE IMMEDIATE'; readonly query: string; readonly using: readonly string[] }
  | { readonly verb: 'DEALLOCATE'; readonly name: string }

/** The parsed statement, or undefined for any other. @throws AwsError MALFORMED_QUERY */
export function preparedCommand({ sql, tokens, substatement }: Statement): PreparedCommand | undefined {
  const reader = new TokenReader(sql, tokens)
  switch (substatement) {
    case 'PREPARE': {
      reader.expect('PREPARE')
      const name = nameAt(reader)
      reader.expect('FROM')
      const first = reader.peek()
      if (!first) throw reader.unexpected('<statement>')
      return { verb: 'PREPARE', name, query: sql.slice(first.start).trimEnd() }
    }
    case 'EXECUTE': {
      reader.expect('EXECUTE')
      const isImmediate = tokens[1]?.value === 'IMMEDIATE' && tokens[2]?.kind === 'string'
      if (isImmediate) reader.expect('IMMEDIATE')
      const text = isImmediate ? reader.text() : nameAt(reader)
      let using: readonly string[] = []
      if (!reader.done) {
        reader.expect('USING')
        using = expressions(sql, tokens.slice(isImmediate ? 4 : 3))
      }
      return isImmediate
        ? { verb: 'EXECUTE IMMEDIATE', query: text, using }
        : { verb: 'EXECUTE', name: text, using }
    }
    case 'DEALLOCATE': {
      reader.expect('DEALLOCATE', 'PREPARE')
      const name = nameAt(reader)
      reader.end()
      return { verb: 'DEALLOCATE', name }
    }
    default:
      return undefined
  }
}

/** A name keeps its case: the API's names have upper and lower case. */
function nameAt(reader: TokenReader): string {
  const token = reader.peek()
  if (token?.kind === 'quoted') reader.text()
  else reader.name()
  return token!.kind === 'word' ? token!.text : token!.value
}

/** The texts between the commas outside all brackets. */
function expressions(sql: string, tokens: readonly Token[]): string[] {
  const found: string[] = []
  let depth = 0
  let first = 0
  const take = (end: number) => {
    if (end === first) throw malformedQuery('EXECUTE has an empty parameter after USING')
    found.push(sql.slice(tokens[first]!.start, tokens[end - 1]!.end))
    first = end + 1
  }
  tokens.forEach(({ kind, text }, i) => {
    if (kind !== 'symbol') return
    if (text === '(' || text === '[') depth++
    else if (text === ')' || text === ']') depth--
    else if (text === ',' && depth === 0) take(i)
  })
  take(tokens.length)
  return found
}
