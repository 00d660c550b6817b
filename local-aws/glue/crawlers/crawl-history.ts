// The crawls of a crawler: stored with what each did, listed, and summed up as metrics.
import { randomUUID } from 'node:crypto'
import { invalidInput } from '../api/errors.ts'
import { pageOf, startAfter } from '../api/page.ts'
import type { Store } from '../catalog/store.ts'
import type { Action, Changes } from './policies.ts'
import type { ScanCounts } from './scan-report.ts'

export type CrawlState = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'STOPPED'

interface Crawl {
  CrawlId: string
  State: CrawlState
  StartTime: number
  EndTime?: number
  Summary?: string
  ErrorMessage?: string
  LogGroup: string
  LogStream: string
  MessagePrefix: string
}

interface Kept {
  crawl: Crawl
  tables?: Record<Action, number>
}

export interface CrawlResult {
  readonly changes?: Changes
  readonly scanned?: ScanCounts
  readonly errorMessage?: string
}

export interface Filter {
  FieldName: string
  FilterOperator: string
  FieldValue: string
}

export class CrawlHistory {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Out: the crawl's id. */
  start(crawler: string, startedSeconds: number): string {
    const id = randomUUID()
    const crawl: Crawl = {
      CrawlId: id,
      State: 'RUNNING',
      StartTime: startedSeconds,
      LogGroup: '/aws-glue/crawlers',
      LogStream: crawler,
      MessagePrefix: id,
    }
    const sql = 'INSERT INTO crawls (id, crawler, started, data) VALUES (?, ?, ?, ?)'
    this.#store.run(sql, id, crawler, startedSeconds, JSON.stringify({ crawl }))
    return id
  }

  end(id: string, state: CrawlState, result: CrawlResult): void {
    const row = this.#store.one<{ data: string }>('SELECT data FROM crawls WHERE id = ?', id)
    if (!row) return
    const { crawl } = JSON.parse(row.data) as Kept
    const { changes, scanned, errorMessage } = result
    const kept: Kept = {
      crawl: {
        ...crawl,
        State: state,
        EndTime: Date.now() / 1000,
        ...(changes ? { Summary: summaryOf(changes, scanned) } : {}),
        ...(errorMessage === undefined ? {} : { ErrorMessage: errorMessage }),
      },
      ...(changes ? { tables: countsOf(changes.TABLE) } : {}),
    }
    this.#store.run('UPDATE crawls SET data = ? WHERE id = ?', JSON.stringify(kept), id)
  }

  /** Newest first. */
  list(crawler: string, size: number, token: string | undefined, filters: readonly Filter[]): object {
    const before = Number(startAfter(token) ?? Number.MAX_SAFE_INTEGER)
    const crawls = this.#kept(crawler).map(({ crawl }) => crawl)
    const wanted = crawls.filter(
      (crawl) => crawl.StartTime < before && filters.every((filter) => passes(crawl, filter)),
    )
    const { rows, next } = pageOf(wanted, size, (crawl) => String(crawl.StartTime))
    return { Crawls: rows, ...next }
  }

  /** Of all finished crawls of the crawler. */
  metrics(crawler: string): object {
    const kept = this.#kept(crawler)
    const sum = (action: Action) => kept.reduce((total, { tables }) => total + (tables?.[action] ?? 0), 0)
    const ended = kept.filter(({ crawl }) => crawl.EndTime !== undefined)
    const seconds = ended.map(({ crawl }) => crawl.EndTime! - crawl.StartTime)
    const sorted = seconds.toSorted((a, b) => a - b)
    const middle = Math.floor((sorted.length - 1) / 2)
    const median = ((sorted[middle] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2
    return {
      CrawlerName: crawler,
      TimeLeftSeconds: 0,
      StillEstimating: false,
      LastRuntimeSeconds: seconds[0] ?? 0,
      MedianRuntimeSeconds: median,
      TablesCreated: sum('ADD'),
      TablesUpdated: sum('UPDATE'),
      TablesDeleted: sum('DELETE'),
    }
  }

  #kept(crawler: string): Kept[] {
    const sql = 'SELECT data FROM crawls WHERE crawler = ? ORDER BY started DESC'
    return this.#store.all<{ data: string }>(sql, crawler).map(({ data }) => JSON.parse(data) as Kept)
  }
}

function countsOf(names: Record<Action, string[]>): Record<Action, number> {
  return { ADD: names.ADD.length, UPDATE: names.UPDATE.length, DELETE: names.DELETE.length }
}

/** This many names are listed; the count is the total. */
const namesShown = 100

/** JSON inside JSON, as in ListCrawls. Only what was done is in it; OBJECT, the objects left out, is our addition. */
function summaryOf(changes: Changes, scanned?: ScanCounts): string {
  const summary: Record<string, string> = {}
  for (const [entity, byAction] of Object.entries(changes) as [string, Record<Action, string[]>][]) {
    const actions = Object.entries(byAction).filter(([, names]) => names.length > 0)
    if (actions.length === 0) continue
    summary[entity] = JSON.stringify(
      Object.fromEntries(
        actions.map(([action, names]) => [
          action,
          { Details: { names: names.slice(0, namesShown) }, Count: names.length },
        ]),
      ),
    )
  }
  const leftOut = Object.entries(scanned?.leftOut ?? {})
  const warnings = Object.entries(scanned?.warnings ?? {})
  if (leftOut.length > 0) summary.OBJECT = JSON.stringify({ SKIP: objectGroups(leftOut) })
  if (warnings.length > 0) summary.WARNING = JSON.stringify({ SKIP: objectGroups(warnings) })
  return JSON.stringify(summary)
}

/** Counts of objects with the reasons, each with its first objects. */
function objectGroups(groups: [string, ScanCounts['leftOut'][string]][]): object {
  return {
    Count: groups.reduce((sum, [, { count }]) => sum + count, 0),
    Details: {
      reasons: groups.map(([reason, { count, lines, examples }]) => ({
        reason,
        count,
        ...(lines > 0 ? { lines } : {}),
        examples,
      })),
    },
  }
}

const filterFields: Record<string, (crawl: Crawl) => string | number | undefined> = {
  CRAWL_ID: ({ CrawlId }) => CrawlId,
  STATE: ({ State }) => State,
  START_TIME: ({ StartTime }) => StartTime * 1000,
  END_TIME: ({ EndTime }) => EndTime && EndTime * 1000,
}

function passes(crawl: Crawl, { FieldName, FilterOperator, FieldValue }: Filter): boolean {
  const field = Object.hasOwn(filterFields, FieldName ?? '') ? filterFields[FieldName] : undefined
  if (!field) throw invalidInput(`Filter field ${FieldName} is not available here`)
  const value = field(crawl)
  if (value === undefined) return false
  const order = typeof value === 'number' ? value - Number(FieldValue) : value.localeCompare(FieldValue ?? '')
  if (FilterOperator === 'EQ') return order === 0
  if (FilterOperator === 'NE') return order !== 0
  if (FilterOperator === 'GT') return order > 0
  if (FilterOperator === 'GE') return order >= 0
  if (FilterOperator === 'LT') return order < 0
  return order <= 0
}
