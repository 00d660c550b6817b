// Reads the Glue catalog and lists the objects behind it: databases, tables, partitions, files.

import type { Column as GlueColumn, Table } from '@aws-sdk/client-glue'
import type { Aws } from '@ticklake/aws/clients.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { literal, quoted } from '@ticklake/runtime/sql/tokens.ts'
import { type CatalogConfig, crawledDatabase } from '../../config.ts'
import { viewSql } from '../../tables/stored-view.ts'
import type {
  Column,
  CrawlSummary,
  DatabaseSummary,
  ObjectSummary,
  TableDetail,
  TableSummary,
} from './wire.ts'

const MOST_DATABASES = 100
/** Of one database, to the nearest hundred: nobody scrolls through more, and the console can query the rest. */
const MOST_TABLES = 1_000
const PARTITIONS_SHOWN = 500
const OBJECTS_SHOWN = 200
const SAMPLE_ROWS = 20

export class CatalogBrowser {
  readonly #aws: Pick<Aws, 'glue' | 'bucket'>
  readonly #config: Pick<CatalogConfig, 'lake' | 'crawler'>

  constructor(aws: Pick<Aws, 'glue' | 'bucket'>, config: Pick<CatalogConfig, 'lake' | 'crawler'>) {
    this.#aws = aws
    this.#config = config
  }

