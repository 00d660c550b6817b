// One line that is redrawn: Athena's count, its rate, the age of the newest row, and the lag.

import type { Lag } from '@ticklake/lake/lag.ts'
import { freshnessMs, type RowCount } from '@ticklake/lake/row-count.ts'
import { grouped } from '@ticklake/runtime/number-text.ts'

export interface Sample extends RowCount {
  readonly atMs: number
  /** undefined: Kafka or S3 did not answer */
  readonly lag: Lag | undefined
}

/** Rows a second since an earlier sample; undefined when there is none. */
export function rowsPerSecond(now: Sample, before: Sample | undefined): number | undefined {
  const elapsedMs = before ? now.atMs - before.atMs : 0
  return before && elapsedMs > 0 ? ((now.rows - before.rows) * 1000) / elapsedMs : undefined
}

/** Seconds since the newest row was appended; undefined: there is none in the last hours. */
export function freshnessSeconds(sample: Sample): number | undefined {
  const ageMs = freshnessMs(sample, sample.atMs)
  return ageMs === undefined ? undefined : ageMs / 1000
}

/** The line for people; `-`: unknown. */
export function watchLine(now: Sample, before: Sample | undefined): string {
  const rate = rowsPerSecond(now, before)
  const fresh = freshnessSeconds(now)
  const behind = now.lag
    ? `${grouped(now.lag.records)} of ${grouped(now.lag.produced)} not landed yet`
    : 'lag unknown'
  return [
    `${grouped(now.rows)} rows`,
    rate === undefined ? '- rows/s' : `${grouped(Math.round(rate))} rows/s`,
    fresh === undefined ? 'no row in the last hours' : `newest row ${fresh.toFixed(1)} s old`,
    behind,
    `answered in ${now.queryMs} ms`,
  ].join(' | ')
}

/** The same as numbers, for programs. */
export function watchRecord(now: Sample, before: Sample | undefined): Record<string, number | string | null> {
  return {
    at: new Date(now.atMs).toISOString(),
    rows: now.rows,
    rows_per_second: rowsPerSecond(now, before) ?? null,
    freshness_seconds: freshnessSeconds(now) ?? null,
    produced: now.lag?.produced ?? null,
    lag: now.lag?.records ?? null,
    query_ms: now.queryMs,
    scanned_bytes: now.scannedBytes,
  }
}
