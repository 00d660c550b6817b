// Runs Glue's crawler over the dataset's folder and returns the tables that it created.
import type { Crawler, CreateCrawlerRequest, Table } from '@aws-sdk/client-glue'
import type { Aws } from '@ticklake/aws/clients.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { type CatalogConfig, crawledDatabase } from '../config.ts'
import { crawlLog } from './crawl-summary.ts'
import { datasetLocation } from './table.ts'

export interface CrawlOutcome {
  readonly crawler: string
  readonly database: string
  /** The tables of the crawled database over the dataset's folder. */
  readonly tables: readonly CrawledTable[]
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly elapsedMs: number
  /** What the crawl wrote and left out, as lines. */
  readonly log: readonly string[]
}

export interface CrawledTable {
  readonly table: Table
  readonly partitions: number
}

export interface CrawlOptions {
  readonly signal?: AbortSignal
  /** Called about twice a second with the crawler's state. */
  readonly onProgress?: (state: string, elapsedMs: number) => void
}

const POLL_MS = 500
/** On AWS states change slowly, and requests are limited to a few a second. */
const SLOW_POLL_MS = 3_000

/** The wanted crawler. Partitions take the table's columns; similar folders are one table. */
export function crawlerRequest(config: CatalogConfig): CreateCrawlerRequest {
  return {
    Name: config.crawler,
    Role: config.crawlerRole,
    DatabaseName: crawledDatabase(config.lake),
    Description: `Crawls ${datasetLocation(config.lake)}`,
    Targets: { S3Targets: [{ Path: datasetLocation(config.lake), Exclusions: [] }] },
    SchemaChangePolicy: { UpdateBehavior: 'UPDATE_IN_DATABASE', DeleteBehavior: 'DEPRECATE_IN_DATABASE' },
    Configuration: JSON.stringify({
      Version: 1.0,
      CrawlerOutput: { Partitions: { AddOrUpdateBehavior: 'InheritFromTable' } },
      Grouping: { TableGroupingPolicy: 'CombineCompatibleSchemas' },
    }),
  }
}

/**
 * Creates or updates the crawler, starts it (or joins a running crawl), and waits for its end.
 * @throws Failure CRAWL_FAILED with Glue's own message, CRAWL_TIMEOUT, CRAWL_STOPPED when the signal aborts
 */
export async function crawl(
  aws: Pick<Aws, 'glue'>,
  config: CatalogConfig,
  options: CrawlOptions = {},
): Promise<CrawlOutcome> {
  const { glue } = aws
  const startedAt = Date.now()
  const wanted = crawlerRequest(config)
  await glue.ensureDatabase(wanted.DatabaseName!, `What the crawler finds of ${config.lake.database}`)
  const existing = await glue.crawler(config.crawler)
  if (!existing) await glue.createCrawler(wanted)
  else if (existing.State === 'READY' && crawlerDiffers(existing, wanted)) await glue.updateCrawler(wanted)
  const before = existing ? await glue.crawlerCounts(config.crawler) : { created: 0, updated: 0, deleted: 0 }
  if (existing?.State !== 'RUNNING') await startWhenReady(aws, config, startedAt, options)
  const ended = await waitUntilReady(aws, config, startedAt, options)
  const last = ended.LastCrawl
  if (last?.Status !== 'SUCCEEDED') {
    throw new Failure({
      code: 'CRAWL_FAILED',
      what: `the crawl of ${datasetLocation(config.lake)} ended as ${last?.Status ?? 'unknown'}; the objects are unchanged`,
      why: last?.ErrorMessage ?? 'Glue gives no reason',
      remedy: /NoSuchBucket/.test(last?.ErrorMessage ?? '')
        ? 'set LAKE_BUCKET to an existing bucket; `make stack`, compose or `make aws-deploy` creates one'
        : `check that the crawler's role (${config.crawlerRole}) may read the bucket, then crawl again`,
    })
  }
  // Glue counts over all crawls of the crawler.
  const after = await glue.crawlerCounts(config.crawler)
  const database = ended.DatabaseName ?? wanted.DatabaseName!
  const tables: CrawledTable[] = []
  for (const table of await glue.tables(database)) {
    if (!table.StorageDescriptor?.Location?.startsWith(datasetLocation(config.lake))) continue
    let partitions = 0
    for await (const _ of glue.partitionValues(database, table.Name!)) partitions++
    tables.push({ table, partitions })
  }
  return {
    crawler: config.crawler,
    database,
    tables,
    created: after.created - before.created,
    updated: after.updated - before.updated,
    deleted: after.deleted - before.deleted,
    elapsedMs: Date.now() - startedAt,
    log: crawlLog(await glue.lastCrawlSummary(config.crawler)),
  }
}

/** Whether the existing crawler reads or writes elsewhere. Its role does not matter. */
function crawlerDiffers(existing: Crawler, wanted: CreateCrawlerRequest): boolean {
  return (
    existing.DatabaseName !== wanted.DatabaseName ||
    existing.Targets?.S3Targets?.length !== 1 ||
    existing.Targets.S3Targets[0]?.Path !== wanted.Targets?.S3Targets?.[0]?.Path ||
    existing.Configuration !== wanted.Configuration
  )
}

async function startWhenReady(
  { glue }: Pick<Aws, 'glue'>,
  config: CatalogConfig,
  startedAt: number,
  options: CrawlOptions,
): Promise<void> {
  // A crawler that is stopping cannot be started yet.
  while (!(await glue.startCrawler(config.crawler))) {
    const state = (await glue.crawler(config.crawler))?.State
    if (state === 'RUNNING') return
    await pause(config, startedAt, state ?? 'unknown', options)
  }
}

async function waitUntilReady(
  { glue }: Pick<Aws, 'glue'>,
  config: CatalogConfig,
  startedAt: number,
  options: CrawlOptions,
): Promise<Crawler> {
  while (true) {
    const crawler = await glue.crawler(config.crawler)
    if (crawler?.State === 'READY') return crawler
    await pause(config, startedAt, crawler?.State ?? 'unknown', options)
  }
}

async function pause(
  config: CatalogConfig,
  startedAt: number,
  state: string,
  { signal, onProgress }: CrawlOptions,
) {
  const elapsedMs = Date.now() - startedAt
  onProgress?.(state, elapsedMs)
  if (signal?.aborted) {
    throw new Failure({
      code: 'CRAWL_STOPPED',
      what: 'no longer waiting; the crawl continues in Glue',
      why: 'stopped by a signal',
    })
  }
  if (elapsedMs > config.crawlTimeoutMs) {
    throw new Failure({
      code: 'CRAWL_TIMEOUT',
      what: `the crawler ${config.crawler} is still ${state} after ${elapsedMs} ms; it continues in Glue`,
      why: `CATALOG_CRAWL_TIMEOUT_MS is ${config.crawlTimeoutMs}`,
      remedy: 'wait and run `catalog crawl` again: it joins a running crawl',
      retryable: true,
    })
  }
  await sleep(elapsedMs > 10_000 ? SLOW_POLL_MS : POLL_MS, signal)
}
