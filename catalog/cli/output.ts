// Writes rows of any number as table, csv, json or jsonl in constant memory; numbers have every digit.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { ResultColumn } from '@ticklake/aws/athena.ts'
import type { Cell } from '@ticklake/aws/athena-csv.ts'
import { printable, printableJson, printableLine } from '@ticklake/runtime/printable.ts'
import { csvField } from './spreadsheet.ts'

export const outputFormats = ['table', 'csv', 'json', 'jsonl'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** Formats rows: the text before them, each batch, and the text after them. */
interface RowWriter {
  head(): string
  rows(rows: readonly Cell[][]): string
  tail(): string
}

export interface Screen {
  /** Columns of the terminal; undefined: no terminal, nothing is truncated. */
  readonly width?: number | undefined
  /** Whether a terminal shows it: then control characters are escaped, also in csv. */
  readonly isTerminal?: boolean | undefined
  /** Guards the cells of a csv that a spreadsheet would take for formulas. */
  readonly safeCsv?: boolean | undefined
}

/** Writes all rows, with back-pressure. Out: how many there were. */
export async function writeRows(
  out: Writable,
  format: OutputFormat,
  columns: readonly ResultColumn[],
  batches: AsyncIterable<Cell[][]> | Iterable<Cell[][]>,
  screen: Screen = {},
): Promise<number> {
  const writer = writers[format](columns, screen)
  let count = 0
  const write = async (text: string) => {
    if (text !== '' && !out.write(text)) await once(out, 'drain')
  }
  await write(writer.head())
  for await (const rows of batches) {
    count += rows.length
    await write(writer.rows(rows))
  }
  await write(writer.tail())
  return count
}

const writers: Record<OutputFormat, (columns: readonly ResultColumn[], screen: Screen) => RowWriter> = {
  table: tableWriter,
  csv: csvWriter,
  jsonl: (columns, { isTerminal }) => {
    const encode = jsonRow(columns, isTerminal)
    return { head: () => '', rows: (rows) => rows.map((row) => `${encode(row)}\n`).join(''), tail: () => '' }
  },
  json: (columns, { isTerminal }) => {
    const encode = jsonRow(columns, isTerminal)
    let lead = '\n'
    return {
      head: () => '[',
      rows: (rows) =>
        rows
          .map((row) => {
            const text = `${lead}${encode(row)}`
            lead = ',\n'
            return text
          })
          .join(''),
      tail: () => (lead === '\n' ? ']\n' : '\n]\n'),
    }
  },
}

/** Widths come from the first rows; a later, longer value is truncated on a terminal, and otherwise widens its line. */
function tableWriter(columns: readonly ResultColumn[], { width }: Screen): RowWriter {
  const SAMPLE = 200
  const numeric = columns.map((column) => isNumber(column.type))
  let widths: number[] | undefined
  const held: Cell[][] = []
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, i) =>
      fit(cell, widths![i] ?? 0, numeric[i] ?? false, width !== undefined),
    )
    return `${padded.join('  ').trimEnd()}\n`
  }
  const begin = (): string => {
    const wanted = columns.map((column, i) =>
      Math.max(shown(column.name).length, ...held.map((row) => shown(row[i] ?? null).length), 1),
    )
    widths = width === undefined ? wanted : narrow(wanted, width)
    return (
      line(columns.map((column) => shown(column.name))) +
      line(widths.map((count) => '-'.repeat(count))) +
      held
        .splice(0)
        .map((row) => line(row.map(shown)))
        .join('')
    )
  }
  return {
    head: () => '',
    rows: (rows) => {
      if (widths) return rows.map((row) => line(row.map(shown))).join('')
      held.push(...rows)
      return held.length >= SAMPLE ? begin() : ''
    },
    tail: () => (widths || columns.length === 0 ? '' : begin()),
  }
}

/** The widest columns shrink until all fit; none below 6 characters. */
function narrow(wanted: readonly number[], screen: number): number[] {
  const widths = [...wanted]
  let over = widths.reduce((sum, count) => sum + count, 2 * (widths.length - 1)) - screen
  while (over > 0) {
    const widest = Math.max(...widths)
    if (widest <= 6) break
    widths[widths.indexOf(widest)] = widest - 1
    over--
  }
  return widths
}

function fit(text: string, width: number, right: boolean, cut: boolean): string {
  const fitting = cut && text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text
  return right ? fitting.padStart(width) : fitting.padEnd(width)
}

/** One line: control characters would break the table, and could control the terminal. */
function shown(cell: Cell): string {
  return cell === null ? 'NULL' : printableLine(cell)
}

/** An empty field is NULL, `""` is an empty text; other fields are quoted where they must be. */
function csvWriter(columns: readonly ResultColumn[], { isTerminal, safeCsv = false }: Screen): RowWriter {
  const field = (cell: Cell) => {
    const text = csvField(cell, safeCsv)
    return isTerminal ? printable(text) : text
  }
  const line = (cells: readonly Cell[]) => `${cells.map(field).join(',')}\n`
  return {
    head: () => (columns.length === 0 ? '' : line(columns.map((column) => column.name))),
    rows: (rows) => rows.map(line).join(''),
    tail: () => '',
  }
}

/** Numbers are written with the digits that Athena gave; NaN and Infinity, which JSON lacks, as texts. */
function jsonRow(columns: readonly ResultColumn[], isTerminal = false): (row: readonly Cell[]) => string {
  const safe = (json: string) => (isTerminal ? printableJson(json) : json)
  const names = columns.map((column) => JSON.stringify(column.name))
  const value = (cell: Cell, type: string): string => {
    if (cell === null) return 'null'
    if (isNumber(type) && /^-?\d+(\.\d+)?(E-?\d+)?$/.test(cell)) return cell
    if (type === 'boolean' && (cell === 'true' || cell === 'false')) return cell
    return JSON.stringify(cell)
  }
  return (row) =>
    safe(`{${columns.map((column, i) => `${names[i]}:${value(row[i] ?? null, column.type)}`).join(',')}}`)
}

function isNumber(type: string): boolean {
  return /^(tinyint|smallint|integer|int|bigint|real|float|double|decimal)/.test(type)
}
