// A result as a chart: its type and columns, downloads, and saving it for all viewers.
import { useState } from 'preact/hooks'
import type { Cell, ChartOptions, ChartType, Column, SavedChart } from '../../../server/wire.ts'
import controls from '../parts/controls.module.css'
import { download } from '../parts/download.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { request, useAction } from '../parts/request.ts'
import { isNumber } from '../parts/result.ts'
import { ChartCanvas, type Drawing, pngOf } from './chart-canvas.tsx'
import { candleColumns, guessOptions } from './chart-options.ts'
import styles from './result-chart.module.css'
import { svgText } from './svg.ts'

interface Props {
  readonly sql: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

const types: readonly ChartType[] = ['line', 'bar', 'candle', 'scatter']

export function ResultChart({ sql, columns, rows }: Props) {
  const [options, setOptions] = useState(() => guessOptions(columns, rows.length))
  const [drawing, setDrawing] = useState<Drawing>()
  const [name, setName] = useState('')
  const save = useAction(() => request<SavedChart>('/api/charts', { name, sql, options }))
  if (!options)
    return (
      <p class={`empty ${styles.nothing}`}>No column of this result is a number: there is nothing to draw.</p>
    )
  const numbers = columns.filter(({ type }) => isNumber(type)).map(({ name }) => name)
  const change = (changed: Partial<ChartOptions>) => setOptions({ ...options, ...changed })
  const changeType = (type: ChartType) => {
    const candles = candleColumns.every((column) => numbers.includes(column))
    const y = type === 'candle' ? (candles ? candleColumns : undefined) : [options.y.at(-1)!]
    if (y) change({ type, y })
  }
  const changeSeries = (series: string) => {
    const { series: _, ...rest } = options
    setOptions(series === '' ? rest : { ...rest, series })
  }
  const svg = () =>
    drawing &&
    download(
      `${name || 'chart'}.svg`,
      new Blob([svgText(drawing.shapes, drawing.size, drawing.theme.surface)], { type: 'image/svg+xml' }),
    )
  const png = () => drawing && void pngOf(drawing).then((blob) => download(`${name || 'chart'}.png`, blob))
  return (
    <div class={styles.chart}>
      <div class={styles.tools}>
        <Choice
          label="chart"
          value={options.type}
          values={types}
          onChange={(type) => changeType(type as ChartType)}
        />
        <Choice
          label="horizontal"
          value={options.x}
          values={columns.map((column) => column.name)}
          onChange={(x) => change({ x })}
        />
        {options.type !== 'candle' && (
          <Choice
            label="vertical"
            value={options.y[0]!}
            values={numbers}
            onChange={(y) => change({ y: [y] })}
          />
        )}
        <Choice
          label="series"
          value={options.series ?? ''}
          values={['', ...columns.map((column) => column.name)]}
          onChange={changeSeries}
        />
        <span class="grow" />
        <button type="button" class={controls.quiet} onClick={svg}>
          SVG
        </button>
        <button type="button" class={controls.quiet} onClick={png}>
          PNG
        </button>
      </div>
      <ChartCanvas
        name={name || 'result'}
        options={options}
        columns={columns}
        rows={rows}
        height={380}
        onDrawn={setDrawing}
      />
      <form
        class={styles.save}
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '') save.start()
        }}
      >
        <label class={controls.field}>
          <span>name</span>
          <input value={name} maxLength={80} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <button type="submit" class={controls.quiet} disabled={save.busy || name.trim() === ''}>
          Save for all viewers
        </button>
        <span role="status" class="note">
          {save.value && <a href={`#charts/${save.value.id}`}>saved: open it among the charts</a>}
        </span>
      </form>
      {save.problem && <ProblemNote problem={save.problem} />}
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly values: readonly string[]
  readonly onChange: (value: string) => void
}

function Choice({ label, value, values, onChange }: ChoiceProps) {
  return (
    <label class={controls.field}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {values.map((each) => (
          <option key={each} value={each}>
            {each === '' ? 'none' : each}
          </option>
        ))}
      </select>
    </label>
  )
}
