// Writes rows as a table for people, or as JSON for programs.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { printableJson, printableLine } from '@ticklake/runtime/printable.ts'

export const rowFormats = ['table', 'json', 'jsonl'] as const
export type RowFormat = (typeof rowFormats)[number]
export type Row = Readonly<Record<string, unknown>>

/** Longest cell of a table; `show` and the JSON formats have the whole text. */
const WIDEST = 60

/** Writes all rows, with back-pressure. Only a table holds all of them in memory, for its column widths. */
export async function writeRows(
  out: Writable & { readonly isTTY?: boolean },
  format: RowFormat,
  columns: readonly string[],
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<number> {
  const write = async (text: string) => {
    if (!out.write(text)) await once(out, 'drain')
  }
  let count = 0
  if (format === 'table') {
    const lines: string[][] = [[...columns]]
    for await (const row of rows) lines.push(columns.map((name) => cell(row[name])))
    count = lines.length - 1
    const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
    lines.splice(
      1,
      0,
      widths.map((width) => '-'.repeat(width)),
    )
    for (const line of lines) {
      await write(
        `${line
          .map((text, i) => text.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
      )
    }
    return count
  }
  // The same JSON; on a terminal its control characters are escaped.
  const jsonOf = (row: Row) => (out.isTTY ? printableJson(JSON.stringify(row)) : JSON.stringify(row))
  if (format === 'json') await write('[')
  for await (const row of rows) {
    await write(format === 'json' ? `${count === 0 ? '\n' : ',\n'}${jsonOf(row)}` : `${jsonOf(row)}\n`)
    count++
  }
  if (format === 'json') await write(count === 0 ? ']\n' : '\n]\n')
  return count
}

/** One line: control characters would break the table, and could control the terminal. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '-'
  const text = printableLine(typeof value === 'string' ? value : JSON.stringify(value))
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text
}
