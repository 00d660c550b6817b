// Draws a chart as plain shapes, which become SVG in the page or pixels of a PNG. Pure.
import { scaleLinear, scaleUtc } from 'd3-scale'
import type { ChartOptions } from '../../../server/wire.ts'
import { axisLabels } from '../parts/format.ts'
import type { Theme } from '../parts/theme.ts'
import type { ChartData, Series } from './chart-data.ts'

export type Shape =
  | {
      readonly kind: 'line'
      readonly points: readonly (readonly [number, number])[]
      readonly colour: string
      readonly width: number
    }
  | {
      readonly kind: 'box'
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
      readonly colour: string
    }
  | { readonly kind: 'dot'; readonly x: number; readonly y: number; readonly colour: string }
  | {
      readonly kind: 'text'
      readonly x: number
      readonly y: number
      readonly text: string
      readonly align: 'start' | 'middle' | 'end'
      readonly colour: string
    }

export interface Size {
  readonly width: number
  readonly height: number
}

const LEFT = 64
const RIGHT = 14
const TOP = 12
const BOTTOM = 28
const LEGEND_ROW = 20

type Scale = (value: number) => number

export function drawChart(options: ChartOptions, data: ChartData, size: Size, theme: Theme): Shape[] {
  const palette = paletteOf(theme)
  const legend = legendOf(data.series, size, palette, theme)
  const area = {
    left: LEFT,
    right: size.width - RIGHT,
    top: TOP + legend.height,
    bottom: size.height - BOTTOM,
  }
  const values = data.series.flatMap(({ points }) =>
    points.flatMap(({ values }) => values.filter((value) => value !== null)),
  )
  const fromZero = options.type === 'bar'
  const [low, high] = extent(fromZero ? [...values, 0] : values)
  const y = scaleLinear([low, high], [area.bottom, area.top]).nice(6)
  const shapes: Shape[] = [...legend.shapes]
  const levels = y.ticks(Math.max(2, Math.floor((area.bottom - area.top) / 50)))
  const labels = axisLabels(levels)
  for (const [i, tick] of levels.entries()) {
    const at = y(tick)
    shapes.push({
      kind: 'line',
      points: [
        [area.left, at],
        [area.right, at],
      ],
      colour: theme.line,
      width: 1,
    })
    shapes.push({
      kind: 'text',
      x: area.left - 8,
      y: at + 4,
      text: labels[i]!,
      align: 'end',
      colour: theme.muted,
    })
  }
  const xs = data.series.flatMap(({ points }) => points.map(({ x }) => x))
  const [first, last] = extent(xs)
  const slots = Math.max(1, data.categories.length)
  const step = (area.right - area.left) / slots
  const padding = options.type === 'candle' ? (area.right - area.left) / Math.max(2, xs.length) : 0
  let x: Scale
  if (data.xKind === 'category') {
    x = (slot) => area.left + (slot + 0.5) * step
    shapes.push(...categoryLabels(data.categories, x, step, area.bottom, theme))
  } else {
    const range: [number, number] = [area.left + padding, area.right - padding]
    const scale = data.xKind === 'time' ? scaleUtc([first, last], range) : scaleLinear([first, last], range)
    x = (value) => scale(value)!
    const ticks = scale.ticks(Math.max(2, Math.floor(size.width / 110)))
    const texts =
      data.xKind === 'time'
        ? (ticks as Date[]).map(scaleUtc([first, last], range).tickFormat())
        : axisLabels(ticks as number[])
    for (const [i, tick] of ticks.entries()) {
      shapes.push({
        kind: 'text',
        x: x(Number(tick)),
        y: area.bottom + 18,
        text: texts[i]!,
        align: 'middle',
        colour: theme.muted,
      })
    }
  }
  data.series.forEach((series, i) => {
    const colour = palette[i % palette.length]!
    if (options.type === 'candle') shapes.push(...candles(series, x, y, closest(series, x), theme))
    else if (options.type === 'bar') shapes.push(...bars(series, i, data.series.length, x, y, step, colour))
    else if (options.type === 'scatter') shapes.push(...dots(series, x, y, colour))
    else shapes.push(...lines(series, x, y, colour))
  })
  return shapes
}

