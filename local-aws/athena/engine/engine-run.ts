// Runs one statement on the engine to its end, passing its rows to the sink as they come.
import { setTimeout as delay } from 'node:timers/promises'
import { dataCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { engineFailure } from '../api/errors.ts'
import {
  contextDatabase,
  type QueryProgress,
  type QueryRequest,
  type RowStatistics,
  type StageStatistics,
} from '../api/query.ts'
import { athenasError, shownRows } from '../iceberg/hidden-catalog.ts'
import type { ResultSink } from '../results/result-sink.ts'
import type { RewrittenSql } from '../sql/rewritten-sql.ts'
import { headerName } from './header-name.ts'
import {
  cancel,
  type Engine,
  type EnginePage,
  type EngineStage,
  type EngineStats,
  nextPage,
  submit,
  waitForEngineMs,
} from './trino.ts'

export interface EngineRun {
  readonly engine: Engine
  readonly statement: RewrittenSql
  readonly context: Pick<QueryRequest, 'catalog' | 'database'>
  readonly signal: AbortSignal
  /** Whether it is an INSERT, CTAS or the like. */
  readonly writesRows: boolean
  /** Absent: the rows are ignored. */
  readonly sink?: ResultSink
  /** Called with each answer of the engine. */
  readonly note: (progress: Pick<QueryProgress, 'state' | 'statistics'>) => void
  /** Called once the engine's parser has accepted the statement. */
  readonly accept: () => void
}

/** Athena's limit of 100 partitions applies to the whole statement; the engine's applies to each of its writers. */
const oneWriter = {
  task_min_writer_count: '1',
  task_max_writer_count: '1',
  task_scale_writers_enabled: 'false',
  use_preferred_write_partitioning: 'false',
}

/** Errors of an engine that is starting: it refused the statement before any of it ran. */
const notYet = new Set(['SERVER_STARTING_UP', 'NO_NODES_AVAILABLE'])

/** @throws QueryFailure */
export async function followEngine(run: EngineRun): Promise<EnginePage> {
  const { engine, statement, context, signal, sink, note, accept } = run
  const database = contextDatabase(context)
  const session = {
    catalog: context.catalog?.toLowerCase() ?? 'awsdatacatalog',
    schema: headerName(database),
    properties: {
      ...(run.writesRows ? oneWriter : {}),
      ...catalogProperties(statement.session),
    },
  }
  const giveUpAt = Date.now() + waitForEngineMs
  let page = await submit(engine, statement.sql, session, signal)
  let hasColumns = false
  let outputRows = 0
  try {
    for (;;) {
      if (page.error && notYet.has(page.error.errorName) && Date.now() < giveUpAt) {
        await delay(250, undefined, { signal })
        page = await submit(engine, statement.sql, session, signal)
        continue
      }
      if (page.error) {
        const own = page.error.message.replaceAll(session.schema, database)
        const message = statement.inOwnPositions(own)
        throw engineFailure(athenasError({ ...page.error, message }))
      }
      outputRows += page.data?.length ?? 0
      note({
        state: page.stats.state === 'QUEUED' ? 'QUEUED' : 'RUNNING',
        statistics: {
          ...statisticsOf(page.stats),
          ...(page.nextUri ? {} : { rows: rowStatistics(page.stats, outputRows) }),
        },
      })
      if (!page.nextUri || page.nextUri.includes('/executing/')) accept()
      // The engine works on the next page while this one is written.
      const next = page.nextUri === undefined ? undefined : nextPage(engine, page.nextUri, signal)
      next?.catch(() => undefined)
      if (page.columns && !hasColumns) {
        hasColumns = true
        await sink?.columns(page.columns)
      }
      if (page.data) await sink?.rows(statement.showsCatalogs ? shownRows(page.data) : page.data)
      if (!next) return page
      page = await next
    }
  } catch (error) {
    if (page.nextUri) void cancel(engine, page.nextUri)
    throw error
  }
}

function catalogProperties(properties: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name.includes('.') ? name : `${dataCatalog}.${name}`,
      value,
    ]),
  )
}

function statisticsOf(stats: EngineStats): QueryProgress['statistics'] {
  return {
    engineMs: stats.elapsedTimeMillis - stats.queuedTimeMillis,
    queueMs: stats.queuedTimeMillis,
    planningMs: stats.planningTimeMillis ?? 0,
    scannedBytes: stats.physicalInputBytes,
  }
}

function rowStatistics(stats: EngineStats, outputRows: number): RowStatistics {
  return {
    inputRows: stats.processedRows ?? 0,
    inputBytes: stats.processedBytes ?? 0,
    outputRows,
    ...(stats.rootStage ? { outputStage: stageStatistics(stats.rootStage) } : {}),
  }
}

function stageStatistics(stage: EngineStage): StageStatistics {
  return {
    id: Number(stage.stageId),
    state: stage.state,
    ms: stage.wallTimeMillis,
    rows: stage.processedRows,
    bytes: stage.processedBytes,
    below: stage.subStages.map(stageStatistics),
  }
}
