// The points of a chart, from the rows of a result. Pure.
import type { Cell, ChartOptions, Column } from '../../../server/wire.ts'
import { isNumber } from '../parts/result.ts'
import { isTime } from './chart-options.ts'

export interface Point {
  /** ms since 1970, a number, or the position of a category. */
  readonly x: number
  /** One value per column of the chart; null for NULL. */
  readonly values: readonly (number | null)[]
}

export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}

export interface ChartData {
  readonly xKind: 'time' | 'number' | 'category'
  /** The texts of the categories, by position. */
  readonly categories: readonly string[]
  readonly series: readonly Series[]
  /** Series and points that are not drawn, because they could not be distinguished. */
  readonly omitted: number
}

const MOST_SERIES = 12
const MOST_POINTS = 5_000
const MOST_CANDLES = 400

/** undefined: the result lacks a column of the options. */
export function chartData(
  options: ChartOptions,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): ChartData | undefined {
  const at = (name: string) => columns.findIndex((column) => column.name === name)
  const [x, y] = [at(options.x), options.y.map(at)]
  const by = options.series === undefined ? -1 : at(options.series)
  if (x === -1 || y.includes(-1) || (options.series !== undefined && by === -1)) return undefined
  const xColumn = columns[x]!
  const xKind =
    options.type === 'bar'
      ? 'category'
      : isTime(xColumn)
        ? 'time'
        : isNumber(xColumn.type)
          ? 'number'
          : 'category'
  const categories = new Map<string, number>()
  const position = (cell: string): number => {
    if (xKind === 'time') return timeOf(cell)
    if (xKind === 'number') return Number(cell)
    if (!categories.has(cell)) categories.set(cell, categories.size)
    return categories.get(cell)!
  }
  const groups = new Map<string, Point[]>()
  let omitted = 0
  for (const row of rows) {
    const cell = row[x]
    const name = by === -1 ? '' : (row[by] ?? 'NULL')
    if (cell === null || cell === undefined) continue
    if (!groups.has(name)) {
      if (groups.size >= MOST_SERIES) {
        omitted++
        continue
      }
      groups.set(name, [])
    }
    const values = y.map((column) => numberOf(row[column]))
    const at = position(cell)
    if (Number.isFinite(at)) groups.get(name)!.push({ x: at, values })
  }
  // Several columns without a series column: each is a series.
  const single = by === -1 && options.type !== 'candle' && y.length > 1
  const series = single
    ? y.map((_, i) => ({
        name: options.y[i]!,
        points: (groups.get('') ?? []).map(({ x, values }) => ({ x, values: [values[i]!] })),
      }))
    : [...groups].map(([name, points]) => ({ name, points }))
  // Candles of several indices would cover each other: only the first is drawn.
  const drawn = options.type === 'candle' ? series.slice(0, 1) : series
  const most = options.type === 'candle' ? MOST_CANDLES : MOST_POINTS
  return {
    xKind,
    categories: [...categories.keys()],
    series: drawn.map(({ name, points }) => {
      const sorted = xKind === 'category' ? points : points.toSorted((a, b) => a.x - b.x)
      const shown = sorted.slice(-most)
      omitted += points.length - shown.length
      return { name, points: shown }
    }),
    omitted: omitted + series.slice(drawn.length).reduce((sum, { points }) => sum + points.length, 0),
  }
}

/** Athena writes `2026-11-26 09:30:00.000`, and days as `2026-11-26`; all are UTC here. */
function timeOf(cell: string): number {
  const match = /^(\d{4}-\d\d(?:-\d\d)?)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?/.exec(cell)
  if (!match) return Number.NaN
  const day = match[1]!.length === 7 ? `${match[1]}-01` : match[1]
  return Date.parse(`${day}T${match[2] ?? '00:00'}Z`)
}

function numberOf(cell: Cell | undefined): number | null {
  if (cell === null || cell === undefined || cell === '') return null
  const number = Number(cell)
  return Number.isFinite(number) ? number : null
}
