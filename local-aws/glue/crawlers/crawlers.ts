// Crawlers: kept in the catalog's file, each crawl run in a thread of its own.
import { Worker } from 'node:worker_threads'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { crawlerNotFound, GlueError } from '../api/errors.ts'
import type { GlueOptions } from '../api/service.ts'
import type { Partition, Table } from '../api/shapes.ts'
import type { Store } from '../catalog/store.ts'
import { applyFindings } from './apply.ts'
import { CrawlHistory, type CrawlState } from './crawl-history.ts'
import {
  type CrawlerInput,
  type CrawlerRecord,
  crawlsNewFoldersOnly,
  type LastCrawl,
  lookOptions,
  policies,
} from './crawler-record.ts'
import type { Ask } from './policies.ts'
import type { TableDefinition } from './table-definition.ts'

type Told = { found: TableDefinition[] } | { failure: string }

/** How a crawl ended. */
interface End {
  readonly crawler: string
  readonly crawlId: string
  readonly state: Exclude<CrawlState, 'RUNNING'>
  readonly result: Parameters<CrawlHistory['end']>[2]
}

export class Crawlers {
  readonly history: CrawlHistory
  readonly #store: Store
  readonly #ask: Ask
  readonly #options: GlueOptions
  readonly #running = new Map<string, AbortController>()
  /** By crawler: ends that the file did not take (a full disk). They count all the same, and are written when it does. */
  readonly #unwritten = new Map<string, End>()

  /** @param ask runs an operation of the catalog in this thread */
  constructor(store: Store, ask: Ask, options: GlueOptions) {
    this.#store = store
    this.#ask = ask
    this.#options = options
    this.history = new CrawlHistory(store)
    this.#endInterrupted()
  }

  /** @throws GlueError EntityNotFoundException */
  get(name: string): CrawlerRecord {
    this.#writeEnds()
    return this.#known(this.#stored(name))
  }

  /** By name, after a name, at most so many. */
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
  }

  save(record: CrawlerRecord): void {
    this.#store.run('UPDATE crawlers SET data = ? WHERE name = ?', JSON.stringify(record), record.input.Name)
  }

  delete(name: string): void {
    this.#unwritten.delete(name)
    this.#store.run('DELETE FROM crawlers WHERE name = ?', name)
  }

  /** Sets a crawl going and returns at once. @throws GlueError CrawlerRunningException */
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

  /** Ends all threads; what they were at is FAILED from now on. */
  close(): void {
    const running = [...this.#running.values()]
    this.#running.clear()
    for (const controller of running) controller.abort()
    this.#writeEnds()
    this.#endInterrupted()
  }

  /** Never rejects: nobody waits for it. */
  async #crawl(input: CrawlerInput, crawlId: string, signal: AbortSignal): Promise<void> {
    const of = { crawler: input.Name, crawlId }
    try {
      const found = await this.#look(input, signal)
      const changes = await applyFindings(this.#ask, found, policies(input), signal)
      this.#end({ ...of, state: 'COMPLETED', result: { changes } })
    } catch (error) {
      if (signal.aborted) this.#end({ ...of, state: 'STOPPED', result: {} })
      else this.#end({ ...of, state: 'FAILED', result: { errorMessage: reasonOf(error) } })
    }
  }

  /** Looks at the objects in a thread of its own. @throws Error with the reason when that fails or is stopped */
  #look(input: CrawlerInput, signal: AbortSignal): Promise<TableDefinition[]> {
    const { s3Endpoint, region, secret } = this.#options
    const options = lookOptions(input, crawlsNewFoldersOnly(input) ? this.#knownLocations(input) : [])
    const worker = new Worker(new URL('./crawl-worker.ts', import.meta.url), {
      workerData: { s3Endpoint, region, secret, options },
    })
    signal.addEventListener('abort', () => void worker.terminate(), { once: true })
    return new Promise((resolve, reject) => {
      worker.on('message', (told: Told) => {
        if ('found' in told) resolve(told.found)
        else reject(new Error(told.failure))
        void worker.terminate()
      })
      worker.on('error', reject)
      worker.on('exit', () => reject(new Error('The crawl ended before it was done')))
    })
  }

  /** Where the partitions are that this crawler has made already. */
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
          this.save(settled(this.#stored(name), end.state, end.result.errorMessage))
        })
        this.#unwritten.delete(name)
      } catch {
        // Tried again whenever a crawler is looked at; whoever writes meanwhile is told what is wrong.
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
    return end ? settled(record, end.state, end.result.errorMessage) : record
  }

  /** A crawl cannot outlive its process: whatever still says that it runs was cut off. */
  #endInterrupted(): void {
    const errorMessage = 'Internal Service Exception: the crawl was interrupted'
    this.#store.transaction(() => {
      for (const record of this.list('', -1)) {
        if (record.state === 'READY') continue
        if (record.crawlId) this.history.end(record.crawlId, 'FAILED', { errorMessage })
        this.save(settled(record, 'FAILED', errorMessage))
      }
    })
  }
}

/** The crawler once its crawl has ended. */
function settled(record: CrawlerRecord, state: End['state'], errorMessage?: string): CrawlerRecord {
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