function lines({ points }: Series, x: Scale, y: Scale, colour: string): Shape[] {
  const shapes: Shape[] = []
  let run: [number, number][] = []
  const end = () => {
    if (run.length === 1) shapes.push({ kind: 'dot', x: run[0]![0], y: run[0]![1], colour })
    else if (run.length > 1) shapes.push({ kind: 'line', points: run, colour, width: 1.8 })
    run = []
  }
  for (const point of points) {
    const value = point.values[0] ?? null
    if (value === null) end()
    else run.push([x(point.x), y(value)])
  }
  end()
  return shapes
}

function dots({ points }: Series, x: Scale, y: Scale, colour: string): Shape[] {
  return points.flatMap((point) => {
    const value = point.values[0] ?? null
    return value === null ? [] : [{ kind: 'dot', x: x(point.x), y: y(value), colour } as const]
  })
}

function bars(
  { points }: Series,
  index: number,
  count: number,
  x: Scale,
  y: Scale,
  step: number,
  colour: string,
): Shape[] {
  const width = Math.max(1, (step * 0.72) / count)
  return points.flatMap((point) => {
    const value = point.values[0] ?? null
    if (value === null) return []
    const [top, bottom] = [y(Math.max(0, value)), y(Math.min(0, value))]
    const left = x(point.x) - (width * count) / 2 + width * index
    return [
      {
        kind: 'box',
        x: left,
        y: top,
        width: Math.max(1, width - 1),
        height: Math.max(1, bottom - top),
        colour,
      } as const,
    ]
  })
}

function candles({ points }: Series, x: Scale, y: Scale, distance: number, theme: Theme): Shape[] {
  const width = Math.max(1, Math.min(14, distance * 0.7))
  return points.flatMap((point): Shape[] => {
    const [open, high, low, close] = point.values
    if (open == null || high == null || low == null || close == null) return []
    const colour = close < open ? theme.down : theme.up
    const [centre, top] = [x(point.x), y(Math.max(open, close))]
    const body = Math.max(1, y(Math.min(open, close)) - top)
    return [
      { kind: 'box', x: centre - 0.5, y: y(high), width: 1, height: Math.max(1, y(low) - y(high)), colour },
      { kind: 'box', x: centre - width / 2, y: top, width, height: body, colour },
    ]
  })
}

/** As many labels as fit; the others are left out. */
function categoryLabels(
  categories: readonly string[],
  x: Scale,
  step: number,
  bottom: number,
  theme: Theme,
): Shape[] {
  const longest = Math.max(...categories.map(({ length }) => length), 1)
  const every = Math.max(1, Math.ceil((Math.min(longest, 14) * 7) / step))
  return categories.flatMap((text, i): Shape[] =>
    i % every === 0
      ? [
          {
            kind: 'text',
            x: x(i),
            y: bottom + 18,
            text: text.length > 14 ? `${text.slice(0, 13)}…` : text,
            align: 'middle',
            colour: theme.muted,
          },
        ]
      : [],
  )
}

function legendOf(series: readonly Series[], { width }: Size, palette: readonly string[], theme: Theme) {
  const shapes: Shape[] = []
  let [at, row] = [LEFT, 0]
  for (const [i, { name }] of series.entries()) {
    if (name === '') continue
    const text = name.length > 24 ? `${name.slice(0, 23)}…` : name
    const needed = 28 + text.length * 7
    if (at + needed > width - RIGHT && at > LEFT) [at, row] = [LEFT, row + 1]
    const y = TOP + row * LEGEND_ROW
    shapes.push({ kind: 'box', x: at, y: y + 3, width: 12, height: 4, colour: palette[i % palette.length]! })
    shapes.push({ kind: 'text', x: at + 17, y: y + 9, text, align: 'start', colour: theme.muted })
    at += needed
  }
  return { shapes, height: shapes.length === 0 ? 0 : (row + 1) * LEGEND_ROW }
}

/** The distance of the two closest points, in pixels. */
function closest({ points }: Series, x: Scale): number {
  const at = points.map((point) => x(point.x)).sort((a, b) => a - b)
  const distances = at.slice(1).flatMap((each, i) => (each > at[i]! ? [each - at[i]!] : []))
  return Math.min(Number.MAX_VALUE, ...distances)
}

/** Minimum and maximum; a single value has some space around it. */
function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low > high) return [0, 1]
  if (low === high) return low === 0 ? [-1, 1] : [low - Math.abs(low) * 0.01, high + Math.abs(high) * 0.01]
  return [low, high]
}

function paletteOf(theme: Theme): string[] {
  return [theme.accent, theme.second, '#8a63d2', '#3f8f5f', '#c2506d', '#4a7fd0', '#9a8a2f', '#6b7c86']
}
