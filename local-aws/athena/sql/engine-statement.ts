// What the engine is given for a statement of the user.

import { contextDatabase, outputLocation, type QueryRequest } from '../api/query.ts'
import { mayShowCatalogs, refuseIcebergCatalog } from '../iceberg/hidden-catalog.ts'
import { engineOptimize } from '../iceberg/optimize.ts'
import { engineCtas } from './ctas.ts'
import { doubleLiterals } from './double-literals.ts'
import { analyzeOptions } from './explain.ts'
import { withExpressions, withParameters } from './parameters.ts'
import { edited, type PlacedSql } from './placed-sql.ts'
import type { Statement } from './statement.ts'
import { engineUnload } from './unload.ts'

/** The statement with its data folder and parameters filled in. */
export function engineStatement(statement: Statement, request: QueryRequest): PlacedSql {
  refuseIcebergCatalog(statement.tokens, request.catalog)
  const { using } = statement
  const parameters = request.parameters ?? []
  const placed = placedStatement(statement, request)
  if ((using ?? parameters).length === 0) return placed
  const executed = using ? withExpressions(placed.sql, using) : withParameters(placed.sql, parameters)
  return {
    ...placed,
    sql: executed.sql,
    placeInOwnSql: (message) => placed.placeInOwnSql(executed.placeInOwnSql(message)),
  }
}

function placedStatement(statement: Statement, request: QueryRequest): PlacedSql {
  const { substatement, sql, tokens } = statement
  switch (substatement) {
    case 'CREATE_TABLE_AS_SELECT':
      return engineCtas(sql, tokens, `${outputLocation(request)}/`, contextDatabase(request))
    case 'OPTIMIZE':
      return engineOptimize(sql, tokens)
    case 'UNLOAD':
      return engineUnload(sql, tokens, request.id)
    case 'EXPLAIN': {
      const edits = [...analyzeOptions(sql, tokens), ...doubleLiterals(tokens)]
      return { ...edited(sql, edits), showsCatalogs: true }
    }
    default:
      return { ...edited(sql, doubleLiterals(tokens)), showsCatalogs: mayShowCatalogs(statement) }
  }
}
