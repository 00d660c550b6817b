// Athena's API: each operation checks its request in Athena's order and answers in Athena's form.
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { LocalAwsConfig } from '../../config.ts'
import type { Events } from '../../events.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { AwsError } from '../../http/aws-error.ts'
import { requestObject, unreadableRequest } from '../../http/request-json.ts'
import type { JsonService } from '../../http/server.ts'
import { openHistory } from '../engine/history.ts'
import { openQueries } from '../engine/queries.ts'
import { openResultPages } from '../results/result-pages.ts'
import { openResultObjects, s3Place } from '../results/s3.ts'
import { statementOf } from '../sql/statement.ts'
import { dataCatalogOperations } from './data-catalogs.ts'
import { invalidInput, invalidRequest } from './errors.ts'
import { isFinal, type Query, type QueryRequest, queryExecution } from './query.ts'
import {
  checkLength,
  type Members,
  optionalInteger,
  optionalText,
  optionalTexts,
  requiredText,
  structure,
} from './request.ts'
import { getWorkGroup, listWorkGroups, workgroupOf } from './workgroups.ts'

/** The most bytes of a query, in UTF-8. */
const maxQueryBytes = 262_144
/** A query of that size with each character escaped, and parameters. It is read by the thread that answers everybody. */
const mostRequestBytes = 4 * 1024 * 1024
const maxParameters = 1_000
const maxParameterLength = 1_024

export interface AthenaParts {
  readonly config: LocalAwsConfig
  readonly glue: GlueService
  readonly events: Events
}

export interface AthenaService extends JsonService, AsyncDisposable {
  /** One request as a value. @throws AwsError as AWS would answer */
  handle(operation: string, body: unknown): Promise<{ status: number; body: unknown }>
}

