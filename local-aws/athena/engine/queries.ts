// The life of queries: from the request over the engine to a result in S3, or to the reason why there is none.
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import type { Events } from '../../events.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { AwsError } from '../../http/aws-error.ts'
import type { IcebergTables } from '../../iceberg/tables.ts'
import {
  CutOff,
  malformedQuery,
  notStored,
  notSupported,
  QueryFailure,
  systemFailure,
} from '../api/errors.ts'
import {
  contextDatabase,
  isFinal,
  noStatistics,
  type Query,
  type QueryProgress,
  type QueryRequest,
  writesRows,
} from '../api/query.ts'
import { finishIcebergTable } from '../iceberg/statements.ts'
import { withWriterSettings } from '../iceberg/writer-settings.ts'
import type { ResultPages } from '../results/result-pages.ts'
import { openResultSink } from '../results/result-sink.ts'
import type { ResultObjects } from '../results/s3.ts'
import { type Writer, writeManifest } from '../results/written-files.ts'
import { answerFromCatalog } from '../sql/catalog-statements.ts'
import { engineStatement } from '../sql/engine-statement.ts'
import { type HiveStatement, hiveStatement } from '../sql/hive-ddl.ts'
import { type PlacedSql, unchanged } from '../sql/placed-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { followEngine } from './engine-run.ts'
import { expireQueries } from './expiry.ts'
import type { History } from './history.ts'
import type { Engine, EnginePage } from './trino.ts'
import { dropUnloadTable, prepareUnload } from './unload-table.ts'

/** How long an end that could not be stored waits for the next attempt. */
const storeAgainMs = 2_000
/** A syntax error is told to the one who asks: so long is the answer held for the engine's parser. */
const holdForVerdictMs = 5_000
/** Athena's own limit for a DML statement. */
const queryTimeoutMs = 30 * 60_000
const expireEveryMs = 60_000

export interface Queries extends AsyncDisposable {
  /**
   * Starts a query; it goes on by itself. Its record is stored first, so that nothing runs of which nobody would know.
   * @throws AwsError MALFORMED_QUERY, or InternalServerException where the record cannot be stored: then nothing has
   *   run, and there is no such query
   */
  start(request: QueryRequest, statement: Statement, own?: OwnWork): Promise<void>
  get(id: string): Query | undefined
  /** Whether the client was told the id, or is not to be refused any more. */
  isTold(id: string): boolean
  /** Ends a query; one that is finished stays as it is. */
  stop(id: string): void
}

/** What Athena itself does for a statement. */
export interface OwnWork {
  /** A statement that the engine's parser has to let in first. */
  readonly check?: string
  /** @throws QueryFailure */
  readonly run: () => void
}

export interface QueriesParts {
  readonly engine: Engine
  readonly glue: GlueService
  readonly iceberg: IcebergTables
  readonly history: History
  readonly objects: ResultObjects
  readonly pages: ResultPages
  readonly events: Events
  readonly historyMs: number
  readonly keepResults: boolean
}

interface LiveQuery {
  query: Query
  /** Whether its id is known to the client: before that a syntax error makes it never have been. */
  admitted: boolean
  readonly controller: AbortController
  readonly accepted: PromiseWithResolvers<void>
}

