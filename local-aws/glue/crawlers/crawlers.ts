// Crawlers: stored in the catalog's file; each crawl runs in its own thread.
import { Worker } from 'node:worker_threads'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { crawlerNotFound, GlueError } from '../api/errors.ts'
import type { GlueOptions } from '../api/options.ts'
import type { Partition, Table } from '../api/shapes.ts'
import type { Store } from '../catalog/store.ts'
import { applyFindings } from './apply.ts'
import type { Classifier } from './classifier-record.ts'
import { CrawlHistory, type CrawlResult, type CrawlState } from './crawl-history.ts'
import { CrawlLog } from './crawl-log.ts'
import {
  type CrawlerInput,
  type CrawlerRecord,
  crawlsNewFoldersOnly,
  type LastCrawl,
  policies,
  scanOptions,
} from './crawler-record.ts'
import type { Ask } from './policies.ts'
import type { ScanResult } from './scan.ts'
import { type Schedule, schedule } from './schedule.ts'

type Message = { found: ScanResult } | { failure: string }

/** Schedules are computed again at least this often, since the machine's clock may jump. */
const longestTimerMs = 60_000

/** How a crawl ended. */
interface End {
  readonly crawler: string
  readonly crawlId: string
  readonly state: Exclude<CrawlState, 'RUNNING'>
  readonly result: CrawlResult
}

export class Crawlers {
  readonly history: CrawlHistory
  readonly #store: Store
  readonly #ask: Ask
  readonly #options: GlueOptions
  readonly #running = new Map<string, AbortController>()
  /** By crawler: outcomes that could not be stored (a full disk). They count all the same, and are stored later. */
  readonly #unwritten = new Map<string, End>()

  /** @param ask runs an operation of the catalog in this thread */
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(store: Store, ask: Ask, options: GlueOptions) {
    this.#store = store
    this.#ask = ask
    this.#options = options
    this.history = new CrawlHistory(store)
    this.#endInterrupted()
    this.#arm()
  }

  /** @throws GlueError EntityNotFoundException */
  get(name: string): CrawlerRecord {
    this.#writeEnds()
    return this.#known(this.#stored(name))
  }

