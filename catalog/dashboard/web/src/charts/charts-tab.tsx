// The Charts tab: the saved charts of all viewers, each with its own query; they refresh together.
import { useEffect, useState } from 'preact/hooks'
import type { SavedChart } from '../../../server/wire.ts'
import controls from '../parts/controls.module.css'
import panel from '../parts/panel.module.css'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { request, useAnswer } from '../parts/request.ts'
import styles from './charts-tab.module.css'
import { SavedChartPanel } from './saved-chart-panel.tsx'

const intervals = [0, 30, 60, 300] as const

export function ChartsTab() {
  const list = useAnswer<{ charts: SavedChart[] }>('/api/charts')
  const [everySeconds, setEverySeconds] = useState(0)
  const [times, setTimes] = useState(0)
  const [only, setOnly] = useState(idInUrl)
  useEffect(() => {
    const changed = () => setOnly(idInUrl())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  useEffect(() => {
    if (everySeconds === 0) return
    // Each refresh is a query for each chart, which AWS bills: none while the tab is hidden.
    const timer = setInterval(() => !document.hidden && setTimes((before) => before + 1), everySeconds * 1000)
    return () => clearInterval(timer)
  }, [everySeconds])
  const charts = list.value?.charts
  const shown = only === undefined ? charts : charts?.filter(({ id }) => id === only)
  const remove = async (id: string) => {
    await request(`/api/charts/${id}/remove`, {})
    list.again()
  }
  return (
    <div class={panel.panels}>
      <div class={styles.head}>
        <h1>Charts</h1>
        <div class={controls.tools}>
          {only !== undefined && <a href="#charts">all charts</a>}
          <label class={controls.field}>
            <span>refresh</span>
            <select
              value={everySeconds}
              onChange={(event) => setEverySeconds(Number(event.currentTarget.value))}
            >
              {intervals.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds === 0
                    ? 'by hand'
                    : seconds < 60
                      ? `every ${seconds} s`
                      : `every ${seconds / 60} min`}
                </option>
              ))}
            </select>
          </label>
          <button type="button" class={controls.quiet} onClick={() => setTimes((before) => before + 1)}>
            Refresh now
          </button>
        </div>
      </div>
      {list.problem && <ProblemNote problem={list.problem} onRetry={list.again} />}
      {charts?.length === 0 && (
        <Panel title="No saved chart yet">
          <p class="note">
            Run a query, show its result as a chart, give it a name and save it. All viewers see it here.
          </p>
        </Panel>
      )}
      {charts && charts.length > 0 && shown?.length === 0 && (
        <Panel title="This chart is not saved any more">
          <p class="note">It was removed, or the address is wrong.</p>
        </Panel>
      )}
      <div class={styles.charts} data-single={only !== undefined || undefined}>
        {shown?.map((chart) => (
          <SavedChartPanel key={chart.id} chart={chart} times={times} onRemove={remove} />
        ))}
      </div>
    </div>
  )
}

function idInUrl(): string | undefined {
  return location.hash.slice(1).split('/')[1] || undefined
}
