// Which Glue operations there are, and what answers each.

import { columnStatisticsOperations } from '../catalog/column-statistics.ts'
import { addDefaultDatabase, databaseOperations } from '../catalog/databases.ts'
import { partitionOperations } from '../catalog/partitions.ts'
import { Store } from '../catalog/store.ts'
import { tableVersionOperations } from '../catalog/table-versions.ts'
import { tableOperations } from '../catalog/tables.ts'
import { crawlerOperations } from '../crawlers/crawler-operations.ts'
import { Crawlers } from '../crawlers/crawlers.ts'
import { accountOperations } from './account.ts'
import { GlueError } from './errors.ts'
import { checkedRequest, type Operations } from './request.ts'
import type { GlueOptions } from './service.ts'

/** The catalog in this thread: what the worker runs, and what tests may ask without one. */
export class Catalog {
  readonly #store: Store
  readonly #crawlers: Crawlers
  readonly #operations: Operations

  /** Opens the catalog's files. */
  constructor(options: GlueOptions) {
    const { dataDir, accountId } = options
    this.#store = new Store(dataDir)
    addDefaultDatabase(this.#store)
    this.#crawlers = new Crawlers(this.#store, (name, request) => this.answer(name, request), options)
    this.#operations = {
      ...databaseOperations(this.#store, accountId),
      ...tableOperations(this.#store, accountId),
      ...tableVersionOperations(this.#store, accountId),
      ...partitionOperations(this.#store, accountId),
      ...columnStatisticsOperations(this.#store),
      ...accountOperations(this.#store, accountId),
      ...crawlerOperations(this.#store, this.#crawlers, options),
    }
  }

  /** @throws GlueError as AWS answers, UnknownOperationException for what is not built */
  answer(name: string, request: unknown): unknown {
    const operation = Object.hasOwn(this.#operations, name) ? this.#operations[name] : undefined
    if (!operation) throw new GlueError('UnknownOperationException', '')
    return operation.answer(checkedRequest(operation, request) as never)
  }

  /** Stops what crawls, and closes the files. */
  close(): void {
    this.#crawlers.close()
    this.#store.close()
  }
}
