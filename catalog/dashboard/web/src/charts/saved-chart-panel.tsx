// One saved chart: runs its query, draws it, and says how old it is.
import { useEffect, useState } from 'preact/hooks'
import type { SavedChart } from '../../../server/wire.ts'
import controls from '../parts/controls.module.css'
import { bytes, clock, duration } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { type QueryRun, runQuery } from '../parts/query-run.ts'
import { useAction } from '../parts/request.ts'
import { ChartCanvas } from './chart-canvas.tsx'
import { queued } from './query-queue.ts'

interface Props {
  readonly chart: SavedChart
  /** Each new number runs the query again. */
  readonly times: number
  readonly onRemove: (id: string) => Promise<void>
}

export function SavedChartPanel({ chart, times, onRemove }: Props) {
  const [run, setRun] = useState<QueryRun>()
  const [problem, setProblem] = useState<QueryRun['problem']>()
  const removal = useAction(() => onRemove(chart.id))
  useEffect(() => {
    const gone = new AbortController()
    void queued(async () => {
      if (gone.signal.aborted) return
      const ended = await runQuery('/api/query', { sql: chart.sql }, chart.sql, gone.signal, () => {})
      if (gone.signal.aborted) return
      // A failed refresh leaves the last drawing, with its age, and says why.
      setProblem(ended.problem)
      if (ended.state === 'done') setRun(ended)
    })
    return () => gone.abort()
  }, [chart.sql, times])
  return (
    <Panel
      title={chart.name}
      aside={
        <div class={controls.tools}>
          <a class="note" href={`#charts/${chart.id}`}>
            only this chart
          </a>
          <button type="button" class={controls.quiet} disabled={removal.busy} onClick={removal.start}>
            Remove
          </button>
        </div>
      }
    >
      {problem && <ProblemNote problem={problem} />}
      {removal.problem && <ProblemNote problem={removal.problem} />}
      {run ? (
        <>
          <ChartCanvas
            name={chart.name}
            options={chart.options}
            columns={run.columns}
            rows={run.rows}
            height={300}
          />
          <p class="note">
            at {clock(run.startedAt)} UTC, {duration(run.elapsedMs)}, {bytes(run.scannedBytes)} scanned
          </p>
        </>
      ) : (
        !problem && <p class="empty">Running the query …</p>
      )}
      <details>
        <summary class="note">SQL</summary>
        <pre>{chart.sql}</pre>
      </details>
    </Panel>
  )
}
