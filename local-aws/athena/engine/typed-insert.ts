// INSERT into a table that the engine sees as a view on its text: the rows are written as that text.

import { quoted, type Token, tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { contextDatabase, type Query } from '../api/query.ts'
import { endOfName } from '../iceberg/optimize.ts'
import { writtenTable } from '../results/written-files.ts'
import { edited, type RewrittenSql } from '../sql/rewritten-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { engineName, storedValues } from './typed-view.ts'

/** The statement, or the one that writes the text. */
export async function intoStoredText(
  rewritten: RewrittenSql,
  statement: Statement,
  query: Pick<Query, 'database'>,
  glue: GlueService,
): Promise<RewrittenSql> {
  const target = statement.substatement === 'INSERT' ? writtenTable(statement) : undefined
  const table = target && (await glue.getTable(target.database ?? contextDatabase(query), target.name))
  if (!table || engineName(table) === table.Name) return rewritten
  const tokens = tokensOf(rewritten.sql)
  const nameEnd = endOfName(tokens, 2)
  const listEnd = endOfColumns(tokens, nameEnd)
  const first = tokens[listEnd]
  if (!first) return rewritten
  const values = storedValues(table)
  const names =
    listEnd === nameEnd
      ? [...values.keys()]
      : tokens
          .slice(nameEnd + 1, listEnd - 1)
          .filter(({ text }) => text !== ',')
          .map(({ kind, text, value }) => (kind === 'word' ? text : value).toLowerCase())
  const columns = names.map((name) => values.get(name)?.(quoted(name)) ?? quoted(name))
  const end = tokens.at(-1)!.end
  const stored = edited(rewritten.sql, [
    {
      start: tokens[2]!.start,
      end: tokens[nameEnd - 1]!.end,
      text: `${quoted(table.DatabaseName)}.${quoted(engineName(table))}`,
    },
    { start: first.start, end: first.start, text: `SELECT ${columns.join(', ')} FROM (` },
    { start: end, end, text: `) AS "inserted" (${names.map(quoted).join(', ')})` },
  ])
  return {
    ...rewritten,
    sql: stored.sql,
    inOwnPositions: (message) => rewritten.inOwnPositions(stored.inOwnPositions(message)),
  }
}

/** The index behind a list of columns at this place; the place itself where a query stands there. */
function endOfColumns(tokens: readonly Token[], start: number): number {
  if (tokens[start]?.text !== '(') return start
  let at = start + 1
  while (tokens[at]?.kind === 'word' || tokens[at]?.kind === 'quoted') {
    at++
    if (tokens[at]?.text === ')') return tokens[at + 1] ? at + 1 : start
    if (tokens[at]?.text !== ',') return start
    at++
  }
  return start
}
