// The operations on a running or finished query: its state, its statistics, its rows, its end.
import type { History } from '../engine/history.ts'
import type { Queries } from '../engine/queries.ts'
import { manifestColumns } from '../results/column-info.ts'
import { manifestRows, type ResultPages, resultRows } from '../results/result-pages.ts'
import { invalidInput } from './errors.ts'
import { lookup } from './lookup.ts'
import { pageOf, startAfterNumber } from './page.ts'
import { isFinal, type Query, queryExecution } from './query.ts'
import type { Operations } from './request.ts'
import { runtimeStatistics } from './runtime-statistics.ts'
import type { Workgroups } from './workgroups.ts'

const withManifest = ['CREATE_TABLE_AS_SELECT', 'UNLOAD', 'INSERT']

export interface QueryOperationsParts {
  readonly history: History
  readonly queries: Queries
  readonly pages: ResultPages
  readonly workgroups: Workgroups
}

export function queryOperations({ history, queries, pages, workgroups }: QueryOperationsParts): Operations {
  return {
    async GetQueryExecution({ QueryExecutionId: id }) {
      await queries.pace(id)
      return { QueryExecution: queryExecution(existing(id)) }
    },
    GetQueryRuntimeStatistics: ({ QueryExecutionId }) => ({
      QueryRuntimeStatistics: runtimeStatistics(existing(QueryExecutionId)),
    }),
    BatchGetQueryExecution({ QueryExecutionIds }) {
      const { found, missing } = lookup(QueryExecutionIds, (id) => {
        const query = queries.get(id)
        return query && queryExecution(query)
      })
      return {
        QueryExecutions: found,
        UnprocessedQueryExecutionIds: () =>
          missing.map((id) => ({
            QueryExecutionId: id,
            ErrorCode: 'INVALID_INPUT',
            ErrorMessage: `QueryExecution ${id} was not found`,
          })),
      }
    },
    ListQueryExecutions({ MaxResults: size = 50, NextToken, WorkGroup }) {
      if (size < 0 || size > 50) throw invalidInput('MaxResults is more than maximum allowed length 50')
      const before = startAfterNumber(NextToken)
      const limit = size || 50
      const listed = history.list(workgroups.of(WorkGroup).Name, limit + 1, before)
      const { rows, next } = pageOf(listed, limit, ({ seq }) => String(seq))
      return { QueryExecutionIds: rows.map(({ id }) => id).filter(queries.isAdmitted), ...next }
    },
    StopQueryExecution({ QueryExecutionId }) {
      // Required: only callers of an SDK may omit it, because the SDK generates one.
      queries.stop(existing(QueryExecutionId!).id)
      return {}
    },
    async GetQueryResults({ QueryExecutionId, MaxResults: size = 1000, NextToken, QueryResultType }) {
      const query = existing(QueryExecutionId)
      if (size > 1000) throw invalidInput('MaxResults is more than maximum allowed length 1000')
      if (size < 1) throw invalidInput('MaxResults is less than minimum allowed length 1')
      checkHasResults(query)
      const isManifest = QueryResultType === 'DATA_MANIFEST'
      if (isManifest) checkHasManifest(query)
      const object = isManifest ? manifestRows(query) : resultRows(query)
      const { rows, nextToken } = await pages.page(object, size, NextToken)
      return {
        ...(query.updateCount === undefined ? {} : { UpdateCount: query.updateCount }),
        ResultSet: {
          Rows: rows,
          ResultSetMetadata: { ColumnInfo: isManifest ? manifestColumns : (query.columns ?? []) },
        },
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      }
    },
  }

  function existing(id: string): Query {
    const query = queries.get(id)
    if (!query) throw invalidInput(`QueryExecution ${id} was not found`)
    return query
  }
}

/** @throws AwsError unless the query succeeded */
function checkHasResults({ state }: Query): void {
  if (state === 'CANCELLED') throw invalidInput('Could not find results')
  if (!isFinal(state)) throw invalidInput(`Query has not yet finished. Current state: ${state}`)
  if (state === 'FAILED') throw invalidInput('Query did not finish successfully. Final query state: FAILED')
}

/** @throws AwsError for a statement that writes no files */
function checkHasManifest({ substatement }: Query): void {
  if (withManifest.includes(substatement)) return
  throw invalidInput(
    `QueryResultType DATA_MANIFEST is for ${withManifest.join(', ')} only; the query is ${substatement}`,
  )
}
