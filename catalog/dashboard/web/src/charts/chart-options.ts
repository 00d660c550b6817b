// Which chart fits a result, from the names and types of its columns. Pure.
import type { ChartOptions, Column } from '../../../server/wire.ts'
import { isNumber } from '../parts/result.ts'

export const candleColumns = ['open', 'high', 'low', 'close'] as const

/** A first choice, or undefined if the result has no number to draw. */
export function guessOptions(columns: readonly Column[], rows: number): ChartOptions | undefined {
  const numbers = columns.filter(({ type }) => isNumber(type)).map(({ name }) => name)
  const times = columns.filter((column) => isTime(column)).map(({ name }) => name)
  const texts = columns
    .filter((column) => !isNumber(column.type) && !isTime(column))
    .map(({ name }) => name)
    .filter((name) => name !== 'dt' && name !== 'hour')
  if (numbers.length === 0) return undefined
  const series = texts[0] === undefined ? {} : { series: texts[0] }
  if (times[0] !== undefined) {
    if (candleColumns.every((name) => numbers.includes(name))) {
      return { type: 'candle', x: times[0], y: candleColumns, ...series }
    }
    return { type: 'line', x: times[0], y: [preferred(numbers)], ...series }
  }
  if (texts[0] !== undefined) return { type: 'bar', x: texts[0], y: [preferred(numbers)] }
  if (numbers.length > 1) return { type: 'scatter', x: numbers[0]!, y: [numbers[1]!] }
  return rows > 1 ? { type: 'bar', x: numbers[0]!, y: [numbers[0]!] } : undefined
}

/** Whether the column has days or times; a text column counts if its name says so. */
export function isTime({ name, type }: Column): boolean {
  if (/^(date|timestamp)/.test(type)) return true
  return /^(varchar|string)/.test(type) && /^(date|day|month|start|time|.*_at)$/.test(name)
}

/** Of several number columns, the usual price. */
function preferred(numbers: readonly string[]): string {
  return ['close', 'adj close', 'adj_close', 'average'].find((name) => numbers.includes(name)) ?? numbers[0]!
}
