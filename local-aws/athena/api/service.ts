// Athena's API: each operation checks its request in Athena's order and answers in Athena's form.
import type { LocalAwsConfig } from '../../config.ts'
import type { Events } from '../../events.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { AwsError } from '../../http/aws-error.ts'
import { jsonPieces } from '../../http/json-answer.ts'
import type { JsonAnswer } from '../../http/json-exchange.ts'
import { requestObject, unreadableRequest } from '../../http/request-json.ts'
import type { JsonService } from '../../http/server.ts'
import { openTableFiles } from '../../iceberg/s3.ts'
import { openIcebergTables } from '../../iceberg/tables.ts'
import { openHistory } from '../engine/history.ts'
import { openQueries } from '../engine/queries.ts'
import { openResultPages, type ResultPage } from '../results/result-pages.ts'
import { openResultObjects } from '../results/s3.ts'
import { capacityOperations } from './capacity.ts'
import { openCatalogEntries } from './catalog-entries.ts'
import { dataCatalogOperations } from './data-catalogs.ts'
import { invalidInput } from './errors.ts'
import { lookup } from './lookup.ts'
import { type NamedQuery, namedQueryOperations } from './named-queries.ts'
import { type PreparedStatement, preparedStatementOperations } from './prepared-statements.ts'
import { isFinal, type Query, queryExecution } from './query.ts'
import { type Members, optionalInteger, optionalText, optionalTexts, requiredText } from './request.ts'
import { runtimeStatistics } from './runtime-statistics.ts'
import { sparkOperations } from './spark.ts'
import { startQueryOperations } from './start-query.ts'
import { tagOperations } from './tags.ts'
import { openWorkgroups } from './workgroups.ts'

/** A query of the longest size with each character escaped, and parameters. It is read by the thread that answers everybody. */
const mostRequestBytes = 4 * 1024 * 1024

export interface AthenaParts {
  readonly config: LocalAwsConfig
  readonly glue: GlueService
  readonly events: Events
}

export interface AthenaService extends JsonService, AsyncDisposable {
  handleText(operation: string, json: string): Promise<JsonAnswer>
  /** One request of this process, as a value; lists of batch answers are still to be read. @throws AwsError */
  handle(operation: string, request: object): Promise<{ status: number; body: object }>
}

/** Opens the history in the data folder and answers from then on. */
export function openAthena({ config, glue, events }: AthenaParts): AthenaService {
  const history = openHistory(config.dataDir)
  const objects = openResultObjects(config.s3Endpoint, config.region, config.secret)
  const pages = openResultPages(objects)
  const tableFiles = openTableFiles(config.s3Endpoint, config.region, config.secret)
  const iceberg = openIcebergTables(glue, tableFiles)
  const { historyMs, keepResults } = config
  const queries = openQueries({
    engine: { url: config.trinoUrl, secret: config.secret },
    glue,
    iceberg,
    history,
    objects,
    pages,
    events,
    historyMs,
    keepResults,
  })
  const queriesOf = {
    isEmpty: (workgroup: string) => history.list(workgroup, 1).length === 0,
    removeAll(workgroup: string) {
      const ids = history.list(workgroup, Number.MAX_SAFE_INTEGER).map(({ id }) => id)
      for (const id of ids) queries.stop(id)
      history.forget(ids)
    },
  }
  const namedQueries = history.definitions<NamedQuery>('named query')
  const preparedStatements = history.definitions<PreparedStatement>('prepared statement')
  const entries = openCatalogEntries(history.definitions('data catalog'), config)
  const workgroups = openWorkgroups(
    history.definitions('workgroup'),
    [queriesOf, namedQueries, preparedStatements],
    config,
  )

  const operations: Record<string, (request: Members) => unknown> = {
    GetQueryExecution(request) {
      return { QueryExecution: queryExecution(existing(requiredText(request, 'QueryExecutionId'))) }
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
      const query = existing(requiredText(request, 'QueryExecutionId'))
      const size = optionalInteger(request, 'MaxResults') ?? 1000
      if (size > 1000) throw invalidInput('MaxResults is more than maximum allowed length 1000')
      if (size < 1) throw invalidInput('MaxResults is less than minimum allowed length 1')
      checkHasResults(query)
      const { rows, nextToken } = await pages.page(query, size, optionalText(request, 'NextToken'))
      return {
        ...(query.updateCount === undefined ? {} : { UpdateCount: query.updateCount }),
        ResultSet: {
          Rows: () => resultRows(rows),
          ResultSetMetadata: { ColumnInfo: query.columns ?? [] },
        },
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      }
    },
    ...startQueryOperations({ config, history, queries, objects, workgroups, preparedStatements }),
    ...workgroups.operations,
    ...namedQueryOperations(namedQueries, workgroups),
    ...preparedStatementOperations(preparedStatements, workgroups),
    ...tagOperations({ workgroup: workgroups, datacatalog: entries }, config),
    ...capacityOperations,
    ...sparkOperations,
    ...entries.operations,
    ...dataCatalogOperations(glue, entries),
  }

  function existing(id: string): Query {
    const query = queries.get(id)
    if (!query) throw invalidInput(`QueryExecution ${id} was not found`)
    return query
  }

  async function handle(operation: string, request: object): Promise<{ status: number; body: object }> {
    const answer = Object.hasOwn(operations, operation) ? operations[operation] : undefined
    if (!answer) return { status: 400, body: { __type: 'UnknownOperationException' } }
    return { status: 200, body: (await answer(request as Members)) as object }
  }

  return {
    mostBytes: mostRequestBytes,
    handle,
    async handleText(operation, json) {
      const request = requestObject(json)
      if (!request) throw new AwsError('SerializationException', unreadableRequest)
      const { status, body } = await handle(operation, request)
      return { status, text: jsonPieces(body) }
    },
    async [Symbol.asyncDispose]() {
      await queries[Symbol.asyncDispose]()
      history[Symbol.dispose]()
      objects[Symbol.dispose]()
      tableFiles[Symbol.dispose]()
    },
  }
}

function* resultRows(rows: ResultPage['rows']): Generator<unknown> {
  for (const row of rows) {
    yield { Data: row.map((value) => (value === null ? {} : { VarCharValue: value })) }
  }
}

/** @throws AwsError unless the query succeeded */
function checkHasResults({ state }: Query): void {
  if (state === 'CANCELLED') throw invalidInput('Could not find results')
  if (!isFinal(state)) throw invalidInput(`Query has not yet finished. Current state: ${state}`)
  if (state === 'FAILED') throw invalidInput('Query did not finish successfully. Final query state: FAILED')
}
