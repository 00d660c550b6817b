// From a result to a drawing: the type that is guessed, the points, the shapes and the SVG file.
import { expect, test } from 'vitest'
import type { Column } from '../../../server/wire.ts'
import { axisLabels } from '../parts/format.ts'
import type { Theme } from '../parts/theme.ts'
import { chartData } from './chart-data.ts'
import { guessOptions } from './chart-options.ts'
import { drawChart } from './drawing.ts'
import { svgText } from './svg.ts'

const columns = (...types: string[]): Column[] =>
  types.map((each) => {
    const [name, type] = each.split(':')
    return { name: name!, type: type! }
  })
const theme = {
  surface: '#fff',
  line: '#eee',
  muted: '#777',
  accent: '#0aa',
  second: '#a70',
  up: '#0f0',
  down: '#f00',
} as Theme
const size = { width: 600, height: 300 }

test.each([
  [
    columns('index:varchar', 'day:date', 'open:double', 'high:double', 'low:double', 'close:double'),
    { type: 'candle', x: 'day', series: 'index' },
  ],
  [
    columns('dt:varchar', 'index:varchar', 'start:timestamp(3)', 'volume:double'),
    { type: 'line', x: 'start', y: ['volume'], series: 'index' },
  ],
  [columns('date:varchar', 'volume:double', 'close:double'), { type: 'line', x: 'date', y: ['close'] }],
  [columns('index:varchar', 'n:bigint'), { type: 'bar', x: 'index', y: ['n'] }],
  [columns('a:double', 'b:decimal(9,2)'), { type: 'scatter', x: 'a', y: ['b'] }],
  [columns('index:varchar', 'date:date'), undefined],
])('%j is drawn as %j', (of, expected) => {
  const guessed = guessOptions(of, 10)
  if (expected === undefined) expect(guessed).toBeUndefined()
  else expect(guessed).toMatchObject(expected)
})

test('points are ordered by time, NULL is a gap, and each value of the series column is a series', () => {
  const of = columns('index:varchar', 'start:timestamp(3)', 'close:double')
  const rows = [
    ['B', '2026-11-26 09:31:00.000', '2.5'],
    ['A', '2026-11-26 09:32:00.000', '3'],
    ['A', '2026-11-26 09:30:00.000', '1'],
    ['A', '2026-11-26 09:31:00.000', null],
    ['A', null, '7'],
  ]
  const data = chartData({ type: 'line', x: 'start', y: ['close'], series: 'index' }, of, rows)!
  const at = (minute: number) => Date.parse(`2026-11-26T09:${minute}:00Z`)
  expect(data).toMatchObject({ xKind: 'time', omitted: 0 })
  expect(data.series).toEqual([
    { name: 'B', points: [{ x: at(31), values: [2.5] }] },
    {
      name: 'A',
      points: [
        { x: at(30), values: [1] },
        { x: at(31), values: [null] },
        { x: at(32), values: [3] },
      ],
    },
  ])
  expect(chartData({ type: 'line', x: 'gone', y: ['close'] }, of, rows)).toBeUndefined()
})

test('series and points that could not be distinguished are left out, and counted', () => {
  const of = columns('index:varchar', 'day:date', 'close:double')
  const rows = Array.from({ length: 30 }, (_, i) => [`I${i}`, '2026-11-26', '1'])
  const data = chartData({ type: 'line', x: 'day', y: ['close'], series: 'index' }, of, rows)!
  expect([data.series.length, data.omitted]).toEqual([12, 18])
  const many = Array.from({ length: 6_000 }, (_, i) => ['I', new Date(i * 86_400_000).toISOString(), '1'])
  const long = chartData({ type: 'line', x: 'day', y: ['close'] }, of, many)!
  expect([long.series[0]!.points.length, long.omitted]).toEqual([5_000, 1_000])
})

test('a candle is a wick and a body in the colour of its direction, at the heights of its prices', () => {
  const of = columns('day:date', 'open:double', 'high:double', 'low:double', 'close:double')
  const rows = [
    ['2026-11-25', '10', '14', '8', '12'],
    ['2026-11-26', '12', '13', '9', '10'],
  ]
  const options = { type: 'candle', x: 'day', y: ['open', 'high', 'low', 'close'] } as const
  const shapes = drawChart(options, chartData(options, of, rows)!, size, theme)
  const boxes = shapes.filter((shape) => shape.kind === 'box')
  expect(boxes.map(({ colour }) => colour)).toEqual(['#0f0', '#0f0', '#f00', '#f00'])
  const [wick, body] = boxes
  expect(wick!.height / body!.height).toBeCloseTo(3)
  expect(body!.y).toBeGreaterThan(wick!.y)
})

test.each([
  [
    [-0.1, -0.05, 0, 0.05],
    ['-0.10', '-0.05', '0', '0.05'],
  ],
  [
    [1_000_000, 1_050_000, 1_100_000],
    ['1.00M', '1.05M', '1.10M'],
  ],
  [
    [0, 20e9, 40e9],
    ['0', '20B', '40B'],
  ],
  [
    [-1, -0.5, -0, 0.5, 1],
    ['-1.0', '-0.5', '0', '0.5', '1.0'],
  ],
  [
    [1_140, 1_160],
    ['1,140', '1,160'],
  ],
  [
    [5_000, 10_000, 15_000],
    ['5K', '10K', '15K'],
  ],
])('no two marks of an axis have the same label: %j', (marks, labels) => {
  expect(axisLabels(marks)).toEqual(labels)
})

test('candles of successive days do not touch, whatever days are missing', () => {
  const of = columns('day:date', 'open:double', 'high:double', 'low:double', 'close:double')
  const rows = ['03', '04', '05', '20', '21'].map((day) => [`2026-11-${day}`, '1', '2', '0.5', '1.5'])
  const options = { type: 'candle', x: 'day', y: ['open', 'high', 'low', 'close'] } as const
  const shapes = drawChart(options, chartData(options, of, rows)!, { width: 300, height: 200 }, theme)
  const bodies = shapes.flatMap((shape) => (shape.kind === 'box' && shape.width > 1 ? [shape] : []))
  expect(bodies).toHaveLength(5)
  for (const [i, body] of bodies.slice(1).entries()) {
    expect(body.x).toBeGreaterThan(bodies[i]!.x + bodies[i]!.width)
  }
})

test.each(['line', 'bar', 'scatter'] as const)(
  'a %s chart stays within its size, also of one value and of none',
  (type) => {
    const of = columns('index:varchar', 'close:double')
    for (const rows of [
      [],
      [['A', '5']],
      [
        ['A', '-5'],
        ['B', '1e9'],
        ['C', null],
      ],
    ]) {
      const options = { type, x: 'index', y: ['close'] }
      for (const shape of drawChart(options, chartData(options, of, rows)!, size, theme)) {
        const points = shape.kind === 'line' ? shape.points : [[shape.x, shape.y] as const]
        for (const [x, y] of points) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x).toBeLessThanOrEqual(size.width)
          expect(y).toBeGreaterThanOrEqual(0)
          expect(y).toBeLessThanOrEqual(size.height)
        }
      }
    }
  },
)

test('an SVG file has the texts of the result as text, never as markup', () => {
  const of = columns('index:varchar', 'close:double')
  const options = { type: 'bar', x: 'index', y: ['close'] } as const
  const data = chartData(options, of, [['<b>&"\u0000', '1']])!
  const svg = svgText(drawChart(options, data, size, theme), size, theme.surface)
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 600 300"/)
  expect(svg).toContain('&lt;b&gt;&amp;&quot;\ufffd')
  expect(svg).not.toContain('<b>')
})
