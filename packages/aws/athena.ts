// Runs Athena queries: starts one, waits for it, cancels it on abort, and yields the rows in constant memory.
import {
  type AthenaClient,
  type Datum,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type GetQueryResultsCommandOutput,
  paginateGetQueryResults,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import type { S3Client } from '@aws-sdk/client-s3'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { AthenaCsv, type Cell } from './athena-csv.ts'
import type { LakeConfig } from './config.ts'
import { awsFailure, isAwsError, pagesOf } from './failure.ts'
import { pollAfter } from './poll-pace.ts'
import { queryFailure } from './query-failure.ts'
import { Bucket, parseS3Uri } from './s3.ts'

export interface ResultColumn {
  readonly name: string
  /** as Athena names it: bigint, double, varchar ... */
  readonly type: string
}

export interface QueryResult {
  readonly id: string
  readonly columns: readonly ResultColumn[]
  /** Batches of rows; can be read once. */
  readonly rows: AsyncIterable<Cell[][]>
  readonly scannedBytes: number
  readonly elapsedMs: number
  /** The statement's kind according to Athena: DML, DDL, UTILITY. */
  readonly statementType: string
}

export interface QueryOptions {
  readonly signal?: AbortSignal | undefined
  /** Cancels the query after this long; forever when absent. */
  readonly timeoutMs?: number
}

type AthenaLake = Pick<LakeConfig, 'workgroup' | 'results' | 'database'>

export class Athena {
  readonly #client: AthenaClient
  readonly #s3: S3Client
  readonly #lake: AthenaLake

  constructor(client: AthenaClient, s3: S3Client, lake: AthenaLake) {
    this.#client = client
    this.#s3 = s3
    this.#lake = lake
  }

  /**
   * Runs a statement to its end and opens its result.
   * @throws Failure QUERY_REFUSED or QUERY_FAILED with Athena's own text, QUERY_CANCELLED, QUERY_TIMEOUT
   */
  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const startedAt = performance.now()
    const id = await this.#start(sql)
    const execution = await this.#finished(id, sql, options)
    const output = execution.ResultConfiguration?.OutputLocation ?? ''
    const metadata = await this.#firstPage(id, output.endsWith('.csv') ? 1 : 1000)
    const columns = (metadata.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map((column) => ({
      name: column.Label ?? column.Name ?? '',
      type: column.Type ?? 'varchar',
    }))
    return {
      id,
      columns,
      rows: output.endsWith('.csv')
        ? this.#csvRows(output, options.signal)
        : this.#pagedRows(id, metadata, execution.StatementType === 'DML', columns.length),
      scannedBytes: execution.Statistics?.DataScannedInBytes ?? 0,
      elapsedMs: execution.Statistics?.TotalExecutionTimeInMillis ?? performance.now() - startedAt,
      statementType: execution.StatementType ?? '',
    }
  }

  /** All rows of a small result. */
  async rows(sql: string, options: QueryOptions = {}): Promise<Cell[][]> {
    const rows: Cell[][] = []
    for await (const batch of (await this.query(sql, options)).rows) rows.push(...batch)
    return rows
  }

  async #start(sql: string): Promise<string> {
    try {
      const answer = await this.#client.send(
        new StartQueryExecutionCommand({
          QueryString: sql,
          WorkGroup: this.#lake.workgroup,
          QueryExecutionContext: { Database: this.#lake.database, Catalog: 'AwsDataCatalog' },
          ResultConfiguration: { OutputLocation: this.#lake.results },
        }),
      )
      return answer.QueryExecutionId!
    } catch (error) {
      if (isAwsError(error, 'InvalidRequestException')) {
        throw queryFailure('QUERY_REFUSED', (error as Error).message, error)
      }
      throw awsFailure('Athena', 'starting a query', error)
    }
  }

  async #finished(id: string, sql: string, { signal, timeoutMs }: QueryOptions): Promise<QueryExecution> {
    const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs
    const startedAt = performance.now()
    while (true) {
      if (signal?.aborted || Date.now() > deadline) await this.#cancel(id, sql, signal?.aborted, timeoutMs)
      const execution = await this.#execution(id)
      const state = execution.Status?.State
      if (state === 'SUCCEEDED') return execution
      const reason = execution.Status?.StateChangeReason ?? execution.Status?.AthenaError?.ErrorMessage
      if (state === 'FAILED') throw queryFailure('QUERY_FAILED', reason ?? 'Athena gives no reason')
      if (state === 'CANCELLED') {
        throw new Failure({
          code: 'QUERY_CANCELLED',
          what: 'the query was cancelled',
          ...(reason ? { why: reason } : {}),
        })
      }
      await sleep(pollAfter(performance.now() - startedAt), signal)
    }
  }

  async #execution(id: string): Promise<QueryExecution> {
    try {
      const answer = await this.#client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }))
      return answer.QueryExecution!
    } catch (error) {
      throw awsFailure('Athena', `asking for the state of query ${id}`, error)
    }
  }

  async #cancel(id: string, sql: string, byUser: boolean | undefined, timeoutMs?: number): Promise<never> {
    try {
      await this.#client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }))
    } catch (error) {
      throw awsFailure('Athena', `cancelling query ${id} (it continues)`, error)
    }
    if (byUser) {
      throw new Failure({
        code: 'QUERY_CANCELLED',
        what: 'the query was cancelled',
        why: `stopped while it ran; Athena was asked to stop ${id}`,
      })
    }
    throw new Failure({
      code: 'QUERY_TIMEOUT',
      what: `Athena had no answer after ${timeoutMs} ms; the query was cancelled`,
      why: sql.replace(/\s+/g, ' ').slice(0, 160),
      remedy: 'try again, or raise CATALOG_QUERY_TIMEOUT_MS',
      retryable: true,
    })
  }

  async #firstPage(id: string, limit: number): Promise<GetQueryResultsCommandOutput> {
    try {
      return await this.#client.send(new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: limit }))
    } catch (error) {
      throw awsFailure('Athena', `reading the result of query ${id}`, error)
    }
  }

  /** The rows of a result that is not CSV: DDL, SHOW, EXPLAIN. Only DML has a heading row, on its first page. */
  async *#pagedRows(id: string, first: GetQueryResultsCommandOutput, hasHeading: boolean, columns: number) {
    const rowsOf = ({ ResultSet }: GetQueryResultsCommandOutput) =>
      (ResultSet?.Rows ?? []).map(({ Data }) => cells(Data ?? [], columns))
    const rows = rowsOf(first).slice(hasHeading ? 1 : 0)
    if (rows.length > 0) yield rows
    if (!first.NextToken) return
    const config = { client: this.#client, startingToken: first.NextToken, pageSize: 1000 }
    const pages = paginateGetQueryResults(config, { QueryExecutionId: id })
    for await (const page of pagesOf('Athena', `reading the result of query ${id}`, pages)) {
      const more = rowsOf(page)
      if (more.length > 0) yield more
    }
  }

  /** The rows of a result object, streamed; a broken connection is resumed where it broke. */
  async *#csvRows(uri: string, signal?: AbortSignal): AsyncGenerator<Cell[][]> {
    const { bucket, key } = parseS3Uri(uri)
    const source = new Bucket(this.#s3, bucket)
    const csv = new AthenaCsv()
    const decoder = new TextDecoder()
    let position = 0
    let heading = true
    let breaks = 0
    const batch = (rows: Cell[][]) => {
      if (!heading || rows.length === 0) return rows
      heading = false
      return rows.slice(1)
    }
    while (true) {
      const body = await source.read(key, position, signal)
      try {
        for await (const chunk of body ?? []) {
          position += chunk.length
          breaks = 0
          const rows = batch(csv.push(decoder.decode(chunk, { stream: true })))
          if (rows.length > 0) yield rows
        }
        break
      } catch (error) {
        if (signal?.aborted || ++breaks > 3) throw awsFailure('S3', `reading the result ${uri}`, error)
      }
    }
    const last = batch([...csv.push(decoder.decode()), ...csv.end()])
    if (last.length > 0) yield last
  }
}

/** DESCRIBE returns each row as one cell, its columns joined by tabs and padded with blanks. */
function cells(data: readonly Datum[], columns: number): Cell[] {
  const [only] = data
  if (data.length === 1 && columns > 1) {
    const parts = (only?.VarCharValue ?? '').split('\t').map((part) => part.trim())
    return Array.from({ length: columns }, (_, i) => parts[i] ?? null)
  }
  return data.map((cell) => cell.VarCharValue ?? null)
}
