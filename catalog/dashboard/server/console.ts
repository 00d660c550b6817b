// Runs one statement of the console and streams its rows; when the client disconnects, the query is cancelled.
import type { Athena } from '@ticklake/aws/athena.ts'
import { athenaCost } from '../../cost.ts'
import type { DashboardEvents } from './events.ts'
import { problemOf } from './problem.ts'
import { isBilled, type ReadKind, requireReadOnly } from './read-only.ts'
import type { QueryLine } from './wire.ts'

/** The most rows for a browser; `catalog query` returns more. */
export const MOST_ROWS = 100_000
const ROWS_PER_LINE = 2_000

export interface Run {
  readonly sql: string
  readonly kind: ReadKind
}

/** @throws Failure READ_ONLY when the statement could change anything */
export function runOf(sql: string): Run {
  return { sql, kind: requireReadOnly(sql) }
}

/**
 * The lines of the answer. An error becomes the last line, since the status has already been sent.
 * @param signal aborted: the query is cancelled in Athena
 */
export async function* queryLines(
  athena: Pick<Athena, 'query'>,
  { sql, kind }: Run,
  signal: AbortSignal,
  { defect }: Pick<DashboardEvents, 'defect'>,
): AsyncGenerator<QueryLine> {
  try {
    const result = await athena.query(sql, { signal })
    yield { type: 'columns', columns: result.columns, id: result.id }
    let rows = 0
    let truncated = false
    for await (const batch of result.rows) {
      const left = MOST_ROWS - rows
      const some = batch.length > left ? batch.slice(0, left) : batch
      for (let start = 0; start < some.length; start += ROWS_PER_LINE) {
        yield { type: 'rows', rows: some.slice(start, start + ROWS_PER_LINE) }
      }
      rows += some.length
      truncated = batch.length > left
      if (truncated) break
    }
    yield {
      type: 'end',
      rows,
      truncated,
      elapsedMs: result.elapsedMs,
      scannedBytes: result.scannedBytes,
      dollars: isBilled(kind) ? athenaCost(result.scannedBytes) : 0,
    }
  } catch (error) {
    yield { type: 'error', problem: problemOf(error, defect) }
  }
}
