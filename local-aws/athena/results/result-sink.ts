// Writes the pages of an answer to S3 in Athena's form, holding at most one part of the object in memory.

import {
  outputLocation,
  type QueryProgress,
  type QueryRequest,
  resultLayout,
  writesRows,
} from '../api/query.ts'
import type { EngineColumn } from '../engine/trino.ts'
import { type ColumnInfo, columnInfo, updateColumns } from './column-info.ts'
import { csvLine } from './result-csv.ts'
import { resultMetadata } from './result-metadata.ts'
import type { ResultObjects, ResultWriter } from './s3.ts'
import { type ToText, toTextOf } from './value-text.ts'

export type Outcome = Pick<QueryProgress, 'columns' | 'updateCount'> & {
  /** The bytes of the result object, if there are few. */
  readonly body?: Buffer | undefined
}

export interface ResultSink {
  /** The engine's columns; called before the first rows. */
  columns(columns: readonly EngineColumn[]): Promise<void>
  rows(rows: readonly (readonly unknown[])[]): Promise<void>
  /** Lines of text instead of rows, with their own columns. */
  lines(columns: readonly ColumnInfo[], lines: readonly string[]): Promise<void>
  /** Completes the objects. */
  close(updateType: string | undefined, updateCount: number | undefined): Promise<Outcome>
  /** Deletes what was written. Never throws. */
  abort(): Promise<void>
}

export function openResultSink(query: QueryRequest, objects: ResultObjects, signal: AbortSignal): ResultSink {
  const layout = resultLayout(query)
  const uri = outputLocation(query)
  const writer: ResultWriter | undefined = layout === 'none' ? undefined : objects.writer(uri, signal)
  // The engine's answer to a DDL statement (`true`) is not a row in Athena.
  const hasRows = layout === 'csv' || (layout === 'lines' && query.statementType !== 'DDL')
  let described: readonly ColumnInfo[] = []
  let texts: ToText[] = []
  let isFirstLine = true
  /** The metadata of a SELECT is written while the engine works: it holds only the columns. */
  let metadata: Promise<void> | undefined

  function putMetadata(updateType?: string, updateCount?: number): Promise<void> {
    const body = resultMetadata({ queryId: query.id, updateType, updateCount, columns: described })
    return objects.put(`${uri}.metadata`, body)
  }

  async function writeLines(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    await writer!.write(`${isFirstLine ? '' : '\n'}${lines.join('\n')}`)
    isFirstLine = false
  }

  return {
    async columns(columns) {
      if (!hasRows) return
      described = columns.map(columnInfo)
      texts = columns.map((column) => toTextOf(column.typeSignature))
      if (layout !== 'csv') return
      metadata = putMetadata()
      metadata.catch(() => undefined)
      await writer!.write(csvLine(columns.map((column) => column.name)))
    },
    async rows(rows) {
      if (!hasRows) return
      const cells = rows.map((row) => row.map((value, i) => (value === null ? null : texts[i]!(value))))
      if (layout === 'csv') await writer!.write(cells.map(csvLine).join(''))
      else
        await writeLines(
          cells.flatMap((row) => withoutLastBreaks(row.map((cell) => cell ?? '').join('\t')).split('\n')),
        )
    },
    async lines(columns, lines) {
      described = columns
      await writeLines(lines)
    },
    async close(updateType, updateCount) {
      if (writesRows(query)) return { columns: updateColumns, updateCount: updateCount ?? 0 }
      const isCounted = query.statementType !== 'DDL' && query.substatement !== 'EXPLAIN'
      const outcome = { columns: described, ...(isCounted ? { updateCount: 0 } : {}) }
      metadata ??= putMetadata(updateType, updateCount)
      const [body] = await Promise.all([writer!.close(), metadata])
      return { ...outcome, body }
    },
    async abort() {
      await writer?.abort()
      if (!metadata) return
      await metadata.catch(() => undefined)
      await objects.remove([`${uri}.metadata`]).catch(() => undefined)
    },
  }
}

function withoutLastBreaks(text: string): string {
  let end = text.length
  while (text[end - 1] === '\n') end--
  return text.slice(0, end)
}