  /** By name, after a name, at most this many. */
  list(after: string, most: number): CrawlerRecord[] {
    this.#writeEnds()
    const sql = 'SELECT data FROM crawlers WHERE name > ? ORDER BY name LIMIT ?'
    return this.#store
      .all<{ data: string }>(sql, after, most)
      .map(({ data }) => this.#known(JSON.parse(data)))
  }

  /** @throws GlueError AlreadyExistsException */
  create(record: CrawlerRecord): void {
    const sql = 'INSERT INTO crawlers (name, data) VALUES (?, ?) ON CONFLICT DO NOTHING'
    if (this.#store.run(sql, record.input.Name, JSON.stringify(record)).changes === 0) {
      throw new GlueError('AlreadyExistsException', `Crawler with name ${record.input.Name} already exists`)
    }
    this.#arm()
  }

  save(record: CrawlerRecord): void {
    this.#store.run('UPDATE crawlers SET data = ? WHERE name = ?', JSON.stringify(record), record.input.Name)
    this.#arm()
  }

  delete(name: string): void {
    this.#unwritten.delete(name)
    this.#store.run('DELETE FROM crawlers WHERE name = ?', name)
  }

  /** Starts a crawl and returns at once. @throws GlueError CrawlerRunningException */
  start(name: string): void {
    const record = this.get(name)
    if (record.state !== 'READY') {
      throw new GlueError('CrawlerRunningException', `Crawler with name ${name} has already started`)
    }
    const now = Date.now() / 1000
    record.state = 'RUNNING'
    record.runningSince = now
    record.crawlId = this.history.start(name, now)
    this.save(record)
    const controller = new AbortController()
    this.#running.set(name, controller)
    void this.#crawl(record.input, record.crawlId, controller.signal)
  }

  /** @throws GlueError CrawlerNotRunningException, CrawlerStoppingException */
  stop(name: string): void {
    const record = this.get(name)
    if (record.state === 'READY') {
      throw new GlueError('CrawlerNotRunningException', `Crawler with name ${name} isn't running`)
    }
    if (record.state === 'STOPPING') {
      throw new GlueError('CrawlerStoppingException', `Crawler with name ${name} is stopping`)
    }
    this.save({ ...record, state: 'STOPPING' })
    this.#running.get(name)?.abort()
  }

  /** Ends all threads; unfinished crawls become FAILED. */
  close(): void {
    clearTimeout(this.#timer)
    this.#isClosed = true
    const running = [...this.#running.values()]
    this.#running.clear()
    for (const controller of running) controller.abort()
    this.#writeEnds()
    this.#endInterrupted()
  }

  /** Never rejects: nobody waits for it. */
  async #crawl(input: CrawlerInput, crawlId: string, signal: AbortSignal): Promise<void> {
    const of = { crawler: input.Name, crawlId }
    const log = new CrawlLog(this.#store, crawlId)
    try {
      log.benchmark(`Running Start Crawl for Crawler ${input.Name}`)
      const { tables, report } = await this.#scan(input, signal)
      const wanted = policies(input)
      log.benchmark(`Classification complete, writing results to database ${wanted.database}`)
      log.scanned(report)
      const policy = { UpdateBehavior: wanted.update, DeleteBehavior: wanted.remove }
      log.info([`Crawler configured with SchemaChangePolicy ${JSON.stringify(policy)}`])
      const changes = await applyFindings(this.#ask, tables, wanted, signal)
      log.applied(wanted.database, changes)
      log.benchmark('Finished writing to Catalog')
      this.#end({ ...of, state: 'COMPLETED', result: { changes, scanned: report } })
    } catch (error) {
      if (signal.aborted) this.#end({ ...of, state: 'STOPPED', result: {} })
      else this.#end({ ...of, state: 'FAILED', result: { errorMessage: reasonOf(error) } })
    }
  }

  /** Scans the objects in a thread. @throws Error with the reason when that fails or is stopped */
  #scan(input: CrawlerInput, signal: AbortSignal): Promise<ScanResult> {
    const { s3Endpoint, region, secret } = this.#options
    const known = crawlsNewFoldersOnly(input) ? this.#knownLocations(input) : []
    const options = scanOptions(input, known, this.#classifiers(input))
    const worker = new Worker(new URL('./crawl-worker.ts', import.meta.url), {
      workerData: { s3Endpoint, region, secret, options },
    })
    signal.addEventListener('abort', () => void worker.terminate(), { once: true })
    return new Promise((resolve, reject) => {
      worker.on('message', (message: Message) => {
        if ('found' in message) resolve(message.found)
        else reject(new Error(message.failure))
        void worker.terminate()
      })
      worker.on('error', reject)
      worker.on('exit', () => reject(new Error('The crawl ended before it was done')))
    })
  }

  /** @throws Error for a classifier that was deleted in the meantime */
  #classifiers({ Classifiers = [] }: CrawlerInput): Classifier[] {
    return Classifiers.map(
      (Name) => (this.#ask('GetClassifier', { Name }) as { Classifier: Classifier }).Classifier,
    )
  }

  /** Waits for the next crawl that a schedule starts. */
  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    const now = Date.now()
    const due = new Map<string, number>()
    for (const { data } of this.#store.all<{ data: string }>('SELECT data FROM crawlers')) {
      const { input, scheduleState } = JSON.parse(data) as CrawlerRecord
      const next =
        input.Schedule && scheduleState === 'SCHEDULED' ? readable(input.Schedule)?.next(now) : undefined
      if (next !== undefined) due.set(input.Name, next)
    }
    if (due.size === 0) return
    const waitMs = Math.min(...due.values()) - now
    this.#timer = setTimeout(() => this.#startDue(due), Math.min(waitMs, longestTimerMs)).unref()
  }

  #startDue(due: ReadonlyMap<string, number>): void {
    for (const [name, time] of due) {
      if (time > Date.now()) continue
      try {
        this.start(name)
      } catch {
        // It still runs, or its start cannot be stored now: it starts at the next scheduled time.
      }
    }
    this.#arm()
  }

  /** The locations of the partitions that this crawler has created. */
  #knownLocations({ Name, DatabaseName }: CrawlerInput): string[] {
    const locations: string[] = []
    const tables = pages<Table>(this.#ask, 'GetTables', { DatabaseName }, 'TableList')
    for (const table of tables) {
      if (table.Parameters?.UPDATED_BY_CRAWLER !== Name) continue
      if (!table.PartitionKeys?.length) locations.push(table.StorageDescriptor?.Location ?? '')
      const of = { DatabaseName, TableName: table.Name, ExcludeColumnSchema: true }
      for (const { StorageDescriptor } of pages<Partition>(this.#ask, 'GetPartitions', of, 'Partitions')) {
        locations.push(StorageDescriptor?.Location ?? '')
      }
    }
    return locations
  }

  #end(end: End): void {
    // After close() the file is closed too.
    if (!this.#running.has(end.crawler)) return
    this.#unwritten.set(end.crawler, end)
    this.#running.delete(end.crawler)
    this.#writeEnds()
  }

  #writeEnds(): void {
    for (const [name, end] of this.#unwritten) {
      try {
        this.#store.transaction(() => {
          this.history.end(end.crawlId, end.state, end.result)
          logEnd(new CrawlLog(this.#store, end.crawlId), end)
          this.save(ended(this.#stored(name), end.state, end.result.errorMessage))
        })
        this.#unwritten.delete(name)
      } catch {
        // Retried with the next request for a crawler; until then, requests that write fail with this reason.
      }
    }
  }

  #stored(name: string): CrawlerRecord {
    const row = this.#store.one<{ data: string }>('SELECT data FROM crawlers WHERE name = ?', name)
    if (!row) throw crawlerNotFound(name)
    return JSON.parse(row.data)
  }

  #known(record: CrawlerRecord): CrawlerRecord {
    const end = this.#unwritten.get(record.input.Name)
    return end ? ended(record, end.state, end.result.errorMessage) : record
  }

  /** A crawl cannot outlive its process: one that is still marked as running was interrupted. */
  #endInterrupted(): void {
    const errorMessage = 'Internal Service Exception: the crawl was interrupted'
    this.#store.transaction(() => {
      for (const record of this.list('', -1)) {
        if (record.state === 'READY') continue
        if (record.crawlId) this.history.end(record.crawlId, 'FAILED', { errorMessage })
        this.save(ended(record, 'FAILED', errorMessage))
      }
    })
  }
}

