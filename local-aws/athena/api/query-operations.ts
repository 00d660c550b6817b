// The operations that follow a query: how it goes, what it cost, its rows, its end.
import type { History } from '../engine/history.ts'
import type { Queries } from '../engine/queries.ts'
import { manifestColumns } from '../results/column-info.ts'
import { manifestRows, type ResultPages, resultRows } from '../results/result-pages.ts'
import { invalidInput } from './errors.ts'
import { lookup } from './lookup.ts'
import { isFinal, type Query, queryExecution } from './query.ts'
import { optionalInteger, optionalText, optionalTexts, requiredText } from './request.ts'
import { runtimeStatistics } from './runtime-statistics.ts'
import { checked, type Operations, structure, text } from './shape.ts'
import type { Workgroups } from './workgroups.ts'

const resultType = structure({ QueryResultType: text({ oneOf: ['DATA_MANIFEST', 'DATA_ROWS'] }) })
const withManifest = ['CREATE_TABLE_AS_SELECT', 'UNLOAD', 'INSERT']

export interface QueryOperationsParts {
  readonly history: History
  readonly queries: Queries
  readonly pages: ResultPages
  readonly workgroups: Workgroups
}

export function queryOperations({ history, queries, pages, workgroups }: QueryOperationsParts): Operations {
  return {
    async GetQueryExecution(request) {
      const id = requiredText(request, 'QueryExecutionId')
      await queries.pace(id)
      return { QueryExecution: queryExecution(existing(id)) }
    },
    GetQueryRuntimeStatistics(request) {
      return {
        QueryRuntimeStatistics: runtimeStatistics(existing(requiredText(request, 'QueryExecutionId'))),
      }
    },
    BatchGetQueryExecution(request) {
      const ids = optionalTexts(request, 'QueryExecutionIds') ?? []
      if (ids.length < 1 || ids.length > 50) {
        throw invalidInput(
          "1 validation error detected: Value at 'queryExecutionIds' failed to satisfy constraint: Member must have length between 1 and 50",
        )
      }
      const { found, missing } = lookup(ids, (id) => {
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
    ListQueryExecutions(request) {
      const size = optionalInteger(request, 'MaxResults') ?? 50
      if (size < 0 || size > 50) throw invalidInput('MaxResults is more than maximum allowed length 50')
      const token = optionalText(request, 'NextToken')
      if (token !== undefined && !/^\d{1,15}$/.test(token))
        throw invalidInput(`Malformed nextPageToken ${token}`)
      const limit = size || 50
      const listed = history.list(
        workgroups.of(optionalText(request, 'WorkGroup')).Name,
        limit + 1,
        token === undefined ? undefined : Number(token),
      )
      const page = listed.slice(0, limit)
      return {
        QueryExecutionIds: page.map((row) => row.id).filter(queries.isAdmitted),
        ...(listed.length > limit ? { NextToken: String(page.at(-1)!.seq) } : {}),
      }
    },
    StopQueryExecution(request) {
      const { id } = existing(requiredText(request, 'QueryExecutionId'))
      queries.stop(id)
      return {}
    },
    async GetQueryResults(request) {
      const { QueryResultType } = checked(resultType, request)
      const query = existing(requiredText(request, 'QueryExecutionId'))
      const size = optionalInteger(request, 'MaxResults') ?? 1000
      if (size > 1000) throw invalidInput('MaxResults is more than maximum allowed length 1000')
      if (size < 1) throw invalidInput('MaxResults is less than minimum allowed length 1')
      checkHasResults(query)
      const isManifest = QueryResultType === 'DATA_MANIFEST'
      if (isManifest) checkHasManifest(query)
      const object = isManifest ? manifestRows(query) : resultRows(query)
      const { rows, nextToken } = await pages.page(object, size, optionalText(request, 'NextToken'))
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