  /** Every database with its tables and their columns; the lake's own come first. */
  async databases(): Promise<DatabaseSummary[]> {
    const found: DatabaseSummary[] = []
    for await (const { Name, Description } of this.#aws.glue.databases()) {
      const tables = await this.#aws.glue.tables(Name!, MOST_TABLES)
      found.push({ name: Name!, description: Description ?? '', tables: tables.map(summaryOf) })
      if (found.length === MOST_DATABASES) break
    }
    const own = [this.#config.lake.database, crawledDatabase(this.#config.lake)]
    const rank = ({ name }: DatabaseSummary) => (own.includes(name) ? own.indexOf(name) : own.length)
    return found.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
  }

  /** @throws Failure NOT_FOUND */
  async table(database: string, name: string): Promise<TableDetail> {
    const table = await this.#table(database, name)
    const partitions: { values: string[]; location: string }[] = []
    let partitionCount = 0
    if ((table.PartitionKeys ?? []).length > 0) {
      for await (const partition of this.#partitions(database, name)) {
        partitionCount++
        partitions.push(partition)
      }
    }
    partitions.sort((a, b) => (a.values.join('/') < b.values.join('/') ? 1 : -1))
    const storage = table.StorageDescriptor
    return {
      database,
      ...summaryOf(table),
      description: table.Description ?? '',
      location: storage?.Location ?? '',
      partitionKeys: (table.PartitionKeys ?? []).map(columnOf),
      parameters: { ...table.Parameters },
      storage: withoutEmpty({
        'input format': storage?.InputFormat,
        'output format': storage?.OutputFormat,
        SerDe: storage?.SerdeInfo?.SerializationLibrary,
        ...storage?.SerdeInfo?.Parameters,
      }),
      viewSql: viewSql(table.ViewOriginalText) ?? null,
      createdAt: table.CreateTime?.getTime() ?? null,
      updatedAt: table.UpdateTime?.getTime() ?? null,
      partitionCount,
      partitions: partitions.slice(0, PARTITIONS_SHOWN),
    }
  }

  /** The first objects of a table or of one of its partitions. @throws Failure NOT_FOUND, OUTSIDE_THE_LAKE */
  async objects(database: string, name: string, values: readonly string[]): Promise<ObjectSummary[]> {
    const location = await this.#locationOf(database, name, values)
    const lake = `s3://${this.#aws.bucket.name}`
    if (location !== lake && !location.startsWith(`${lake}/`)) {
      throw new Failure({
        code: 'OUTSIDE_THE_LAKE',
        what: `the dashboard lists only the lake's own bucket; nothing was read`,
        why: location === '' ? 'Glue has no location for this table' : `this table is in ${location}`,
        remedy: 'query its rows in the console',
      })
    }
    const key = location.slice(lake.length + 1)
    const prefix = key === '' || key.endsWith('/') ? key : `${key}/`
    const found: ObjectSummary[] = []
    for await (const object of this.#aws.bucket.list(prefix, { limit: OBJECTS_SHOWN })) {
      found.push({ key: object.key, size: object.size })
    }
    return found
  }

  /** The statement for a few rows of one object; it names the partition, so that no other is scanned. */
  async sampleSql(database: string, name: string, values: readonly string[], key: string): Promise<string> {
    const table = await this.#table(database, name)
    const keys = table.PartitionKeys ?? []
    const path = `"$path" = ${literal(`s3://${this.#aws.bucket.name}/${key}`)}`
    const partition = keys
      .slice(0, values.length)
      .map(({ Name }, i) => `CAST(${quoted(Name!)} AS varchar) = ${literal(values[i]!)}`)
    const where = [...partition, path].join(' AND ')
    return `SELECT * FROM ${quoted(database)}.${quoted(name)} WHERE ${where} LIMIT ${SAMPLE_ROWS}`
  }

  /** The last crawl's outcome, what all crawls have changed, and the current tables. */
  async lastCrawl(): Promise<CrawlSummary> {
    const { lake, crawler: name } = this.#config
    const database = crawledDatabase(lake)
    const crawler = await this.#aws.glue.crawler(name)
    const counts = crawler ? await this.#aws.glue.crawlerCounts(name) : { created: 0, updated: 0, deleted: 0 }
    const tables: CrawlSummary['tables'][number][] = []
    for (const table of await this.#aws.glue.tables(database, MOST_TABLES)) {
      let partitions = 0
      for await (const _ of this.#aws.glue.partitionValues(database, table.Name!)) partitions++
      tables.push({
        name: table.Name!,
        columns: (table.StorageDescriptor?.Columns ?? []).length + (table.PartitionKeys ?? []).length,
        partitions,
        objects: table.Parameters?.objectCount ?? null,
        records: table.Parameters?.recordCount ?? null,
      })
    }
    return {
      crawler: name,
      state: crawler?.State ?? null,
      status: crawler?.LastCrawl?.Status ?? null,
      message: crawler?.LastCrawl?.ErrorMessage ?? null,
      startedAt: crawler?.LastCrawl?.StartTime?.getTime() ?? null,
      ...counts,
      database,
      tables,
    }
  }

  async #table(database: string, name: string): Promise<Table> {
    const table = await this.#aws.glue.table(database, name)
    if (table) return table
    throw new Failure({
      code: 'NOT_FOUND',
      what: `the table ${database}.${name} does not exist`,
      why: 'Glue has no table of this name',
      remedy: 'choose a table from the list; reload the list if a table was dropped',
    })
  }

  async #locationOf(database: string, name: string, values: readonly string[]): Promise<string> {
    if (values.length === 0) return (await this.#table(database, name)).StorageDescriptor?.Location ?? ''
    for await (const partition of this.#partitions(database, name)) {
      if (partition.values.join('\0') === values.join('\0')) return partition.location
    }
    throw new Failure({
      code: 'NOT_FOUND',
      what: `there is no partition ${values.join('/')} of ${database}.${name}`,
      why: 'Glue has no partition with these values',
      remedy: 'choose a partition from the list',
    })
  }

  async *#partitions(database: string, table: string) {
    for await (const { Values, StorageDescriptor } of this.#aws.glue.partitions(database, table)) {
      yield { values: Values ?? [], location: StorageDescriptor?.Location ?? '' }
    }
  }
}

function summaryOf(table: Table): TableSummary {
  return {
    name: table.Name!,
    kind: table.TableType === 'VIRTUAL_VIEW' ? 'view' : 'table',
    columns: [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])].map(columnOf),
  }
}

function columnOf({ Name, Type, Comment }: GlueColumn): Column {
  return { name: Name!, type: Type ?? '', ...(Comment ? { comment: Comment } : {}) }
}

function withoutEmpty(entries: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
}