function logEnd(log: CrawlLog, { crawler, state, result }: End): void {
  if (state === 'FAILED')
    log.error(`Crawler ${crawler} failed: ${result.errorMessage ?? 'for an unknown reason'}`)
  if (state === 'STOPPED') log.info([`Crawler ${crawler} was stopped`])
  log.benchmark('Crawler has finished running and is in state READY')
}

/** Undefined for an expression that only an older release accepted. */
function readable(expression: string): Schedule | undefined {
  try {
    return schedule(expression)
  } catch {
    return undefined
  }
}

/** The crawler after its crawl has ended. */
function ended(record: CrawlerRecord, state: End['state'], errorMessage?: string): CrawlerRecord {
  const statuses = { COMPLETED: 'SUCCEEDED', FAILED: 'FAILED', STOPPED: 'CANCELLED' } as const
  const lastCrawl: LastCrawl = {
    Status: statuses[state],
    ...(errorMessage === undefined ? {} : { ErrorMessage: errorMessage }),
    LogGroup: '/aws-glue/crawlers',
    LogStream: record.input.Name,
    MessagePrefix: record.crawlId ?? '',
    StartTime: record.runningSince ?? 0,
  }
  const { crawlId: _, runningSince: __, ...rest } = record
  return { ...rest, state: 'READY', lastCrawl }
}

function* pages<T>(ask: Ask, operation: string, request: object, member: string): Generator<T> {
  let NextToken: unknown
  do {
    const page = ask(operation, { ...request, NextToken }) as Record<string, unknown>
    yield* page[member] as T[]
    NextToken = page.NextToken
  } while (NextToken)
}
