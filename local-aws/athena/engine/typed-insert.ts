// INSERT into a table that the engine would write differently than Athena: rewritten to its columns as they are stored.

import { quoted, type Token, tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { contextDatabase, type Query } from '../api/query.ts'
import { endOfName } from '../iceberg/optimize.ts'
import { writtenTable } from '../results/written-files.ts'
import { edited, type RewrittenSql } from '../sql/rewritten-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { isWrittenAsStored, storedColumns, storedText } from './typed-view.ts'

/** The statement, or a rewritten one that writes the stored form. */
export async function intoStoredText(
  rewritten: RewrittenSql,
  statement: Statement,
  query: Pick<Query, 'database'>,
  glue: GlueService,
): Promise<RewrittenSql> {
  const target = statement.substatement === 'INSERT' ? writtenTable(statement) : undefined
  const table = target && (await glue.getTable(target.database ?? contextDatabase(query), target.name))
  if (!table || !isWrittenAsStored(table)) return rewritten
  const tokens = tokensOf(rewritten.sql)
  const nameEnd = endOfName(tokens, 2)
  const listEnd = endOfColumns(tokens, nameEnd)
  const first = tokens[listEnd]
  if (!first) return rewritten
  const stored = storedColumns(table)
  const names =
    listEnd === nameEnd
      ? [...stored.keys()]
      : tokens
          .slice(nameEnd + 1, listEnd - 1)
          .filter(({ text }) => text !== ',')
          .map(({ kind, text, value }) => (kind === 'word' ? text : value).toLowerCase())
  const values = names.map((name) => stored.get(name)?.value(quoted(name)) ?? quoted(name))
  const targets = names.map((name) => quoted(stored.get(name)?.name ?? name)).join(', ')
  const end = tokens.at(-1)!.end
  const changed = edited(rewritten.sql, [
    {
      start: tokens[2]!.start,
      end: tokens[listEnd - 1]!.end,
      text: `${quoted(table.DatabaseName)}.${quoted(`${table.Name}${storedText}`)} (${targets})`,
    },
    { start: first.start, end: first.start, text: `SELECT ${values.join(', ')} FROM (` },
    { start: end, end, text: `) AS "inserted" (${names.map(quoted).join(', ')})` },
  ])
  return {
    ...rewritten,
    sql: changed.sql,
    inOwnPositions: (message) => rewritten.inOwnPositions(changed.inOwnPositions(message)),
  }
}

/** The index after a list of columns at this position, or the position itself if a query follows directly. */
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