export function openQueries(parts: QueriesParts): Queries {
  const { engine, glue, iceberg, history, objects, pages, events, historyMs } = parts
  const live = new Map<string, LiveQuery>()
  failInterrupted()
  const storing = setInterval(() => {
    for (const { query } of live.values()) if (isFinal(query.state) && !storeEnd(query)) return
  }, storeAgainMs).unref()
  const expiry = setInterval(() => void expireQueries(parts, Date.now() - historyMs), expireEveryMs).unref()

  function finish(entry: LiveQuery, progress: Pick<Query, 'state'> & Partial<QueryProgress>): void {
    if (isFinal(entry.query.state)) return
    entry.query = { ...entry.query, ...progress, finishedAtMs: Date.now() }
    const { id, state, reason, submittedAtMs, finishedAtMs } = entry.query
    storeEnd(entry.query)
    entry.admitted = true
    events.queryEnded({ id, state, reason, ms: finishedAtMs! - submittedAtMs })
  }

  function cancel(entry: LiveQuery, reason: string): void {
    finish(entry, { state: 'CANCELLED', reason })
    entry.controller.abort(systemFailure(reason))
  }

  /** Where the disk is full the end stays known here, and is stored when there is room again. */
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

  /** What a kill left unfinished can never finish: it is failed, so that nobody waits for it. */
  function failInterrupted(): void {
    const interrupted = history.unfinished()
    for (const query of interrupted) {
      const failure = failureOf(new CutOff('local-aws was restarted while the query ran'), query)
      const failed: Query = {
        ...query,
        state: 'FAILED',
        reason: failure.message,
        error: failure.athena,
        finishedAtMs: Date.now(),
      }
      live.set(query.id, { ...newEntry(failed), admitted: true })
      storeEnd(failed)
      if (query.substatement === 'UNLOAD') void dropUnload(query)
    }
    if (interrupted.length > 0) events.interruptedQueriesFailed(interrupted.length)
  }

  /** Its rows are written by now: a list of them that fails must not have anybody run the query again. */
  async function manifestOf(query: Query, statement: Statement, writer: Writer) {
    try {
      return await writeManifest(statement, query, writer, { glue, objects })
    } catch (error) {
      events.manifestFailed({ id: query.id, reason: reasonOf(error) })
      return undefined
    }
  }

  async function dropUnload({ id }: Query): Promise<void> {
    await dropUnloadTable(id, glue).catch((error) => events.operationBroke({ target: 'query', err: error }))
  }

  async function run(
    entry: LiveQuery,
    statement: Statement,
    hive: HiveStatement | undefined,
    own: OwnWork | undefined,
  ): Promise<void> {
    const { signal } = entry.controller
    let placed: PlacedSql | undefined
    const sink = openResultSink(entry.query, objects, signal)
    const timeout = setTimeout(
      () => entry.controller.abort(new QueryFailure('Query timeout', { category: 2, type: 1000 })),
      queryTimeoutMs,
    ).unref()
    try {
      const onEngine = { engine, context: entry.query, signal, note, accept }
      let last: EnginePage | undefined
      if (statement.runner === 'unsupported' || (statement.runner === 'athena' && !own)) {
        throw notSupported(`${statement.substatement.replaceAll('_', ' ')} is not supported by local-aws yet`)
      }
      if (own) {
        entry.query = { ...entry.query, state: 'RUNNING' }
        if (own.check !== undefined) await followEngine({ ...onEngine, statement: unchanged(own.check) })
        own.run()
        await sink.lines([], [])
      } else if (hive) {
        entry.query = { ...entry.query, state: 'RUNNING' }
        const { columns, lines } = await answerFromCatalog(hive, {
          glue,
          iceberg,
          signal,
          database: contextDatabase(entry.query),
          runOnEngine: async (sql) => {
            await followEngine({ ...onEngine, statement: unchanged(sql) })
          },
        })
        await sink.lines(columns, lines)
      } else {
        placed = await withWriterSettings(engineStatement(statement, entry.query), statement, entry.query, {
          glue,
          iceberg,
        })
        if (placed.unloadsTo !== undefined) await prepareUnload(glue)
        try {
          last = await followEngine({ ...onEngine, statement: placed, sink })
          if (placed.makesIceberg)
            await finishIcebergTable(placed.makesIceberg, entry.query.submittedAtMs, iceberg)
        } finally {
          if (placed.unloadsTo !== undefined) await dropUnload(entry.query)
        }
      }
      const { body, ...outcome } = await sink.close(last?.updateType, last?.updateCount)
      const manifest =
        last && writesRows(entry.query)
          ? await manifestOf(entry.query, statement, {
              engineQueryId: last.id,
              unloadsTo: placed?.unloadsTo,
              signal,
            })
          : undefined
      pages.remember(entry.query.id, body)
      finish(entry, { state: 'SUCCEEDED', ...outcome, ...(manifest === undefined ? {} : { manifest }) })
    } catch (thrown) {
      void sink.abort()
      const error = signal.aborted ? signal.reason : thrown
      const failure = failureOf(error, entry.query)
      const refusal = refusalOf(error, failure)
      if (!entry.admitted && refusal) {
        forget(entry, failure)
        entry.accepted.reject(refusal)
        return
      }
      if (!(error instanceof QueryFailure)) events.operationBroke({ target: 'query', err: error })
      finish(entry, { state: 'FAILED', reason: failure.message, error: failure.athena })
    } finally {
      clearTimeout(timeout)
      entry.accepted.resolve()
    }

    function note(progress: Pick<QueryProgress, 'state' | 'statistics'>): void {
      if (isFinal(entry.query.state)) return
      entry.query = { ...entry.query, ...progress }
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
      try {
        history.add(entry.query)
        events.historyStored()
      } catch (error) {
        events.historyFailed(reasonOf(error))
        throw notStored(reasonOf(error))
      }
      live.set(request.id, entry)
      void run(entry, statement, hive, own)
      await Promise.race([entry.accepted.promise, delay(holdForVerdictMs, undefined, { ref: false })])
      entry.admitted = true
    },
    get: (id) => live.get(id)?.query ?? history.get(id),
    isTold: (id) => live.get(id)?.admitted ?? true,
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
        const failure = failureOf(new CutOff('local-aws was stopped while the query ran'), entry.query)
        finish(entry, { state: 'FAILED', reason: failure.message, error: failure.athena })
        entry.controller.abort(failure)
      }
    },
  }
}

function newEntry(query: Query): LiveQuery {
  const accepted = Promise.withResolvers<void>()
  return { query, admitted: false, controller: new AbortController(), accepted }
}

/** What is told to the one who asks, instead of a query that fails: the statement is none. */
function refusalOf(error: unknown, failure: QueryFailure): AwsError | undefined {
  if (error instanceof AwsError) return error
  const isSyntax = failure.message.startsWith('SYNTAX_ERROR: line')
  return isSyntax ? malformedQuery(failure.message.replace('SYNTAX_ERROR: ', '')) : undefined
}

function failureOf(thrown: unknown, query: Query): QueryFailure {
  const failure =
    thrown instanceof QueryFailure ? thrown : new CutOff(`GENERIC_INTERNAL_ERROR: ${reasonOf(thrown)}`)
  return failure instanceof CutOff && writesRows(query) ? failure.ofWriter() : failure
}
