// The candles of one index in order of arrival; dates repeat when the source starts over.
import { useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import type { Candle } from '../../../server/wire.ts'
import { Chart } from '../parts/chart.tsx'
import { price, short } from '../parts/format.ts'
import { type Theme, useTheme } from '../parts/theme.ts'
import styles from './candle-chart.module.css'
import { axis } from './growth-charts.tsx'

/** On a narrow screen fewer candles, so that they do not touch. */
const narrow = matchMedia('(max-width: 620px)')
const MOST_ON_NARROW = 80

export function CandleChart({ name, candles: all }: { name: string; candles: readonly Candle[] }) {
  const theme = useTheme()
  const candles = narrow.matches ? all.slice(-MOST_ON_NARROW) : all
  const [pointed, setPointed] = useState<number | null>(null)
  const shown = useRef(candles)
  shown.current = candles
  const options = useMemo(() => candleOptions(theme, shown, setPointed), [theme])
  const last = candles.at(-1)!
  const data = useMemo<uPlot.AlignedData>(
    () => [
      candles.map((_, i) => i),
      candles.map(({ low }) => low),
      candles.map(({ high }) => high),
      candles.map(({ close }) => close),
    ],
    [last, candles],
  )
  const read = (pointed === null ? undefined : candles[pointed]) ?? last
  const days = read.from === read.to ? read.from : `${read.from} to ${read.to}`
  return (
    <div>
      <p class={`num ${styles.reading}`} data-testid="candle">
        <strong>{name}</strong> <span>{days}</span>
        <span>
          <abbr title="open">O</abbr> {price(read.open)}
        </span>
        <span>
          <abbr title="high">H</abbr> {price(read.high)}
        </span>
        <span>
          <abbr title="low">L</abbr> {price(read.low)}
        </span>
        <span>
          <abbr title="close">C</abbr> {price(read.close)}
        </span>
      </p>
      <Chart
        options={options}
        data={data}
        height={420}
        label={`${name}: the last ${candles.length} candles, now ${price(last.close)} on ${last.to}`}
      />
    </div>
  )
}

function candleOptions(
  theme: Theme,
  shown: { current: readonly Candle[] },
  onPoint: (at: number | null) => void,
): Omit<uPlot.Options, 'width' | 'height'> {
  const hidden: uPlot.Series = { paths: () => null, points: { show: false } }
  return {
    cursor: { y: false, points: { show: false } },
    legend: { show: false },
    padding: [8, 8, 0, 0],
    scales: {
      x: { time: false, range: (_, low, high) => [low - 0.7, Math.max(high, low + 20) + 0.7] },
      y: {
        range: (_, low, high) =>
          low === null || high === null ? [0, 1] : [low - (high - low) * 0.06, high + (high - low) * 0.06],
      },
    },
    axes: [
      axis(theme, {
        grid: { show: false },
        space: 90,
        size: 28,
        values: (_, splits) =>
          splits.map((at) => (Number.isInteger(at) ? (shown.current[at]?.from ?? '') : '')),
      }),
      axis(theme, { size: 64, values: (_, splits) => splits.map(short) }),
    ],
    series: [{}, { ...hidden }, { ...hidden }, { ...hidden }],
    hooks: {
      draw: [(chart) => drawCandles(chart, shown.current, theme)],
      setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)],
    },
  }
}

function drawCandles(chart: uPlot, candles: readonly Candle[], theme: Theme): void {
  const { ctx } = chart
  const y = (value: number) => chart.valToPos(value, 'y', true)
  const x = (at: number) => chart.valToPos(at, 'x', true)
  const width = Math.max(1, Math.min(12 * uPlot.pxRatio, (x(1) - x(0)) * 0.64))
  ctx.save()
  ctx.beginPath()
  ctx.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height)
  ctx.clip()
  candles.forEach((candle, at) => {
    const centre = Math.round(x(at))
    ctx.fillStyle = candle.close < candle.open ? theme.down : theme.up
    const stick = Math.max(1, Math.round(uPlot.pxRatio))
    ctx.fillRect(centre - stick / 2, y(candle.high), stick, Math.max(1, y(candle.low) - y(candle.high)))
    const top = y(Math.max(candle.open, candle.close))
    const bottom = y(Math.min(candle.open, candle.close))
    ctx.fillRect(centre - width / 2, top, width, Math.max(1, bottom - top))
  })
  ctx.restore()
}
