// A uPlot chart as wide as its container: created once per theme, updated with new data.
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import styles from './chart.module.css'

interface Props {
  /** A new object creates a new chart. */
  options: Omit<uPlot.Options, 'width' | 'height'>
  data: uPlot.AlignedData
  height: number
  /** The chart in words, for screen readers. */
  label: string
}

export function Chart({ options, data, height, label }: Props) {
  const container = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const newest = useRef(data)
  newest.current = data
  useEffect(() => {
    const element = container.current!
    const made = new uPlot(
      { ...options, width: Math.max(1, element.clientWidth), height },
      newest.current,
      element,
    )
    chart.current = made
    const observer = new ResizeObserver(() =>
      made.setSize({ width: Math.max(1, element.clientWidth), height }),
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      chart.current = undefined
    }
  }, [options, height])
  useEffect(() => {
    chart.current?.setData(data)
  }, [data])
  return (
    <div
      class={styles.chart}
      ref={container}
      role="img"
      aria-label={label}
      style={{ minHeight: `${height}px` }}
    />
  )
}
