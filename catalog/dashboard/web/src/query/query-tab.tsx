// The Query tab: runs SQL in Athena, shows rows, time and cost.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { About, DatabaseSummary } from '../../../server/wire.ts'
import { ResultChart } from '../charts/result-chart.tsx'
import controls from '../parts/controls.module.css'
import { plural } from '../parts/format.ts'
import panel from '../parts/panel.module.css'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { type QueryRun, runQuery } from '../parts/query-run.ts'
import { request } from '../parts/request.ts'
import { ResultTable } from '../parts/result-table.tsx'
import { pastQueries, rememberQuery } from './history.ts'
import { HistoryMenu } from './history-menu.tsx'
import styles from './query-tab.module.css'
import { outcomeOf, RunState } from './run-state.tsx'
import { makeSqlEditor, type SqlEditor } from './sql-editor.ts'

/** Survives while another tab is shown. */
const memory: { sql: string | undefined; run: QueryRun | undefined; asChart: boolean } = {
  sql: undefined,
  run: undefined,
  asChart: false,
}

export function QueryTab({ about }: { about: About }) {
  const container = useRef<HTMLDivElement>(null)
  const editor = useRef<SqlEditor>(undefined)
  const cancel = useRef<AbortController>(undefined)
  const [run, setRun] = useState(memory.run)
  const [past, setPast] = useState(pastQueries)
  const [asChart, setAsChart] = useState(memory.asChart)
  memory.asChart = asChart
  const running = run?.state === 'running'

  const start = useRef(() => {})
  start.current = () => {
    const sql = editor.current?.text() ?? ''
    if (cancel.current || sql.trim() === '') return
    const controller = new AbortController()
    cancel.current = controller
    editor.current?.setError(undefined)
    const show = (news: QueryRun) => {
      memory.run = news
      setRun(news)
    }
    void runQuery('/api/query', { sql }, sql, controller.signal, show).then((ended) => {
      cancel.current = undefined
      setPast(rememberQuery({ sql, at: Date.now(), outcome: outcomeOf(ended) }))
      const { line, column } = ended.problem ?? {}
      if (line !== undefined && column !== undefined && editor.current?.text() === sql) {
        editor.current.setError({ line, column })
      }
    })
  }
  useEffect(() => {
    const made = makeSqlEditor(container.current!, memory.sql ?? about.examples[1]?.sql ?? '', {
      onRun: () => start.current(),
      onCancel: () => cancel.current?.abort(),
      onChange: (text) => {
        memory.sql = text
      },
    })
    editor.current = made
    request<{ databases: DatabaseSummary[] }>('/api/catalog').then(
      ({ databases }) => editor.current === made && made.setCatalog(databases, about.database),
      () => {}, // Without the catalog the editor completes only keywords.
    )
    return () => {
      cancel.current?.abort()
      editor.current = undefined
      made.destroy()
    }
  }, [about])
  const load = (sql: string) => {
    editor.current?.setText(sql)
    editor.current?.focus()
  }
  return (
    <div class={panel.panels}>
      <h1>Query Athena</h1>
      <Panel label="Statement" padding="none">
        <div class={styles.tools}>
          <label>
            <span class="hidden">Examples</span>
            <select
              value=""
              onChange={(event) => {
                load(about.examples[Number(event.currentTarget.value)]?.sql ?? '')
                event.currentTarget.value = ''
              }}
            >
              <option value="">Examples</option>
              {about.examples.map(({ title }, i) => (
                <option key={title} value={i}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <HistoryMenu past={past} onPick={load} />
          <span class="grow" />
          <button
            type="button"
            class={`${controls.primary} ${styles.run}`}
            disabled={running}
            onClick={() => start.current()}
          >
            Run <kbd>Ctrl ⏎</kbd>
          </button>
          <button type="button" disabled={!running} onClick={() => cancel.current?.abort()}>
            Cancel
          </button>
        </div>
        <div class={styles.editor} ref={container} />
      </Panel>
      <RunState run={run} about={about} />
      {/* For screen readers: the line above has a clock, which would interrupt them all the time. */}
      <p class="hidden" role="status">
        {running ? 'running' : run && outcomeOf(run)}
      </p>
      {run?.problem && <ProblemNote problem={run.problem} />}
      {run && run.columns.length > 0 && (
        <Panel label="Result" padding="clipped">
          <div class={styles.shown}>
            <button
              type="button"
              class={controls.quiet}
              aria-pressed={!asChart}
              onClick={() => setAsChart(false)}
            >
              Table
            </button>
            <button
              type="button"
              class={controls.quiet}
              aria-pressed={asChart}
              disabled={running}
              onClick={() => setAsChart(true)}
            >
              Chart
            </button>
          </div>
          {asChart && !running ? (
            <ResultChart key={run.startedAt} sql={run.sql} columns={run.columns} rows={run.rows} />
          ) : (
            <ResultTable
              key={run.startedAt}
              columns={run.columns}
              rows={run.rows}
              label={`Result, ${plural(run.rows.length, 'row')}`}
              fileName="ticklake-result"
            />
          )}
        </Panel>
      )}
    </div>
  )
}
