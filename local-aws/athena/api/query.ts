// One query execution: what is stored of it, and how GetQueryExecution shows it.
import { createHash } from 'node:crypto'
import type { ColumnInfo } from '../results/column-info.ts'
import type { StatementType } from '../sql/statement.ts'
import type { AthenaError } from './errors.ts'

export type QueryState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

/** The layout of the result object: `csv` with a heading, `lines` of text, or `none` if there is no such object. */
export type ResultLayout = 'csv' | 'lines' | 'none'

export interface QueryStatistics {
  readonly engineMs: number
  readonly queueMs: number
  readonly planningMs: number
  readonly scannedBytes: number
  /** The statistics of input and output, once the engine has finished. */
  readonly rows?: RowStatistics
}

export interface RowStatistics {
  readonly inputRows: number
  readonly inputBytes: number
  readonly outputRows: number
  /** The stage whose rows are the result, with the stages below it. */
  readonly outputStage?: StageStatistics
}

export interface StageStatistics {
  readonly id: number
  readonly state: string
  readonly ms: number
  readonly rows: number
  readonly bytes: number
  readonly below: readonly StageStatistics[]
}

export const noStatistics: QueryStatistics = { engineMs: 0, queueMs: 0, planningMs: 0, scannedBytes: 0 }

/** ResultConfiguration, in the form of requests and workgroups. */
export interface ResultSettings {
  readonly OutputLocation?: string
  readonly [setting: string]: unknown
}

/** ResultReuseByAgeConfiguration. */
export interface ResultReuse {
  readonly Enabled: boolean
  readonly MaxAgeInMinutes?: number
}

/** The request, and where its result goes. */
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
  /** s3://bucket/prefix/ of the request, its workgroup or the server's default, with a slash at its end */
  readonly resultFolder: string
  /** The rest of ResultConfiguration, which is only shown again. */
  readonly resultSettings?: ResultSettings
  /** The request's ResultReuseByAgeConfiguration, which is also shown again. */
  readonly resultReuse?: ResultReuse
  /** The earlier query whose result answers this one, and the location of that result. */
  readonly reused?: { readonly id: string; readonly location: string }
  /** ManagedQueryResultsConfiguration of the workgroup, if it keeps results itself: their location is not shown. */
  readonly managedResults?: Readonly<Record<string, unknown>>
  /** SelectedEngineVersion of the workgroup, if it is not AUTO. */
  readonly selectedEngineVersion?: string
  /** QueryResultsS3AccessGrantsConfiguration of the workgroup, which is only shown again. */
  readonly s3AccessGrants?: Readonly<Record<string, unknown>>
  /** How many bytes it may read, as its workgroup says. */
  readonly mostScannedBytes?: number
  readonly submittedAtMs: number
}

/** Its state and results so far. */
export interface QueryProgress {
  readonly state: QueryState
  readonly statistics: QueryStatistics
  readonly finishedAtMs?: number
  readonly reason?: string
  readonly error?: AthenaError
  readonly columns?: readonly ColumnInfo[]
  readonly updateCount?: number
  /** The list of files that CTAS, INSERT or UNLOAD wrote. */
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

/** INSERT, CTAS and the like: they answer with a row count, and their data is elsewhere. */
export function writesRows({ substatement }: Pick<Query, 'substatement'>): boolean {
  return ['INSERT', 'DELETE', 'UPDATE', 'MERGE', 'CREATE_TABLE_AS_SELECT', 'UNLOAD'].includes(substatement)
}

/** The default database for names: in lower case, and without the backticks that clients may add. */
export function contextDatabase({ database }: Pick<QueryRequest, 'database'>): string {
  return (database ?? 'default').replaceAll('`', '').toLowerCase()
}

/** ResultConfiguration.OutputLocation: the object that holds the result (athena-docs "Query results"). */
export function outputLocation(query: QueryRequest): string {
  if (query.reused) return query.reused.location
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

/**
 * What a query must have in common with another to reuse its result; undefined if it can reuse none. A result in another
 * location, or for other parameters, does not match.
 */
export function reuseKey(query: QueryRequest): string | undefined {
  if (query.statementType !== 'DML' || query.substatement !== 'SELECT') return undefined
  const { query: text, catalog, workgroup, parameters, resultFolder } = query
  return JSON.stringify([
    createHash('sha256').update(text).digest('hex'),
    (catalog ?? 'awsdatacatalog').toLowerCase(),
    contextDatabase(query),
    workgroup,
    parameters ?? [],
    resultFolder,
  ])
}

/** How long each phase took, as GetQueryExecution and GetQueryRuntimeStatistics show it. */
export function timeline(query: Query): Record<string, number> {
  const total = (query.finishedAtMs ?? Date.now()) - query.submittedAtMs
  const { engineMs, queueMs, planningMs } = query.statistics
  return {
    EngineExecutionTimeInMillis: engineMs,
    TotalExecutionTimeInMillis: total,
    QueryQueueTimeInMillis: queueMs,
    ServicePreProcessingTimeInMillis: 0,
    QueryPlanningTimeInMillis: planningMs,
    ServiceProcessingTimeInMillis: Math.max(0, total - engineMs - queueMs),
  }
}

/** The QueryExecution structure. */
export function queryExecution(query: Query): Record<string, unknown> {
  return {
    QueryExecutionId: query.id,
    Query: query.query,
    StatementType: query.statementType,
    SubstatementType: query.substatement,
    ...(query.managedResults
      ? { ManagedQueryResultsConfiguration: query.managedResults }
      : { ResultConfiguration: { ...query.resultSettings, OutputLocation: outputLocation(query) } }),
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: query.resultReuse ?? { Enabled: false } },
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
      ...timeline(query),
      DataScannedInBytes: query.statistics.scannedBytes,
      ...(query.manifest === undefined || query.managedResults
        ? {}
        : { DataManifestLocation: query.manifest }),
      ResultReuseInformation: { ReusedPreviousResult: query.reused !== undefined },
    },
    WorkGroup: query.workgroup,
    EngineVersion: {
      ...engineVersion,
      ...(query.selectedEngineVersion === undefined
        ? {}
        : { SelectedEngineVersion: query.selectedEngineVersion }),
    },
    ...(query.parameters === undefined ? {} : { ExecutionParameters: query.parameters }),
    ...(query.s3AccessGrants === undefined
      ? {}
      : { QueryResultsS3AccessGrantsConfiguration: query.s3AccessGrants }),
  }
}

export const engineVersion = {
  SelectedEngineVersion: 'AUTO',
  EffectiveEngineVersion: 'Athena engine version 3',
}
