// A chart of a result, as wide as its container.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Cell, ChartOptions, Column } from '../../../server/wire.ts'
import { type Theme, useTheme } from '../parts/theme.ts'
import { canvasOf, paint } from './canvas.ts'
import styles from './chart-canvas.module.css'
import { chartData } from './chart-data.ts'
import { drawChart, type Shape, type Size } from './drawing.ts'

interface Props {
  readonly name: string
  readonly options: ChartOptions
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  readonly height: number
  /** Gets the drawing, for a download. */
  readonly onDrawn?: (drawing: Drawing) => void
}

export interface Drawing {
  readonly shapes: readonly Shape[]
  readonly size: Size
  readonly theme: Theme
}

export function ChartCanvas({ name, options, columns, rows, height, onDrawn }: Props) {
  const theme = useTheme()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const data = useMemo(() => chartData(options, columns, rows), [options, columns, rows, rows.length])
  useEffect(() => {
    const element = canvas.current!.parentElement!
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    if (!data || width === 0) return
    const size = { width, height }
    const shapes = drawChart(options, data, size, theme)
    const scale = devicePixelRatio || 1
    const element = canvas.current!
    element.width = Math.round(width * scale)
    element.height = Math.round(height * scale)
    const context = element.getContext('2d')!
    context.setTransform(scale, 0, 0, scale, 0, 0)
    paint(context, shapes, size, theme.surface)
    onDrawn?.({ shapes, size, theme })
  }, [data, width, height, options, theme])
  const points = data?.series.reduce((sum, series) => sum + series.points.length, 0) ?? 0
  return (
    <div class={styles.chart}>
      <canvas
        ref={canvas}
        class={styles.canvas}
        role="img"
        aria-label={`${name}: ${options.type} chart of ${options.y.join(', ')} by ${options.x}, ${points} points`}
        style={{ height: `${height}px` }}
      />
      {!data && <p class="note">The result has no column {[options.x, ...options.y].join(', ')} any more.</p>}
      {data !== undefined && points === 0 && <p class="note">The result has no point to draw.</p>}
      {data !== undefined && data.omitted > 0 && (
        <p class="note">
          {options.type === 'candle'
            ? `Candles of ${data.series[0]?.name || 'one series'}; ${data.omitted} others are not shown: select one index in the query.`
            : `${data.omitted} points are not shown: too many series or points.`}
        </p>
      )}
    </div>
  )
}

/** The drawing as a PNG, with twice the page's resolution. */
export async function pngOf({ shapes, size, theme }: Drawing): Promise<Blob> {
  const canvas = canvasOf(shapes, size, theme.surface, 2)
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the browser did not create a PNG'))),
      'image/png',
    ),
  )
}
