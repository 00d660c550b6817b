// The Data Catalog for the rest of local-aws: Glue's operations by name, and typed access for Athena.
import { Worker } from 'node:worker_threads'
import { GlueError, type GlueErrorType } from './errors.ts'
import type { GlueOptions } from './options.ts'
import type { Database, DatabaseInput, Partition, PartitionInput, Table, TableInput } from './shapes.ts'

export interface PageRequest {
  readonly MaxResults?: number
  readonly NextToken?: string
}

type Reply = { id: number; answer?: unknown; error?: { type: string; message: string } }

/** Opens the catalog in its own thread, so that no write or scan delays other answers. */
export async function openGlue(options: GlueOptions): Promise<GlueService> {
  const worker = new Worker(new URL('../catalog-worker.ts', import.meta.url), { workerData: options })
  const service = new GlueService(worker)
  await service.opened()
  return service
}

/** The prefix of CloudWatch Logs operations, for the catalog's thread. */
export const logsPrefix = 'logs:'

export class GlueService {
  /** A hundred partitions with the columns of a wide table; their largest member is 4 MB. */
  readonly mostBytes = 16 * 1024 * 1024
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >()
  #nextId = 1
  #ended: Error | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: Reply) => this.#resolve(reply))
    worker.on('error', (error) => this.#end(error))
    worker.on('exit', () => this.#end(new Error('the Data Catalog is closed')))
    worker.unref()
  }

  /** Resolves once the catalog's files are open. @throws what opening them threw */
  async opened(): Promise<void> {
    await this.#ask('', { request: undefined })
  }

  /**
   * One request with JSON in and out: the catalog's thread parses and writes both, however large they are.
   * A GlueError is an answer too. @throws unexpected errors, unchanged
   */
  async handleText(operation: string, json: string): Promise<{ status: number; text: string }> {
    try {
      return { status: 200, text: (await this.#ask(operation, { json })) as string }
    } catch (error) {
      if (!(error instanceof GlueError)) throw error
      return { status: error.status, text: JSON.stringify(error.body()) }
    }
  }

  /** CloudWatch Logs, only for the logs of crawls. */
  get logs() {
    return {
      mostBytes: this.mostBytes,
      handleText: (operation: string, json: string) => this.handleText(`${logsPrefix}${operation}`, json),
    }
  }

  /** One operation from this process. @throws GlueError as AWS would answer */
  async call<T = Record<string, unknown>>(operation: string, request: object): Promise<T> {
    return (await this.#ask(operation, { request })) as T
  }

  async getDatabase(name: string): Promise<Database | undefined> {
    return orUndefined(
      this.call<{ Database: Database }>('GetDatabase', { Name: name }).then((a) => a.Database),
    )
  }

  /** @param expression a pattern that the whole name must match */
  async getDatabases(expression?: string): Promise<Database[]> {
    const request = expression === undefined ? {} : { Expression: expression }
    return listOf(this.#pages<Database>('GetDatabases', request, 'DatabaseList'))
  }

  /** One page of all databases. */
  async databasesPage(
    page: PageRequest & { AttributesToGet?: readonly string[] },
  ): Promise<{ DatabaseList: Database[]; NextToken?: string }> {
    return this.call('GetDatabases', page)
  }

  async createDatabase(input: DatabaseInput): Promise<void> {
    await this.call('CreateDatabase', { DatabaseInput: input })
  }

  /** Whether dropping the database would drop tables. Tables behind a resource link stay. */
  async hasTables({ Name, TargetDatabase }: Database): Promise<boolean> {
    if (TargetDatabase) return false
    const { TableList } = await this.tablesPage(Name, { MaxResults: 1 })
    return TableList.length > 0
  }

  /** Deletes the database with all its tables. */
  async dropDatabase(name: string): Promise<void> {
    await this.call('DeleteDatabase', { Name: name })
  }

  async getTable(database: string, name: string): Promise<Table | undefined> {
    const request = { DatabaseName: database, Name: name }
    return orUndefined(this.call<{ Table: Table }>('GetTable', request).then((answer) => answer.Table))
  }

  /** One page of a database's tables. @throws GlueError */
  async tablesPage(
    database: string,
    page: PageRequest & { Expression?: string; AttributesToGet?: readonly string[] },
  ): Promise<{ TableList: Table[]; NextToken?: string }> {
    return this.call('GetTables', { DatabaseName: database, ...page })
  }

  /**
   * Names and types of tables, page by page, so that the first ones can be used before the last are read.
   * @param expression a pattern that the whole name must match
   */
  tableNames(database: string, expression?: string): AsyncGenerator<Pick<Table, 'Name' | 'TableType'>> {
    const request = {
      DatabaseName: database,
      AttributesToGet: ['NAME', 'TABLE_TYPE'],
      ...(expression === undefined ? {} : { Expression: expression }),
    }
    return this.#pages('GetTables', request, 'TableList')
  }

  async createTable(database: string, input: TableInput): Promise<void> {
    await this.call('CreateTable', { DatabaseName: database, TableInput: input })
  }

  async updateTable(database: string, input: TableInput): Promise<void> {
    await this.call('UpdateTable', { DatabaseName: database, TableInput: input })
  }

  async dropTable(database: string, name: string): Promise<void> {
    await this.call('DeleteTable', { DatabaseName: database, Name: name })
  }

  /** The table's partitions in the order of their values, fetched page by page. */
  partitions(database: string, table: string, expression?: string): AsyncGenerator<Partition> {
    const request = { DatabaseName: database, TableName: table, Expression: expression ?? '' }
    return this.#pages<Partition>('GetPartitions', request, 'Partitions')
  }

  async getPartition(database: string, table: string, values: string[]): Promise<Partition | undefined> {
    const request = { DatabaseName: database, TableName: table, PartitionValues: values }
    return orUndefined(this.call<{ Partition: Partition }>('GetPartition', request).then((a) => a.Partition))
  }

  /** Adds any number of partitions. Out: the values of those that existed (they are left as they were). */
  async createPartitions(database: string, table: string, inputs: PartitionInput[]): Promise<string[][]> {
    const there: string[][] = []
    for (let start = 0; start < inputs.length; start += 100) {
      const answer = await this.call<{
        Errors: {
          PartitionValues: string[]
          ErrorDetail: { ErrorCode: GlueErrorType; ErrorMessage: string }
        }[]
      }>('BatchCreatePartition', {
        DatabaseName: database,
        TableName: table,
        PartitionInputList: inputs.slice(start, start + 100),
      })
      for (const { PartitionValues, ErrorDetail } of answer.Errors) {
        if (ErrorDetail.ErrorCode !== 'AlreadyExistsException') {
          throw new GlueError(ErrorDetail.ErrorCode, ErrorDetail.ErrorMessage)
        }
        there.push(PartitionValues)
      }
    }
    return there
  }

  /** Stops running crawls and closes the catalog's files. */
  async close(): Promise<void> {
    if (this.#ended) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#worker.ref()
    this.#worker.postMessage({ close: true })
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async *#pages<T>(operation: string, request: object, member: string): AsyncGenerator<T> {
    let token: string | undefined
    do {
      const page: Record<string, unknown> = await this.call(operation, {
        ...request,
        ...(token ? { NextToken: token } : {}),
      })
      yield* page[member] as T[]
      token = page.NextToken as string | undefined
    } while (token)
  }

  #ask(operation: string, asked: { request: unknown } | { json: string }): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      // Keeps the process alive while an answer is awaited.
      this.#worker.ref()
      this.#worker.postMessage({ id, operation, ...asked })
    })
  }

  #resolve({ id, answer, error }: Reply): void {
    const waiter = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if (!error) waiter?.resolve(answer)
    else if (error.type === '') waiter?.reject(new Error(error.message))
    else waiter?.reject(new GlueError(error.type as GlueErrorType, error.message))
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
  }
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof GlueError && error.type === 'EntityNotFoundException') return undefined
    throw error
  }
}
