// Reads a market file of any size, row by row, as it is found in the wild; nothing bad passes, nothing bad stops it.
import { tickColumns } from '@ticklake/contract/columns.ts'
import { canonicalBytes, judge } from '@ticklake/contract/validation.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { parse } from 'csv-parse/sync'
import { type CsvOptions, type RowReader, rowReader } from './csv-row.ts'
import { MAX_LINE_BYTES, wholeLines } from './lines.ts'
import { bufferOf, columnOf, type Message, type ReaderEvents } from './message.ts'

/**
 * @param chunks the file's bytes; BOM, CRLF, blank rows and quoted cells are read as they should be
 * @param file its name, for errors and reports
 * @throws Failure CSV_HEADER or CSV_EMPTY, and then nothing was given out
 */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  file: string,
  options: CsvOptions,
  events: ReaderEvents,
): AsyncGenerator<Message[]> {
  let reader: RowReader | undefined
  for await (const { firstLine, bytes } of wholeLines(chunks)) {
    if (!bytes) {
      const detail = `the line is longer than ${MAX_LINE_BYTES} bytes`
      events.rowSkipped({ file, line: firstLine, column: '', reason: 'too_long', detail, text: '' })
      continue
    }
    const lines = linesOf(bytes, firstLine)
    const rows = cellsOf(lines)
    const messages: Message[] = []
    for (const [i, cells] of rows.entries()) {
      const at = { file, line: firstLine + i, text: lines[i]! }
      if (lines[i] === '') events.blankRow()
      else if (!cells) {
        const detail = 'its quotation marks do not close, or close within a cell'
        events.rowSkipped({ ...at, column: '', reason: 'bad_quotes', detail })
      } else if (!reader) reader = rowReader(cells, file, options)
      else {
        const row = messageOf(cells, reader)
        if ('fault' in row) events.rowSkipped({ ...at, ...row.fault })
        else messages.push(row)
      }
    }
    if (messages.length > 0) yield messages
  }
  if (!reader) {
    throw new Failure({
      code: 'CSV_EMPTY',
      what: `${file} has no header, so nothing was produced`,
      why: 'it is empty, or has only blank or broken lines',
      remedy: 'see data/README.md for where the market file comes from',
    })
  }
}

function linesOf(bytes: Buffer, firstLine: number): string[] {
  const text = bytes.toString('utf8')
  const lines = (firstLine === 1 && text.startsWith('\ufeff') ? text.slice(1) : text).split('\n')
  if (text.endsWith('\n')) lines.pop()
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

/**
 * The cells of each line; undefined where the quotation marks are broken. A row never spans lines: market data has
 * no such cell, and one stray quotation mark would otherwise swallow the rows up to the next.
 */
function cellsOf(lines: readonly string[]): (readonly string[] | undefined)[] {
  // Without quotation marks a comma is always a separator, and the parser, ten times slower, is not needed.
  if (!lines.some((line) => line.includes('"'))) return lines.map((line) => line.split(','))
  const together = quoted(lines.join('\n'))
  if (together?.length === lines.length) return together
  // A quotation mark is astray: each line by itself, so that it costs no row but its own.
  return lines.map((line) => {
    const alone = quoted(line)
    return alone?.length === 1 ? alone[0] : undefined
  })
}

function quoted(text: string): string[][] | undefined {
  try {
    return parse(text, { relax_column_count: true, record_delimiter: '\n' })
  } catch {
    return undefined
  }
}

function messageOf(
  cells: readonly string[],
  reader: RowReader,
): Message | Extract<ReturnType<RowReader>, { fault: object }> {
  const row = reader(cells)
  if ('fault' in row) return row
  const value = canonicalBytes(row.tick)
  // The consumer's judge has the last word here too, so that nothing is sent that it would refuse.
  const verdict = judge(value)
  if (!verdict.accepted) {
    const name = columnOf(verdict.detail)
    const column = tickColumns.find((one) => one.name === name)?.csv ?? ''
    return { fault: { column, reason: verdict.reason, detail: verdict.detail } }
  }
  return { key: row.tick.index, value: bufferOf(value) }
}
