// OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE ...], translated for the engine.

import { mismatch, type Token } from '@ticklake/runtime/sql/tokens.ts'
import { malformedQuery } from '../api/errors.ts'
import { edited, type RewrittenSql } from '../sql/rewritten-sql.ts'

const keywords = ['REWRITE', 'DATA', 'USING', 'BIN_PACK']

/** @throws AwsError MALFORMED_QUERY */
export function engineOptimize(sql: string, tokens: readonly Token[]): RewrittenSql {
  const unexpected = (token: Token | undefined, expected: string) =>
    malformedQuery(mismatch(sql, token, [expected]))
  const start = endOfName(tokens, 1)
  if (start === 1) throw unexpected(tokens[1], '<identifier>')
  for (const [i, word] of keywords.entries()) {
    const token = tokens[start + i]
    if (token?.kind !== 'word' || token.value !== word) throw unexpected(token, `'${word}'`)
  }
  const rest = tokens[start + keywords.length]
  if (rest && rest.value !== 'WHERE') throw unexpected(rest, "'WHERE'")
  const [verb, first, last] = [tokens[0]!, tokens[start]!, tokens[start + keywords.length - 1]!]
  return edited(sql, [
    { start: verb.start, end: verb.end, text: 'ALTER TABLE' },
    { start: first.start, end: last.end, text: 'EXECUTE optimize' },
  ])
}

/** The table named at this position, in lower case as in the catalog; a catalog before it is left out. */
export function nameAt(
  tokens: readonly Token[],
  start: number,
): { database: string | undefined; name: string } | undefined {
  const parts = tokens.slice(start, endOfName(tokens, start)).filter(({ text }) => text !== '.')
  const names = parts.map(({ kind, text, value }) => (kind === 'word' ? text : value).toLowerCase())
  const [name, database] = names.toReversed()
  return name === undefined ? undefined : { database, name }
}

/** The index after a name of several parts. */
export function endOfName(tokens: readonly Token[], start: number): number {
  let at = start
  while (tokens[at]?.kind === 'word' || tokens[at]?.kind === 'quoted') {
    at++
    if (tokens[at]?.text !== '.') break
    at++
  }
  return at
}