/** Opens the history in the data folder and answers from then on. */
export function openAthena({ config, glue, events }: AthenaParts): AthenaService {
  const sinceMs = Date.now()
  const history = openHistory(config.dataDir)
  const objects = openResultObjects(config.s3Endpoint, config.region, config.secret)
  const pages = openResultPages(objects)
  const { historyMs, keepResults } = config
  const queries = openQueries({
    engine: { url: config.trinoUrl, secret: config.secret },
    glue,
    history,
    objects,
    pages,
    events,
    historyMs,
    keepResults,
  })
  /** Requests that are being started, by token: a repeated one waits for the first instead of running twice. */
  const starting = new Map<string, Promise<QueryRequest>>()

  const operations: Record<string, (request: Members) => unknown> = {
    async StartQueryExecution(request) {
      const token = clientToken(request)
      const query = requiredText(request, 'QueryString')
      // Before anything looks into it.
      checkLength('queryString', query, maxQueryBytes)
      if (Buffer.byteLength(query) > maxQueryBytes) {
        throw invalidInput(`The query has more than ${maxQueryBytes} bytes in UTF-8`)
      }
      const workgroup = workgroupOf(request)
      const resultFolder = resultFolderOf(structure(request, 'ResultConfiguration'), config.defaultResults)
      const statement = statementOf(query)
      const { catalog, database } = contextOf(request)
      const asked: QueryRequest = {
        id: randomUUID(),
        token,
        query: statement.query,
        statementType: statement.type,
        substatement: statement.substatement,
        catalog,
        database,
        workgroup,
        parameters: parametersOf(request),
        resultFolder,
        submittedAtMs: Date.now(),
      }
      const inFlight = starting.get(token)
      // The one under way first: its record is there already, though it may yet be refused and never have been.
      const earlier = (inFlight && (await inFlight.catch(() => undefined))) ?? history.withToken(token)
      if (earlier) return { QueryExecutionId: sameRequest(earlier, asked).id }
      const bucket = s3Place(resultFolder)!.bucket
      const started = (async () => {
        if (!(await objects.bucketExists(bucket)))
          throw invalidInput(`Unable to verify/create output bucket ${bucket}`)
        await queries.start(asked, statement)
        return asked
      })()
      starting.set(token, started)
      try {
        return { QueryExecutionId: (await started).id }
      } finally {
        starting.delete(token)
      }
    },
    GetQueryExecution(request) {
      return { QueryExecution: queryExecution(existing(requiredText(request, 'QueryExecutionId'))) }
    },
    BatchGetQueryExecution(request) {
      const ids = optionalTexts(request, 'QueryExecutionIds') ?? []
      if (ids.length < 1 || ids.length > 50) {
        throw invalidInput(
          "1 validation error detected: Value at 'queryExecutionIds' failed to satisfy constraint: Member must have length between 1 and 50",
        )
      }
      const found = ids.map((id) => queries.get(id))
      const unknown = ids.filter((_id, i) => found[i] === undefined)
      return {
        QueryExecutions: found.filter((query) => query !== undefined).map(queryExecution),
        UnprocessedQueryExecutionIds: unknown.map((id) => ({
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
        workgroupOf(request),
        limit + 1,
        token === undefined ? undefined : Number(token),
      )
      const page = listed.slice(0, limit)
      return {
        QueryExecutionIds: page.map((row) => row.id).filter(queries.isTold),
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
          Rows: rows.map((row) => ({
            Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
          })),
          ResultSetMetadata: { ColumnInfo: query.columns ?? [] },
        },
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      }
    },
    GetWorkGroup: (request) => getWorkGroup(request, config.defaultResults, sinceMs),
    ListWorkGroups: () => listWorkGroups(sinceMs),
    ...dataCatalogOperations(glue, config.accountId),
  }

  function existing(id: string): Query {
    const query = queries.get(id)
    if (!query) throw invalidInput(`QueryExecution ${id} was not found`)
    return query
  }

  async function handle(operation: string, body: unknown): Promise<{ status: number; body: unknown }> {
    const answer = Object.hasOwn(operations, operation) ? operations[operation] : undefined
    if (!answer) return { status: 400, body: { __type: 'UnknownOperationException' } }
    return { status: 200, body: await answer(body as Members) }
  }

  return {
    mostBytes: mostRequestBytes,
    handle,
    async handleText(operation, json) {
      const request = requestObject(json)
      if (!request) throw new AwsError('SerializationException', unreadableRequest)
      const { status, body } = await handle(operation, request)
      return { status, text: JSON.stringify(body) }
    },
    async [Symbol.asyncDispose]() {
      await queries[Symbol.asyncDispose]()
      history[Symbol.dispose]()
      objects[Symbol.dispose]()
    },
  }
}

/** @throws AwsError */
function clientToken(request: Members): string {
  const token = optionalText(request, 'ClientRequestToken')
  if (!token) throw invalidInput('clientRequestToken is null or empty')
  if (token.length < 32 || token.length > 128) {
    throw invalidInput(
      `1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length between 32 and 128`,
    )
  }
  return token
}

/** @throws AwsError */
function contextOf(request: Members): { catalog: string | undefined; database: string | undefined } {
  const context = structure(request, 'QueryExecutionContext')
  const catalog = optionalText(context, 'Catalog')
  const database = optionalText(context, 'Database')
  checkLength('queryExecutionContext.catalog', catalog, 256)
  checkLength('queryExecutionContext.database', database, 255)
  return { catalog, database }
}

/** @throws AwsError */
function parametersOf(request: Members): string[] | undefined {
  const parameters = optionalTexts(request, 'ExecutionParameters')
  if (parameters && parameters.length > maxParameters) {
    throw invalidInput(`A query has at most ${maxParameters} parameters`)
  }
  for (const parameter of parameters ?? []) checkLength('executionParameters', parameter, maxParameterLength)
  return parameters
}

/** @throws AwsError when there is no place for the result */
function resultFolderOf(configuration: Members, fallback: string | undefined): string {
  const location = optionalText(configuration, 'OutputLocation') || fallback
  if (!location) {
    throw invalidInput(
      'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
    )
  }
  if (!s3Place(location)) throw invalidInput('outputLocation is not a valid S3 path.')
  return location.endsWith('/') ? location : `${location}/`
}

/** The earlier request with a token, if the later one asks the same. @throws AwsError */
function sameRequest(earlier: QueryRequest, later: QueryRequest): QueryRequest {
  const same = (['query', 'catalog', 'database', 'resultFolder', 'parameters'] as const).every((name) =>
    isDeepStrictEqual(earlier[name], later[name]),
  )
  if (!same) throw invalidRequest('IDEMPOTENT_PARAMETER_MISMATCH', 'Idempotent parameters do not match')
  return earlier
}

/** @throws AwsError unless the query succeeded */
function checkHasResults({ state }: Query): void {
  if (state === 'CANCELLED') throw invalidInput('Could not find results')
  if (!isFinal(state)) throw invalidInput(`Query has not yet finished. Current state: ${state}`)
  if (state === 'FAILED') throw invalidInput('Query did not finish successfully. Final query state: FAILED')
}
