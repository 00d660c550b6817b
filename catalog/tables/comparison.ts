// Compares the crawled table with the declared one: columns, types, partitions, and row counts.

import type { Table } from '@aws-sdk/client-glue'
import type { Aws } from '@ticklake/aws/clients.ts'
import { type LandedOffsets, readLandedOffsets } from '@ticklake/lake/landed-offsets.ts'
import { listHourFolders } from '@ticklake/lake/listing.ts'
import { offsetsBelowSql } from '@ticklake/lake/sql.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { CatalogConfig } from '../config.ts'
import type { CrawlOutcome } from './crawler.ts'
import { columnText, type Difference } from './difference.ts'

/** The hours and offsets in the bucket before the crawl: only these must be found. */
export interface BeforeCrawl {
  readonly hours: readonly string[]
  readonly topicId: string | undefined
  readonly landedOffsets: LandedOffsets
}

export interface Comparison {
  readonly declared: string
  readonly crawled: string
  readonly columns: number
  readonly partitions: number
  /** Rows below the landed offsets, in both tables. */
  readonly rows: number
  readonly differences: readonly Difference[]
}

export async function listBeforeCrawl(
  aws: Pick<Aws, 'bucket'>,
  { lake }: CatalogConfig,
): Promise<BeforeCrawl> {
  const landed = await readLandedOffsets(aws.bucket, lake)
  return {
    hours: [...(await listHourFolders(aws.bucket, lake)).keys()],
    topicId: landed?.topicId,
    landedOffsets: landed?.landedOffsets ?? new Map(),
  }
}

/**
 * Compares while rows keep landing: it counts only rows below the offsets that had landed before the crawl.
 * @throws Failure NOTHING_CRAWLED, TABLE_MISSING
 */
export async function compareCrawled(
  aws: Aws,
  config: CatalogConfig,
  before: BeforeCrawl,
  outcome: CrawlOutcome,
): Promise<Comparison> {
  const { lake } = config
  const declared = await aws.glue.table(lake.database, lake.table)
  const [first] = outcome.tables
  if (!declared || !first) throw nothingToCompare(config, outcome, declared)
  const crawled = first.table
  const differences: Difference[] = []
  const compare = (what: string, found: string, wanted: string) => {
    if (found !== wanted) differences.push({ what, found, wanted })
  }
  compare('tables', outcome.tables.map(({ table }) => table.Name).join(', '), crawled.Name!)
  compareColumns(crawled, declared, compare)
  compare('partition keys', columnText(crawled.PartitionKeys), columnText(declared.PartitionKeys))

  const after = new Set([...before.hours, ...(await listHourFolders(aws.bucket, lake)).keys()])
  const [crawledHours, declaredHours] = await Promise.all([
    hoursOf(aws, outcome.database, crawled.Name!),
    hoursOf(aws, lake.database, lake.table),
  ])
  const lacks = (hours: ReadonlySet<string>) => before.hours.filter((hour) => !hours.has(hour)).join(', ')
  compare('hours that the crawled table lacks', lacks(crawledHours), '')
  compare('hours that the declared table lacks', lacks(declaredHours), '')
  compare('hours that no object has', [...crawledHours].filter((hour) => !after.has(hour)).join(', '), '')

  const [a, b] = await countBoth(aws, config, before, outcome.database, crawled.Name!)
  compare('rows', String(a), String(b))
  return {
    declared: `${lake.database}.${lake.table}`,
    crawled: `${outcome.database}.${crawled.Name}`,
    columns: declared.StorageDescriptor?.Columns?.length ?? 0,
    partitions: before.hours.length,
    rows: b,
    differences,
  }
}

function compareColumns(
  crawled: Table,
  declared: Table,
  compare: (what: string, found: string, wanted: string) => void,
): void {
  const found = new Map((crawled.StorageDescriptor?.Columns ?? []).map((c) => [c.Name!, c.Type ?? '']))
  const wanted = new Map((declared.StorageDescriptor?.Columns ?? []).map((c) => [c.Name!, c.Type ?? '']))
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    compare(`column ${name}`, found.get(name) ?? '(none)', wanted.get(name) ?? '(none)')
  }
  const order = (names: Iterable<string>) => [...names].join(', ')
  if (found.size === wanted.size && [...found.keys()].every((name) => wanted.has(name))) {
    compare('order of columns', order(found.keys()), order(wanted.keys()))
  }
}

/** Both counts in one query; [crawled, declared]. */
async function countBoth(
  aws: Aws,
  { lake, queryTimeoutMs }: CatalogConfig,
  before: BeforeCrawl,
  database: string,
  table: string,
): Promise<[number, number]> {
  if (before.landedOffsets.size === 0) return [0, 0]
  const where = `WHERE kafka_topic_id = '${before.topicId}' AND ${offsetsBelowSql(before.landedOffsets)}`
  const count = (db: string, name: string) => `(SELECT count(*) FROM ${quoted(db)}.${quoted(name)} ${where})`
  const [row] = await aws.athena.rows(
    `SELECT ${count(database, table)}, ${count(lake.database, lake.table)}`,
    {
      timeoutMs: queryTimeoutMs,
    },
  )
  return [Number(row?.[0] ?? 0), Number(row?.[1] ?? 0)]
}

async function hoursOf(aws: Pick<Aws, 'glue'>, database: string, table: string): Promise<Set<string>> {
  const hours = new Set<string>()
  for await (const [dt, hour] of aws.glue.partitionValues(database, table)) hours.add(`${dt}-${hour}`)
  return hours
}

function nothingToCompare(
  { lake }: CatalogConfig,
  outcome: CrawlOutcome,
  declared: Table | undefined,
): Failure {
  if (!declared) {
    return new Failure({
      code: 'TABLE_MISSING',
      what: `the table ${lake.database}.${lake.table} is not declared; there is nothing to compare with`,
      remedy: 'create it with `catalog declare`',
    })
  }
  return new Failure({
    code: 'NOTHING_CRAWLED',
    what: `the crawler created no table in ${outcome.database}; there is nothing to compare`,
    why: 'it found no object in the dataset’s folder',
    remedy: 'let some rows land first (`make demo`), then crawl again',
  })
}
