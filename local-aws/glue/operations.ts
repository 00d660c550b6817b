// The list of Glue operations, and the handler of each.
import { GlueError, invalidInput } from './api/errors.ts'
import type { GlueOptions } from './api/options.ts'
import { checkedRequest, type Handlers, refusedOperations } from './api/request.ts'
import { accountOperations } from './catalog/account.ts'
import { catalogOperations, checkCatalogId } from './catalog/catalogs.ts'
import { columnStatisticsOperations } from './catalog/column-statistics.ts'
import { connectionOperations } from './catalog/connections.ts'
import { addDefaultDatabase, databaseOperations } from './catalog/databases.ts'
import { functionOperations } from './catalog/functions.ts'
import { partitionIndexOperations } from './catalog/partition-indexes.ts'
import { partitionOperations } from './catalog/partitions.ts'
import { resourcePolicyOperations } from './catalog/resource-policies.ts'
import { searchOperations } from './catalog/search.ts'
import { Store } from './catalog/store.ts'
import { tableOptimizerOperations } from './catalog/table-optimizers.ts'
import { tableVersionOperations } from './catalog/table-versions.ts'
import { tableOperations } from './catalog/tables.ts'
import { tagOperations } from './catalog/tags.ts'
import { classifierOperations } from './crawlers/classifier-operations.ts'
import { crawlerOperations } from './crawlers/crawler-operations.ts'
import { Crawlers } from './crawlers/crawlers.ts'
import { logOperations } from './crawlers/log-operations.ts'
import { registryOperations } from './registry/registries.ts'
import { schemaVersionOperations } from './registry/schema-versions.ts'
import { schemaOperations } from './registry/schemas.ts'

/**
 * AWS has ended governed tables, the only ones with transactions: an answer that ignored these members would describe
 * another time than the requested one.
 * @throws GlueError InvalidInputException
 */
function refuseTransaction(request: { TransactionId?: unknown; QueryAsOfTime?: unknown }): void {
  const given = ['TransactionId', 'QueryAsOfTime'].filter((name) => Object.hasOwn(request, name))
  if (given.length === 2) throw invalidInput('QueryAsOfTime cannot be specified along with TransactionId')
  if (given.length > 0) throw invalidInput(`${given[0]} is for governed tables, and there are none`)
}

/** The catalog in this thread: the worker runs it, and tests call it without a worker. */
export class Catalog {
  /** By the names that the documentation shows, in groups. */
  readonly operations: Readonly<Record<string, Handlers>>
  readonly #store: Store
  readonly #crawlers: Crawlers
  readonly #handlers: Handlers
  /** CloudWatch Logs: the logs of crawls. */
  readonly #logs: Handlers
  readonly #options: GlueOptions

  /** Opens the catalog's files. */
  constructor(options: GlueOptions) {
    this.#options = options
    this.#store = new Store(options.dataDir)
    addDefaultDatabase(this.#store)
    this.#crawlers = new Crawlers(this.#store, (name, request) => this.answer(name, request), options)
    const context = { ...options, store: this.#store }
    this.operations = {
      databases: databaseOperations(context),
      tables: { ...tableOperations(context), ...searchOperations(context) },
      'table versions': tableVersionOperations(context),
      partitions: { ...partitionOperations(context), ...partitionIndexOperations(context) },
      'column statistics': columnStatisticsOperations(context),
      'functions of Hive (stored)': functionOperations(context),
      crawlers: crawlerOperations(context, this.#crawlers),
      classifiers: classifierOperations(context),
      'schema registry': {
        ...registryOperations(context),
        ...schemaOperations(context),
        ...schemaVersionOperations(context),
      },
      tags: tagOperations(context),
      'connections (stored)': connectionOperations(context),
      'catalogs (registered only)': catalogOperations(context),
      'resource policies (stored)': resourcePolicyOperations(context),
      'table optimizers (stored)': tableOptimizerOperations(context),
      account: accountOperations(context),
    }
    this.#logs = logOperations(context)
    this.#handlers = Object.assign({}, ...Object.values(this.operations))
  }

  /** @throws GlueError as AWS answers: AccessDeniedException for a part of Glue that is not supported here */
  answer(name: string, request: unknown): unknown {
    const handler = Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined
    if (!handler) throw this.#unknownOperation(name)
    const checked = checkedRequest(name, request)
    if (!name.includes('Catalog')) checkCatalogId((checked as { CatalogId?: unknown }).CatalogId)
    refuseTransaction(checked)
    return handler(checked as never)
  }

  /** An operation of CloudWatch Logs. @throws GlueError */
  answerLogs(name: string, request: unknown): unknown {
    const handler = Object.hasOwn(this.#logs, name) ? this.#logs[name] : undefined
    if (!handler) throw new GlueError('UnknownOperationException', '')
    return handler((request ?? {}) as never)
  }

  /** Stops running crawls, and closes the files. */
  close(): void {
    this.#crawlers.close()
    this.#store.close()
  }

  /** AWS's answer to an account whose policies do not allow an operation, or for an unknown operation. */
  #unknownOperation(name: string): GlueError {
    if (!refusedOperations.has(name)) return new GlueError('UnknownOperationException', '')
    const user = `arn:aws:iam::${this.#options.accountId}:root`
    return new GlueError(
      'AccessDeniedException',
      `User: ${user} is not authorized to perform: glue:${name} because this endpoint does not have that part of Glue`,
    )
  }
}
