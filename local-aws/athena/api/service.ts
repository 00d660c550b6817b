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
import { openResultPages } from '../results/result-pages.ts'
import { openResultObjects } from '../results/s3.ts'
import { capacityOperations } from './capacity.ts'
import { openCatalogEntries } from './catalog-entries.ts'
import { dataCatalogOperations } from './data-catalogs.ts'
import { type NamedQuery, namedQueryOperations } from './named-queries.ts'
import { type PreparedStatement, preparedStatementOperations } from './prepared-statements.ts'
import { queryOperations } from './query-operations.ts'
import { checkedRequest, type Operations } from './request.ts'
import { sparkOperations } from './spark.ts'
import { startQueryOperations } from './start-query.ts'
import { systemTableOperations } from './system-tables.ts'
import { tagOperations } from './tags.ts'
import { openWorkgroups } from './workgroups.ts'

/** The longest query with each character escaped, and parameters. One thread parses requests and answers all others. */
const mostRequestBytes = 4 * 1024 * 1024

export interface AthenaParts {
  readonly config: LocalAwsConfig
  readonly glue: GlueService
  readonly events: Events
}

export interface AthenaService extends JsonService, AsyncDisposable {
  /** In groups, for the documentation. */
  readonly operations: Readonly<Record<string, Operations>>
  handleText(operation: string, json: string): Promise<JsonAnswer>
  /** A request from this process, as a value; lists of batch answers are read lazily. @throws AwsError */
  handle(operation: string, request: object): Promise<{ status: number; body: object }>
}

/** Opens the history in the data folder, and answers from then on. */
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
  const workgroups = openWorkgroups(
    history.definitions('workgroup'),
    [queriesOf, namedQueries, preparedStatements],
    config,
  )
  const entries = openCatalogEntries(history.definitions('data catalog'), workgroups, config)

  /** By the names that the documentation shows, in groups. */
  const groups = {
    queries: {
      ...startQueryOperations({ config, history, queries, objects, workgroups, preparedStatements }),
      ...queryOperations({ history, queries, pages, workgroups }),
    },
    workgroups: workgroups.operations,
    'named queries': namedQueryOperations(namedQueries, workgroups),
    'prepared statements': preparedStatementOperations(preparedStatements, workgroups),
    'data catalogs (registered only)': entries.operations,
    'databases and tables': dataCatalogOperations(glue, entries, workgroups),
    'tags of workgroups and data catalogs': tagOperations(
      { workgroup: workgroups, datacatalog: entries },
      config,
    ),
    'engine versions, capacity (none can be reserved)': capacityOperations,
    'Apache Spark (refused)': sparkOperations,
    'system tables (refused)': systemTableOperations(config.accountId),
  }
  const operations: Readonly<Record<string, (request: object) => unknown>> = Object.assign(
    {},
    ...Object.values(groups),
  )

  async function handle(operation: string, request: object): Promise<{ status: number; body: object }> {
    const answer = Object.hasOwn(operations, operation) ? operations[operation] : undefined
    if (!answer) return { status: 400, body: { __type: 'UnknownOperationException' } }
    return { status: 200, body: (await answer(checkedRequest(operation, request))) as object }
  }

  return {
    operations: groups,
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
