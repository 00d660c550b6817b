// What the engine is given for a statement of the user.

import { outputLocation, type QueryRequest } from '../api/query.ts'
import { withDataFolder } from './ctas.ts'
import { withExpressions, withParameters } from './parameters.ts'
import { type PlacedSql, unchanged } from './placed-sql.ts'
import type { Statement } from './statement.ts'

/** The statement with its data folder and parameters filled in. */
export function engineStatement(statement: Statement, request: QueryRequest): PlacedSql {
  const { using } = statement
  const parameters = request.parameters ?? []
  const placed =
    statement.substatement === 'CREATE_TABLE_AS_SELECT'
      ? withDataFolder(statement.sql, statement.tokens, `${outputLocation(request)}/`)
      : unchanged(statement.sql)
  if ((using ?? parameters).length === 0) return placed
  const executed = using ? withExpressions(placed.sql, using) : withParameters(placed.sql, parameters)
  return {
    sql: executed.sql,
    placeInOwnSql: (message) => placed.placeInOwnSql(executed.placeInOwnSql(message)),
  }
}
