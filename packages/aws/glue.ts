// The catalog's interface to the Glue Data Catalog: databases, tables, partitions, crawlers; what does not exist is
// undefined.
import {
  BatchCreatePartitionCommand,
  type Crawler,
  CreateCrawlerCommand,
  type CreateCrawlerRequest,
  CreateDatabaseCommand,
  CreateTableCommand,
  type Database,
  GetCrawlerCommand,
  GetCrawlerMetricsCommand,
  GetDatabaseCommand,
  GetPartitionCommand,
  GetTableCommand,
  type GlueClient,
  ListCrawlsCommand,
  type Partition,
  type PartitionInput,
  paginateGetDatabases,
  paginateGetPartitions,
  paginateGetTables,
  StartCrawlerCommand,
  type Table,
  type TableInput,
  UpdateCrawlerCommand,
  UpdatePartitionCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-glue'
import { Failure } from '@ticklake/runtime/errors.ts'
import { awsFailure, isAwsError, pagesOf } from './failure.ts'

const PARTITIONS_PER_CALL = 100

export class Glue {
  readonly #client: GlueClient

  constructor(client: GlueClient) {
    this.#client = client
  }

  /** Creates the database unless it exists; true: it was created. */
  async ensureDatabase(name: string, description: string): Promise<boolean> {
    const there = await this.#find(`looking for database ${name}`, () =>
      this.#client.send(new GetDatabaseCommand({ Name: name })),
    )
    if (there) return false
    return this.#create(`creating database ${name}`, () =>
      this.#client.send(
        new CreateDatabaseCommand({ DatabaseInput: { Name: name, Description: description } }),
      ),
    )
  }

  async *databases(): AsyncGenerator<Database> {
    const pages = paginateGetDatabases({ client: this.#client }, {})
    for await (const page of pagesOf('Glue', 'listing the databases', pages)) yield* page.DatabaseList ?? []
  }

  async table(database: string, name: string): Promise<Table | undefined> {
    const answer = await this.#find(`looking for table ${database}.${name}`, () =>
      this.#client.send(new GetTableCommand({ DatabaseName: database, Name: name })),
    )
    return answer?.Table
  }

  /** All tables of a database; none if the database does not exist. */
  async tables(database: string, most = Number.POSITIVE_INFINITY): Promise<Table[]> {
    const found: Table[] = []
    await this.#find(`listing the tables of ${database}`, async () => {
      const pages = paginateGetTables({ client: this.#client }, { DatabaseName: database })
      for await (const { TableList } of pages) {
        found.push(...(TableList ?? []))
        if (found.length >= most) return
      }
    })
    return found
  }

  /** Creates the table; false: another process did so at the same time. */
  async createTable(database: string, input: TableInput): Promise<boolean> {
    return this.#create(`creating table ${database}.${input.Name}`, () =>
      this.#client.send(new CreateTableCommand({ DatabaseName: database, TableInput: input })),
    )
  }

  async replaceTable(database: string, input: TableInput): Promise<void> {
    await this.#do(`replacing table ${database}.${input.Name}`, () =>
      this.#client.send(new UpdateTableCommand({ DatabaseName: database, TableInput: input })),
    )
  }

  /** Every partition of the table, without its columns. */
  async *partitions(database: string, table: string): AsyncGenerator<Partition> {
    const pages = paginateGetPartitions(
      { client: this.#client },
      { DatabaseName: database, TableName: table, ExcludeColumnSchema: true },
    )
    const doing = `listing the partitions of ${database}.${table}`
    for await (const page of pagesOf('Glue', doing, pages)) yield* page.Partitions ?? []
  }

  /** The values of every partition of the table. */
  async *partitionValues(database: string, table: string): AsyncGenerator<readonly string[]> {
    for await (const { Values } of this.partitions(database, table)) yield Values ?? []
  }

  /**
   * The location of each partition of the table, by its values joined with `-`; undefined if the table does not exist.
   */
  async partitionLocations(database: string, table: string): Promise<Map<string, string> | undefined> {
    if (!(await this.table(database, table))) return undefined
    const found = new Map<string, string>()
    for await (const { Values, StorageDescriptor } of this.partitions(database, table)) {
      found.set((Values ?? []).join('-'), StorageDescriptor?.Location ?? '')
    }
    return found
  }

  /**
   * Moves a partition to a location in one step, without other changes. A missing partition is created. False: the
   * table does not exist.
   */
  async movePartition(
    database: string,
    table: string,
    values: readonly string[],
    location: string,
  ): Promise<boolean> {
    const name = `${values.join('/')} of ${database}.${table}`
    while (true) {
      const answer = await this.#find(`looking for partition ${name}`, () =>
        this.#client.send(
          new GetPartitionCommand({ DatabaseName: database, TableName: table, PartitionValues: [...values] }),
        ),
      )
      const there = answer?.Partition
      if (there) {
        if (there.StorageDescriptor?.Location === location) return true
        const { StorageDescriptor, Parameters } = there
        await this.#do(`moving partition ${name}`, () =>
          this.#client.send(
            new UpdatePartitionCommand({
              DatabaseName: database,
              TableName: table,
              PartitionValueList: [...values],
              PartitionInput: {
                Values: [...values],
                StorageDescriptor: { ...StorageDescriptor, Location: location },
                ...(Parameters ? { Parameters } : {}),
              },
            }),
          ),
        )
        return true
      }
      const storage = (await this.table(database, table))?.StorageDescriptor
      if (!storage) return false
      const StorageDescriptor = { ...storage, Location: location }
      // Another process may create it elsewhere at the same time: then it exists, and is moved.
      await this.createPartitions(database, table, [{ Values: [...values], StorageDescriptor }])
    }
  }

  /** Creates partitions, and never changes existing ones. Out: how many are new. */
  async createPartitions(
    database: string,
    table: string,
    inputs: readonly PartitionInput[],
  ): Promise<number> {
    let made = 0
    for (let start = 0; start < inputs.length; start += PARTITIONS_PER_CALL) {
      const some = inputs.slice(start, start + PARTITIONS_PER_CALL)
      const answer = await this.#do(`registering partitions of ${database}.${table}`, () =>
        this.#client.send(
          new BatchCreatePartitionCommand({
            DatabaseName: database,
            TableName: table,
            PartitionInputList: [...some],
          }),
        ),
      )
      const errors = answer.Errors ?? []
      const bad = errors.find((error) => error.ErrorDetail?.ErrorCode !== 'AlreadyExistsException')
      if (bad) {
        throw new Failure({
          code: 'GLUE_ERROR',
          what: `Glue: partition ${bad.PartitionValues?.join('/')} of ${database}.${table} could not be registered; its rows are in S3, but are not counted`,
          why: `${bad.ErrorDetail?.ErrorCode}: ${bad.ErrorDetail?.ErrorMessage}`,
          remedy: 'it is retried at the next registration; `catalog declare` does it now',
          retryable: true,
        })
      }
      made += some.length - errors.length
    }
    return made
  }

  async crawler(name: string): Promise<Crawler | undefined> {
    const answer = await this.#find(`looking for crawler ${name}`, () =>
      this.#client.send(new GetCrawlerCommand({ Name: name })),
    )
    return answer?.Crawler
  }

  async createCrawler(request: CreateCrawlerRequest): Promise<void> {
    await this.#create(`creating crawler ${request.Name}`, () =>
      this.#client.send(new CreateCrawlerCommand(request)),
    )
  }

  async updateCrawler(request: CreateCrawlerRequest): Promise<void> {
    const { Tags: _, ...changes } = request
    await this.#do(`updating crawler ${request.Name}`, () =>
      this.#client.send(new UpdateCrawlerCommand(changes)),
    )
  }

  /** Starts the crawler; false: it was already running. */
  async startCrawler(name: string): Promise<boolean> {
    try {
      await this.#client.send(new StartCrawlerCommand({ Name: name }))
      return true
    } catch (error) {
      if (isAwsError(error, 'CrawlerRunningException')) return false
      throw awsFailure('Glue', `starting crawler ${name}`, error)
    }
  }

  /** How many tables the crawler created, updated and deleted in all its crawls. */
  async crawlerCounts(name: string): Promise<{ created: number; updated: number; deleted: number }> {
    const answer = await this.#do(`asking for the metrics of crawler ${name}`, () =>
      this.#client.send(new GetCrawlerMetricsCommand({ CrawlerNameList: [name] })),
    )
    const metrics = answer.CrawlerMetricsList?.[0]
    return {
      created: metrics?.TablesCreated ?? 0,
      updated: metrics?.TablesUpdated ?? 0,
      deleted: metrics?.TablesDeleted ?? 0,
    }
  }

  /** The summary that Glue keeps of the crawler's newest crawl: JSON. */
  async lastCrawlSummary(name: string): Promise<string | undefined> {
    const answer = await this.#find(`asking for the crawls of ${name}`, () =>
      this.#client.send(new ListCrawlsCommand({ CrawlerName: name, MaxResults: 1 })),
    )
    return answer?.Crawls?.[0]?.Summary
  }

  async #do<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw awsFailure('Glue', doing, error)
    }
  }

  async #find<T>(doing: string, call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call()
    } catch (error) {
      if (isAwsError(error, 'EntityNotFoundException')) return undefined
      throw awsFailure('Glue', doing, error)
    }
  }

  async #create(doing: string, call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call()
      return true
    } catch (error) {
      if (isAwsError(error, 'AlreadyExistsException')) return false
      throw awsFailure('Glue', doing, error)
    }
  }
}
