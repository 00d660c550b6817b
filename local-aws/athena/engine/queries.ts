// The life of queries: they are started, followed, stopped and stored.
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { GlueError } from '../../glue/api/errors.ts'
import { AwsError } from '../../http/aws-error.ts'
import {
  absentBucket,
  Interrupted,
  malformedQuery,
  notStored,
  QueryFailure,
  systemFailure,
} from '../api/errors.ts'
import {
  isFinal,
  noStatistics,
  outputLocation,
  type Query,
  type QueryProgress,
  type QueryRequest,
  writesRows,
} from '../api/query.ts'
import { hiveStatement } from '../sql/hive-ddl.ts'
import type { Statement } from '../sql/statement.ts'
import { dropUnload, type ExecutionParts, execute, type OwnWork, type Task } from './execution.ts'
import { expireQueries } from './expiry.ts'
import type { History } from './history.ts'
import { openSlots } from './slots.ts'
import { storageWatch } from './storage-watch.ts'

/** How long until a final state that could not be stored is stored again. */
const storeAgainMs = 2_000
/** A syntax error is the answer to the request, which waits this long for the engine's parser. */
const holdForSyntaxMs = 5_000
/** Athena's own limit for a DML statement. */
const queryTimeoutMs = 30 * 60_000
const expireEveryMs = 60_000
/** A client that asks about a query again within this time is polling without pause. */
const pauseMs = 30
const longestPaceMs = 50
/** Athena's limits for an account, for DML and for DDL; further queries are QUEUED. */
const mostRunning = 20

export interface Queries extends AsyncDisposable {
  /**
   * Starts a query, which then runs by itself. Its record is stored first, so that no unknown query runs.
   * @throws AwsError MALFORMED_QUERY, or InternalServerException if the record cannot be stored: then nothing has
   * run, and the query does not exist
   */
  start(request: QueryRequest, statement: Statement, own?: OwnWork): Promise<void>
  /** Stores a query that is answered by an earlier result. @throws AwsError InternalServerException */
  reuse(request: QueryRequest, earlier: Query): void
  get(id: string): Query | undefined
  /**
   * Waits for the next state of a query that a client polls without pause, but no longer than 50 ms: such polling
   * would take the processor from the engine. Otherwise it does not wait.
   */
  pace(id: string): Promise<void>
  /** Whether the client knows the id, so that the request can no longer be refused. */
  isAdmitted(id: string): boolean
  /** Stops a query; a finished one stays as it is. */
  stop(id: string): void
}

export interface QueriesParts extends ExecutionParts {
  readonly history: History
  readonly historyMs: number
  readonly keepResults: boolean
}

interface LiveQuery {
  query: Query
  /** Whether the client knows its id: before that, a syntax error removes the query. */
  admitted: boolean
  readonly controller: AbortController
  readonly accepted: PromiseWithResolvers<void>
  /** Called when the state changes next. */
  readonly waiting: Set<() => void>
  /** When the last request for its state was answered. */
  answeredAt: number
}

