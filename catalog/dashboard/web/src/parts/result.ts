// Sorts a result, and writes it as CSV or for a spreadsheet. Pure.

import { csvField, guardFormula } from '../../../../cli/spreadsheet.ts'
import type { Cell, Column } from '../../../server/wire.ts'

export interface Order {
  readonly column: number
  readonly descending: boolean
}

type Rows = readonly (readonly Cell[])[]

/** The row numbers in this order; NULL comes last either way. Numbers compare as numbers, also large ones. */
export function orderOf(rows: Rows, columns: readonly Column[], order: Order | undefined): Uint32Array {
  const rowNumbers = Uint32Array.from({ length: rows.length }, (_, i) => i)
  if (!order) return rowNumbers
  const keys = keysOf(rows, order.column, columns[order.column]?.type ?? '')
  const sign = order.descending ? -1 : 1
  return rowNumbers.sort((a, b) => {
    const [left, right] = [keys[a]!, keys[b]!]
    if (left === null || right === null) return left === right ? a - b : left === null ? 1 : -1
    return left < right ? -sign : left > right ? sign : a - b
  })
}

function keysOf(rows: Rows, column: number, type: string): (string | number | bigint | null)[] {
  const read =
    type === 'bigint'
      ? (cell: string) => BigInt(cell)
      : isNumber(type)
        ? (cell: string) => Number(cell)
        : (cell: string) => cell
  return rows.map((row) => {
    const cell = row[column] ?? null
    return cell === null ? null : read(cell)
  })
}

export function isNumber(type: string): boolean {
  return /^(tinyint|smallint|integer|int|bigint|real|float|double|decimal)/.test(type)
}

/** RFC 4180; NULL is an empty field, an empty text a quoted one. @param safe no cell becomes a formula */
export function csvOf(rows: Rows, columns: readonly Column[], rowNumbers: Uint32Array, safe = false): string {
  const lines = [columns.map(({ name }) => csvField(name, safe)).join(',')]
  for (const at of rowNumbers)
    lines.push(columns.map((_, i) => csvField(rows[at]![i] ?? null, safe)).join(','))
  return `${lines.join('\r\n')}\r\n`
}

/** Tab-separated, as spreadsheets paste it. @param safe no cell becomes a formula */
export function tabbed(
  rows: Rows,
  columns: readonly Column[],
  rowNumbers: Uint32Array,
  safe = false,
): string {
  const field = (cell: string) => {
    const line = cell.replace(/[\t\r\n]+/g, ' ')
    return safe ? guardFormula(line) : line
  }
  const lines = [columns.map(({ name }) => field(name)).join('\t')]
  for (const at of rowNumbers) lines.push(columns.map((_, i) => field(rows[at]![i] ?? '')).join('\t'))
  return lines.join('\n')
}
