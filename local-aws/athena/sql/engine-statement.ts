// Translates a user's statement for the engine.

import { contextDatabase, outputLocation, type QueryRequest } from '../api/query.ts'
import { mayShowCatalogs, refuseIcebergCatalog } from '../iceberg/hidden-catalog.ts'
import { engineOptimize } from '../iceberg/optimize.ts'
import { engineCtas } from './ctas.ts'
import { doubleLiterals } from './double-literals.ts'
import { analyzeOptions } from './explain.ts'
import { withExpressions, withParameters } from './parameters.ts'
import { edited, type RewrittenSql } from './rewritten-sql.ts'
import type { Statement } from './statement.ts'
import { engineUnload } from './unload.ts'

/** The statement with its data folder and parameters filled in. */
export function engineStatement(statement: Statement, request: QueryRequest): RewrittenSql {
  refuseIcebergCatalog(statement.tokens, request.catalog)
  const { using } = statement
  const parameters = request.parameters ?? []
  const rewritten = rewrittenStatement(statement, request)
  if ((using ?? parameters).length === 0) return rewritten
  const executed = using ? withExpressions(rewritten.sql, using) : withParameters(rewritten.sql, parameters)
  return {
    ...rewritten,
    sql: executed.sql,
    inOwnPositions: (message) => rewritten.inOwnPositions(executed.inOwnPositions(message)),
  }
}

function rewrittenStatement(statement: Statement, request: QueryRequest): RewrittenSql {
  const { substatement, sql, tokens } = statement
  switch (substatement) {
    case 'CREATE_TABLE_AS_SELECT':
      return withAdvice(
        engineCtas(sql, tokens, `${outputLocation(request)}/`, contextDatabase(request)),
        request,
      )
    case 'OPTIMIZE':
      return engineOptimize(sql, tokens)
    case 'UNLOAD':
      return withAdvice(engineUnload(sql, tokens, request.id), request)
    case 'EXPLAIN': {
      const edits = [...analyzeOptions(sql, tokens), ...doubleLiterals(tokens)]
      return { ...edited(sql, edits), showsCatalogs: true }
    }
    default:
      return { ...edited(sql, doubleLiterals(tokens)), showsCatalogs: mayShowCatalogs(statement) }
  }
}

/** Athena's advice, when the folder that the statement writes to is not empty. */
function withAdvice(rewritten: RewrittenSql, request: QueryRequest): RewrittenSql {
  const advice = `. You may need to manually clean the data at location '${outputLocation(request)}' before retrying. Athena will not delete data in your account.`
  return {
    ...rewritten,
    inOwnPositions: (message) => {
      const own = rewritten.inOwnPositions(message)
      return own.startsWith('Target directory for table ') ? `${own}${advice}` : own
    },
  }
}