export function openQueries(parts: QueriesParts): Queries {
  const { history, events, historyMs } = parts
  const dmlSlots = openSlots(mostRunning)
  const ddlSlots = openSlots(mostRunning)
  const storage = storageWatch(parts.objects)
  const live = new Map<string, LiveQuery>()
  failInterrupted()
  const storing = setInterval(() => {
    for (const { query } of live.values()) if (isFinal(query.state) && !storeEnd(query)) return
  }, storeAgainMs).unref()
  const expiry = setInterval(() => void expireQueries(parts, Date.now() - historyMs), expireEveryMs).unref()

  /** @throws AwsError InternalServerException */
  function add(query: Query): void {
    try {
      history.add(query)
      events.historyStored()
    } catch (error) {
      events.historyFailed(reasonOf(error))
      throw notStored(reasonOf(error))
    }
  }

  function finish(entry: LiveQuery, progress: Pick<Query, 'state'> & Partial<QueryProgress>): void {
    if (isFinal(entry.query.state)) return
    entry.query = { ...entry.query, ...progress, finishedAtMs: Date.now() }
    const { id, state, reason, submittedAtMs, finishedAtMs } = entry.query
    storeEnd(entry.query)
    entry.admitted = true
    wake(entry)
    events.queryEnded({ id, state, reason, ms: finishedAtMs! - submittedAtMs })
  }

  function cancel(entry: LiveQuery, reason: string): void {
    finish(entry, { state: 'CANCELLED', reason })
    entry.controller.abort(systemFailure(reason))
  }

  /** If the disk is full, the final state is kept in memory, and stored once there is space again. */
  function storeEnd(query: Query): boolean {
    try {
      history.finish(query)
      live.delete(query.id)
      events.historyStored()
      return true
    } catch (error) {
      events.historyFailed(reasonOf(error))
      return false
    }
  }

  function forget(entry: LiveQuery, why: QueryFailure): void {
    try {
      history.forget([entry.query.id])
      live.delete(entry.query.id)
    } catch {
      finish(entry, { state: 'FAILED', reason: why.message, error: why.athena })
    }
  }

  /** Queries that a kill left unfinished can never finish: they become FAILED, so that no client waits for them. */
  function failInterrupted(): void {
    const interrupted = history.unfinished()
    for (const query of interrupted) {
      const failure = failureOf(new Interrupted('local-aws was restarted while the query ran'), query)
      const failed: Query = {
        ...query,
        state: 'FAILED',
        reason: failure.message,
        error: failure.athena,
        finishedAtMs: Date.now(),
      }
      live.set(query.id, { ...newEntry(failed), admitted: true })
      storeEnd(failed)
      if (query.substatement === 'UNLOAD') void dropUnload(query, parts)
    }
    if (interrupted.length > 0) events.interruptedQueriesFailed(interrupted.length)
  }

  async function run(entry: LiveQuery, task: Task): Promise<void> {
    const { signal } = entry.controller
    const slots = task.statement.type === 'DML' ? dmlSlots : ddlSlots
    const queuedAt = Date.now()
    let waitedMs = 0
    const timeout = setTimeout(
      () => entry.controller.abort(new QueryFailure('Query timeout', { category: 2, type: 1000 })),
      queryTimeoutMs,
    ).unref()
    // If there is a slot, a syntax error is the answer to the request; a query that waits for a slot fails later.
    const isQueued = slots.isFull
    if (isQueued) accept()
    try {
      using _slot = await slots.take(signal)
      if (isQueued) waitedMs = Date.now() - queuedAt
      using _watch = storage.watch(() =>
        entry.controller.abort(new Interrupted('S3 does not answer any more')),
      )
      if (task.statement.runner !== 'engine') entry.query = { ...entry.query, state: 'RUNNING' }
      const outcome = await execute(entry.query, task, { note, accept, signal }, parts)
      finish(entry, { state: 'SUCCEEDED', ...outcome })
    } catch (thrown) {
      const error = signal.aborted ? signal.reason : (absentBucket(thrown) ?? thrown)
      const failure = failureOf(error, entry.query)
      const requestError = requestErrorOf(error, failure)
      if (!entry.admitted && requestError) {
        forget(entry, failure)
        entry.accepted.reject(requestError)
        return
      }
      if (!(error instanceof QueryFailure)) events.unhandledError({ target: 'query', err: error })
      finish(entry, { state: 'FAILED', reason: failure.message, error: failure.athena })
    } finally {
      clearTimeout(timeout)
      entry.accepted.resolve()
    }

    function note(progress: Pick<QueryProgress, 'state' | 'statistics'>): void {
      if (isFinal(entry.query.state)) return
      const queueMs = progress.statistics.queueMs + waitedMs
      const isChange = progress.state !== entry.query.state
      entry.query = { ...entry.query, ...progress, statistics: { ...progress.statistics, queueMs } }
      if (isChange) wake(entry)
      const { mostScannedBytes } = entry.query
      if (mostScannedBytes !== undefined && progress.statistics.scannedBytes > mostScannedBytes) {
        cancel(entry, 'Bytes scanned limit was exceeded')
      }
    }
    function accept(): void {
      entry.accepted.resolve()
    }
  }

  return {
    async start(request, statement, own) {
      const hive = statement.runner === 'catalog' ? hiveStatement(statement) : undefined
      const entry = newEntry({ ...request, state: 'QUEUED', statistics: noStatistics })
      add(entry.query)
      live.set(request.id, entry)
      void run(entry, { statement, hive, own })
      await Promise.race([entry.accepted.promise, delay(holdForSyntaxMs, undefined, { ref: false })])
      entry.admitted = true
    },
    reuse(request, earlier) {
      const { columns, updateCount } = earlier
      const reused = { id: earlier.reused?.id ?? earlier.id, location: outputLocation(earlier) }
      const finishedAtMs = Date.now()
      add({
        ...request,
        reused,
        state: 'SUCCEEDED',
        statistics: noStatistics,
        finishedAtMs,
        ...(columns === undefined ? {} : { columns }),
        ...(updateCount === undefined ? {} : { updateCount }),
      })
      const ms = finishedAtMs - request.submittedAtMs
      events.queryEnded({ id: request.id, state: 'SUCCEEDED', reason: undefined, ms })
    },
    get: (id) => live.get(id)?.query ?? history.get(id),
    async pace(id) {
      const entry = live.get(id)
      if (!entry) return
      const isHot = performance.now() - entry.answeredAt < pauseMs
      if (isHot && !isFinal(entry.query.state)) await nextState(entry)
      entry.answeredAt = performance.now()
    },
    isAdmitted: (id) => live.get(id)?.admitted ?? true,
    stop(id) {
      const entry = live.get(id)
      if (entry) cancel(entry, 'Query cancelled by user')
    },
    async [Symbol.asyncDispose]() {
      clearInterval(expiry)
      clearInterval(storing)
      for (const entry of live.values()) {
        if (isFinal(entry.query.state)) {
          storeEnd(entry.query)
          continue
        }
        const failure = failureOf(new Interrupted('local-aws was stopped while the query ran'), entry.query)
        finish(entry, { state: 'FAILED', reason: failure.message, error: failure.athena })
        entry.controller.abort(failure)
      }
    },
  }
}

