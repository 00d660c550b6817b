// Athena's count of the table's rows, and the age of the newest.

import type { Athena, QueryOptions } from '@ticklake/aws/athena.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import { hoursAround } from './partitions.ts'

export interface RowCount {
  readonly rows: number
  /** Broker time of the newest row of the last hours, ms since 1970; undefined: none */
  readonly newestMs: number | undefined
  readonly queryMs: number
  readonly scannedBytes: number
}

/** One query. It looks for the newest row only in the last hours, so that it opens no old object for that. */
export async function countRows(
  athena: Athena,
  { lake, queryTimeoutMs }: { readonly lake: LakeConfig; readonly queryTimeoutMs: number },
  nowMs: number,
  options: QueryOptions = {},
): Promise<RowCount> {
  const table = `${quoted(lake.database)}.${quoted(lake.table)}`
  const recent = hoursAround(nowMs, 0).map(({ dt, hour }) => `(dt = '${dt}' AND hour = '${hour}')`)
  const startedAt = performance.now()
  const result = await athena.query(
    `SELECT (SELECT count(*) FROM ${table}), ` +
      `(SELECT CAST(1000 * to_unixtime(max(kafka_timestamp)) AS bigint) FROM ${table} WHERE ${recent.join(' OR ')})`,
    { timeoutMs: queryTimeoutMs, ...options },
  )
  let row: readonly (string | null)[] = []
  for await (const batch of result.rows) row = batch[0] ?? row
  return {
    rows: Number(row[0] ?? 0),
    newestMs: row[1] == null ? undefined : Number(row[1]),
    queryMs: Math.round(performance.now() - startedAt),
    scannedBytes: result.scannedBytes,
  }
}

/** The age of the newest row; undefined when there was none in the last hours. */
export function freshnessMs({ newestMs }: Pick<RowCount, 'newestMs'>, nowMs: number): number | undefined {
  return newestMs === undefined ? undefined : Math.max(0, nowMs - newestMs)
}
