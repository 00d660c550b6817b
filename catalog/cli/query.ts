// `catalog query`: one statement through Athena, its rows to standard output.

import { text } from 'node:stream/consumers'
import type { QueryResult } from '@ticklake/aws/athena.ts'
import { openAws } from '@ticklake/aws/clients.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { grouped } from '@ticklake/runtime/number-text.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { progressLine } from '@ticklake/runtime/terminal.ts'
import { catalogConfig } from '../config.ts'
import { athenaCost } from '../cost.ts'
import { type OutputFormat, writeRows } from './output.ts'

/** @throws Failure with Athena's own text when it fails, QUERY_CANCELLED on Ctrl-C */
export async function runQueryCommand(
  { env, stdin, stdout, stderr }: CommandHost,
  { sql, output, safeCsv }: { sql: string; output: OutputFormat; safeCsv: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (safeCsv && output !== 'csv') {
    throw new Failure({
      code: 'USAGE',
      what: '--safe-csv needs --output csv; no query was run',
      remedy: 'add --output csv, or leave --safe-csv out',
    })
  }
  const config = catalogConfig(env)
  const statement = sql === '-' ? await text(stdin) : sql
  using aws = openAws(config.lake)
  using progress = progressLine(stderr, 1_000)
  const startedAt = Date.now()
  const tick = setInterval(
    () => progress.show(`query running, ${Math.round((Date.now() - startedAt) / 1000)} s (Ctrl-C cancels)`),
    500,
  )
  let result: QueryResult
  try {
    result = await aws.athena.query(statement, { signal })
  } finally {
    clearInterval(tick)
  }
  progress.clear()
  const count = await writeRows(stdout, output, result.columns, result.rows, {
    width: stdout.columns,
    isTerminal: stdout.isTTY,
    safeCsv,
  })
  if (stderr.isTTY) stderr.write(`${costText(result, count)}\n`)
}

/** `12 rows in 180 ms, 1.2 MB scanned ($0.00005 on AWS)`; only DML is billed. */
export function costText(
  {
    elapsedMs,
    scannedBytes,
    statementType,
  }: Pick<QueryResult, 'elapsedMs' | 'scannedBytes' | 'statementType'>,
  rows: number,
): string {
  const dollars = (statementType === 'DML' ? athenaCost(scannedBytes) : 0).toFixed(5)
  return `${grouped(rows)} row${rows === 1 ? '' : 's'} in ${Math.round(elapsedMs)} ms, ${(scannedBytes / 1e6).toFixed(1)} MB scanned ($${dollars} on AWS)`
}
