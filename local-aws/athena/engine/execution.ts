// Runs one statement to its result: by the prepared statements, the Data Catalog or the engine.
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import type { Events } from '../../events.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { IcebergTables } from '../../iceberg/tables.ts'
import { notSupported } from '../api/errors.ts'
import { contextDatabase, type Query, type QueryProgress, writesRows } from '../api/query.ts'
import { finishIcebergTable } from '../iceberg/statements.ts'
import { withWriterSettings } from '../iceberg/writer-settings.ts'
import type { ResultPages } from '../results/result-pages.ts'
import { openResultSink, type ResultSink } from '../results/result-sink.ts'
import type { ResultObjects } from '../results/s3.ts'
import { type Writer, writeManifest } from '../results/written-files.ts'
import { answerFromCatalog } from '../sql/catalog-statements.ts'
import { engineStatement } from '../sql/engine-statement.ts'
import type { HiveStatement } from '../sql/hive-ddl.ts'
import { type RewrittenSql, unchanged } from '../sql/rewritten-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { checkInsert } from './bucketed-tables.ts'
import { type EngineRun, followEngine } from './engine-run.ts'
import { moveToProjectedFolders } from './projected-folders.ts'
import type { Engine, EnginePage } from './trino.ts'
import { intoStoredText } from './typed-insert.ts'
import { dropUnloadTable, prepareUnload } from './unload-table.ts'

const longestAbortMs = 1_000

/** Athena's own part of a statement. */
export interface OwnWork {
  /** A statement that the engine's parser must accept first. */
  readonly check?: string
  /** @throws QueryFailure */
  readonly run: () => void
}

/** A statement with what its runner needs. */
export interface Task {
  readonly statement: Statement
  /** For a statement that runs on the Data Catalog. */
  readonly hive: HiveStatement | undefined
  /** For a statement on the workgroup's prepared statements. */
  readonly own: OwnWork | undefined
}

export interface ExecutionParts {
  readonly engine: Engine
  readonly glue: GlueService
  readonly iceberg: IcebergTables
  readonly objects: ResultObjects
  readonly pages: ResultPages
  readonly events: Events
}

type Outcome = Pick<QueryProgress, 'columns' | 'updateCount' | 'manifest'>

/** @throws QueryFailure, AwsError for an invalid statement */
export async function execute(
  query: Query,
  { statement, hive, own }: Task,
  progress: Pick<EngineRun, 'note' | 'accept' | 'signal'>,
  parts: ExecutionParts,
): Promise<Outcome> {
  const { engine, glue, iceberg, objects, pages } = parts
  const { signal } = progress
  if (statement.runner === 'unsupported' || (statement.runner === 'athena' && !own)) {
    throw notSupported(`${statement.substatement.replaceAll('_', ' ')} is not supported by local-aws yet`)
  }
  const sink = openResultSink(query, objects, signal)
  const onEngine = { engine, context: query, writesRows: writesRows(query), ...progress }
  try {
    if (own) {
      if (own.check !== undefined) await followEngine({ ...onEngine, statement: unchanged(own.check) })
      own.run()
      await sink.lines([], [])
      return await finished(sink)
    }
    if (hive) {
      const { columns, lines } = await answerFromCatalog(hive, {
        glue,
        iceberg,
        signal,
        database: contextDatabase(query),
        runOnEngine: async (sql) => {
          await followEngine({ ...onEngine, statement: unchanged(sql) })
        },
      })
      await sink.lines(columns, lines)
      return await finished(sink)
    }
    await checkInsert(statement, query, glue)
    const sql = await intoStoredText(engineStatement(statement, query), statement, query, glue)
    const rewritten = await withWriterSettings(sql, statement, query, {
      glue,
      iceberg,
    })
    const last = await onEngineToEnd(rewritten, sink)
    await moveToProjectedFolders(statement, query, last.id, parts)
    if (rewritten.makesIceberg) await finishIcebergTable(rewritten.makesIceberg, query.submittedAtMs, iceberg)
    const outcome = await finished(sink, last)
    if (!writesRows(query)) return outcome
    const { updateType, updateCount } = last
    const writer = {
      engineQueryId: last.id,
      queryId: query.id,
      updateType,
      updateCount,
      unloadsTo: rewritten.unloadsTo,
    }
    const manifest = await manifestOf(query, statement, writer, parts)
    return { ...outcome, ...(manifest === undefined ? {} : { manifest }) }
  } catch (error) {
    // A failed query leaves no object; if S3 does not answer, nobody waits for the deletion.
    await Promise.race([sink.abort(), delay(longestAbortMs, undefined, { ref: false })])
    throw error
  }

  async function onEngineToEnd(rewritten: RewrittenSql, sink: ResultSink): Promise<EnginePage> {
    if (rewritten.unloadsTo === undefined) return followEngine({ ...onEngine, statement: rewritten, sink })
    await prepareUnload(glue)
    try {
      return await followEngine({ ...onEngine, statement: rewritten, sink })
    } finally {
      await dropUnload(query, parts)
    }
  }

  async function finished(sink: ResultSink, last?: EnginePage): Promise<Outcome> {
    const { body, ...outcome } = await sink.close(last?.updateType, last?.updateCount)
    pages.remember(query.id, body)
    return outcome
  }
}

/** Never throws. */
export async function dropUnload(
  { id }: Pick<Query, 'id'>,
  { glue, events }: Pick<ExecutionParts, 'glue' | 'events'>,
): Promise<void> {
  await dropUnloadTable(id, glue).catch((error) => events.unhandledError({ target: 'query', err: error }))
}

/** Its rows are written: nobody should run the query again only because the list of its files cannot be written. */
async function manifestOf(
  query: Query,
  statement: Statement,
  writer: Writer,
  { glue, objects, events }: ExecutionParts,
): Promise<string | undefined> {
  try {
    return await writeManifest(statement, query, writer, { glue, objects })
  } catch (error) {
    events.manifestFailed({ id: query.id, reason: reasonOf(error) })
    return undefined
  }
}
