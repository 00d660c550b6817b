// The row count and the age of the newest row, over time.
import { useMemo } from 'preact/hooks'
import type uPlot from 'uplot'
import type { Sample } from '../../../server/wire.ts'
import { Chart } from '../parts/chart.tsx'
import { clock, count, duration, short } from '../parts/format.ts'
import { LegendKey } from '../parts/legend-key.tsx'
import { Legend, Panel } from '../parts/panel.tsx'
import { type Theme, useTheme } from '../parts/theme.ts'
import { useLive } from './live-data.ts'

export function RowsOverTime() {
  const { samples } = useLive('samples')
  const theme = useTheme()
  const options = useMemo(() => growthOptions(theme), [theme])
  const last = samples.at(-1)
  const data = useMemo<uPlot.AlignedData>(
    () => [timesOf(samples), pick(samples, 'produced'), pick(samples, 'claimed'), pick(samples, 'count')],
    [samples, last],
  )
  const counted = samples.findLast((sample) => sample.count !== null)
  return (
    <Panel
      title="Rows over time"
      aside={
        <Legend>
          <LegendKey of="produced" /> in Kafka <LegendKey of="landed" /> landed <LegendKey of="counted" />{' '}
          Athena’s count
        </Legend>
      }
    >
      <Chart
        options={options}
        data={data}
        height={330}
        label={`Rows over time: ${count(last?.produced)} in Kafka, ${count(last?.claimed)} landed, ${count(counted?.count)} counted by Athena`}
      />
    </Panel>
  )
}

export function FreshnessOverTime() {
  const { samples } = useLive('samples')
  const theme = useTheme()
  const options = useMemo(() => freshOptions(theme), [theme])
  const last = samples.at(-1)
  const data = useMemo<uPlot.AlignedData>(
    () => [
      timesOf(samples),
      samples.map(({ freshnessMs }) => (freshnessMs === null ? null : freshnessMs / 1000)),
    ],
    [samples, last],
  )
  const counted = samples.findLast((sample) => sample.freshnessMs !== null)
  return (
    <Panel title="Age of the newest row" aside={<Legend>at each count</Legend>}>
      <Chart
        options={options}
        data={data}
        height={118}
        label={`Age of the newest row over time, at the last count ${duration(counted?.freshnessMs)}`}
      />
    </Panel>
  )
}

function timesOf(samples: readonly Sample[]): number[] {
  return samples.map(({ at }) => at / 1000)
}

function pick(samples: readonly Sample[], field: 'produced' | 'claimed' | 'count'): (number | null)[] {
  return samples.map((sample) => sample[field])
}

export function axis(theme: Theme, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: theme.muted,
    font: '11px system-ui, sans-serif',
    grid: { stroke: theme.line, width: 1 },
    ticks: { show: false },
    ...more,
  }
}

/** Steps between marks: never parts of a second, nor parts of a row. */
const secondSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800]
const rowSteps = Array.from({ length: 14 }, (_, power) => [1, 2, 2.5, 5].map((step) => step * 10 ** power))
  .flat()
  .filter(Number.isInteger)

const timeAxis = (theme: Theme): uPlot.Axis =>
  axis(theme, {
    incrs: secondSteps,
    grid: { show: false },
    space: 80,
    size: 28,
    values: (_, splits) => splits.map((at) => clock(at * 1000)),
  })

function growthOptions(theme: Theme): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    cursor: { y: false, points: { size: 6 } },
    legend: { show: false },
    padding: [8, 26, 0, 0],
    scales: { y: { range: (_, low, high) => padded(low, high) } },
    axes: [
      timeAxis(theme),
      axis(theme, { size: 56, incrs: rowSteps, values: (_, splits) => splits.map(short) }),
    ],
    series: [
      {},
      { stroke: theme.muted, width: 1.5, dash: [4, 4], points: { show: false } },
      { stroke: theme.second, width: 1.5, points: { show: false } },
      { stroke: theme.accent, width: 2.5, fill: theme.fill, spanGaps: true, points: { show: false } },
    ],
  }
}

function freshOptions(theme: Theme): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    cursor: { y: false, points: { size: 6 } },
    legend: { show: false },
    padding: [8, 26, 0, 0],
    scales: { y: { range: (_, _low, high) => [0, Math.max(1, (high ?? 1) * 1.15)] } },
    axes: [
      timeAxis(theme),
      axis(theme, { size: 56, space: 26, values: (_, splits) => splits.map((at) => `${short(at)} s`) }),
    ],
    series: [
      {},
      { stroke: theme.accent, width: 2, fill: theme.fill, spanGaps: true, points: { show: false } },
    ],
  }
}

/** Some space above and below, and never an empty range. */
function padded(low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1]
  const margin = Math.max(1, (to - from) * 0.08)
  return [Math.max(0, from - margin), to + margin]
}