function newEntry(query: Query): LiveQuery {
  const accepted = Promise.withResolvers<void>()
  return {
    query,
    admitted: false,
    controller: new AbortController(),
    accepted,
    waiting: new Set(),
    answeredAt: Number.NEGATIVE_INFINITY,
  }
}

function nextState({ waiting }: LiveQuery): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer)
      waiting.delete(go)
      resolve()
    }
    const timer = setTimeout(go, longestPaceMs)
    waiting.add(go)
  })
}

function wake({ waiting }: LiveQuery): void {
  for (const go of [...waiting]) go()
}

/** The error of the request, instead of a failed query: its statement cannot be parsed. */
function requestErrorOf(error: unknown, failure: QueryFailure): AwsError | undefined {
  if (error instanceof AwsError && !(error instanceof GlueError)) return error
  const isSyntax = failure.message.startsWith('SYNTAX_ERROR: line')
  return isSyntax ? malformedQuery(failure.message.replace('SYNTAX_ERROR: ', '')) : undefined
}

function failureOf(thrown: unknown, query: Query): QueryFailure {
  const failure =
    thrown instanceof QueryFailure ? thrown : new Interrupted(`GENERIC_INTERNAL_ERROR: ${reasonOf(thrown)}`)
  return failure instanceof Interrupted && writesRows(query) ? failure.ofWriter() : failure
}
