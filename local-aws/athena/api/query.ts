// One query execution: what is remembered of it, and how GetQueryExecution shows it.
import type { ColumnInfo } from '../results/column-info.ts'
import type { StatementType } from '../sql/statement.ts'
import type { AthenaError } from './errors.ts'

export type QueryState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

/** How the result object is laid out: `csv` with a heading, `lines` of text, or `none` where there is no such object. */
export type ResultLayout = 'csv' | 'lines' | 'none'

export interface QueryStatistics {
  readonly engineMs: number
  readonly queueMs: number
  readonly planningMs: number
  readonly scannedBytes: number
}

export const noStatistics: QueryStatistics = { engineMs: 0, queueMs: 0, planningMs: 0, scannedBytes: 0 }

/** What was asked, and where its answer goes. */
export interface QueryRequest {
  readonly id: string
  readonly token: string
  readonly query: string
  readonly statementType: StatementType
  readonly substatement: string
  readonly catalog: string | undefined
  readonly database: string | undefined
  readonly workgroup: string
  readonly parameters: readonly string[] | undefined
  /** s3://bucket/prefix/ as the request or the server's default has it, with a slash at its end */
  readonly resultFolder: string
  readonly submittedAtMs: number
}

/** What came of it so far. */
export interface QueryProgress {
  readonly state: QueryState
  readonly statistics: QueryStatistics
  readonly finishedAtMs?: number
  readonly reason?: string
  readonly error?: AthenaError
  readonly columns?: readonly ColumnInfo[]
  readonly updateCount?: number
  /** A file list of what CTAS, INSERT or UNLOAD wrote. */
  readonly manifest?: string
}

export type Query = QueryRequest & QueryProgress

export function isFinal(state: QueryState): boolean {
  return state !== 'QUEUED' && state !== 'RUNNING'
}

export function resultLayout(query: Pick<Query, 'statementType' | 'substatement'>): ResultLayout {
  if (query.substatement === 'SELECT') return 'csv'
  if (writesRows(query)) return 'none'
  return 'lines'
}

/** INSERT, CTAS and their like: they answer a row count and their data lies elsewhere. */
export function writesRows({ substatement }: Pick<Query, 'substatement'>): boolean {
  return ['INSERT', 'DELETE', 'UPDATE', 'MERGE_INTO', 'CREATE_TABLE_AS_SELECT', 'UNLOAD'].includes(
    substatement,
  )
}

/** The database of names that have none: in lower case, and without the backticks in which clients may give it. */
export function contextDatabase({ database }: Pick<QueryRequest, 'database'>): string {
  return (database ?? 'default').replaceAll('`', '').toLowerCase()
}

/** ResultConfiguration.OutputLocation: the object that holds the result (athena-docs "Query results"). */
export function outputLocation(query: QueryRequest): string {
  if (query.substatement === 'CREATE_TABLE_AS_SELECT') return `${query.resultFolder}tables/${query.id}`
  switch (resultLayout(query)) {
    case 'csv':
      return `${query.resultFolder}${query.id}.csv`
    case 'lines':
      return `${query.resultFolder}${query.id}.txt`
    case 'none':
      return `${query.resultFolder}${query.id}`
  }
}

/** The QueryExecution structure. */
export function queryExecution(query: Query): Record<string, unknown> {
  const total = (query.finishedAtMs ?? Date.now()) - query.submittedAtMs
  const { engineMs, queueMs, planningMs, scannedBytes } = query.statistics
  const service = Math.max(0, total - engineMs - queueMs)
  return {
    QueryExecutionId: query.id,
    Query: query.query,
    StatementType: query.statementType,
    SubstatementType: query.substatement,
    ResultConfiguration: { OutputLocation: outputLocation(query) },
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
    QueryExecutionContext: {
      ...(query.database === undefined ? {} : { Database: query.database }),
      ...(query.catalog === undefined ? {} : { Catalog: query.catalog }),
    },
    Status: {
      State: query.state,
      ...(query.reason === undefined ? {} : { StateChangeReason: query.reason }),
      SubmissionDateTime: query.submittedAtMs / 1000,
      ...(query.finishedAtMs === undefined ? {} : { CompletionDateTime: query.finishedAtMs / 1000 }),
      ...(query.error === undefined ? {} : { AthenaError: query.error }),
    },
    Statistics: {
      EngineExecutionTimeInMillis: engineMs,
      DataScannedInBytes: scannedBytes,
      ...(query.manifest === undefined ? {} : { DataManifestLocation: query.manifest }),
      TotalExecutionTimeInMillis: total,
      QueryQueueTimeInMillis: queueMs,
      ServicePreProcessingTimeInMillis: 0,
      QueryPlanningTimeInMillis: planningMs,
      ServiceProcessingTimeInMillis: service,
      ResultReuseInformation: { ReusedPreviousResult: false },
    },
    WorkGroup: query.workgroup,
    EngineVersion: engineVersion,
    ...(query.parameters === undefined ? {} : { ExecutionParameters: query.parameters }),
  }
}

export const engineVersion = {
  SelectedEngineVersion: 'AUTO',
  EffectiveEngineVersion: 'Athena engine version 3',
}
