// The SQL console: asks Athena, shows what came, what it took, and what it would cost.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { About, DatabaseSummary } from '../../server/wire.ts'
import { ask } from './ask.ts'
import { bytes, clock, count, dollars, duration, plural } from './format.ts'
import { ProblemNote } from './problem-note.tsx'
import { type Past, pastQueries, rememberQuery } from './query-history.ts'
import { type QueryRun, runQuery } from './query-run.ts'
import { ResultTable } from './result-table.tsx'
import { makeSqlEditor, type SqlEditor } from './sql-editor.ts'

/** Kept while one looks at another room. */
const kept: { sql: string | undefined; run: QueryRun | undefined } = { sql: undefined, run: undefined }

export function QueryView({ about }: { about: About }) {
  const place = useRef<HTMLDivElement>(null)
  const editor = useRef<SqlEditor>(undefined)
  const cancel = useRef<AbortController>(undefined)
  const [run, setRun] = useState(kept.run)
  const [past, setPast] = useState(pastQueries)
  const running = run?.state === 'running'

  const start = useRef(() => {})
  start.current = () => {
    const sql = editor.current?.text() ?? ''
    if (cancel.current || sql.trim() === '') return
    const controller = new AbortController()
    cancel.current = controller
    editor.current?.setError(undefined)
    const show = (news: QueryRun) => {
      kept.run = news
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
    const made = makeSqlEditor(place.current!, kept.sql ?? about.examples[1]?.sql ?? '', {
      onRun: () => start.current(),
      onCancel: () => cancel.current?.abort(),
      onChange: (text) => {
        kept.sql = text
      },
    })
    editor.current = made
    ask<{ databases: DatabaseSummary[] }>('/api/catalog').then(
      ({ databases }) => editor.current === made && made.setCatalog(databases, about.database),
      () => {}, // Without the catalog the editor offers keywords alone.
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
    <div class="query">
      <h1>Ask Athena</h1>
      <section class="panel console" aria-label="Statement">
        <div class="console-tools">
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
          <button type="button" class="primary" disabled={running} onClick={() => start.current()}>
            Run <kbd>Ctrl ⏎</kbd>
          </button>
          <button type="button" disabled={!running} onClick={() => cancel.current?.abort()}>
            Cancel
          </button>
        </div>
        <div class="editor" ref={place} />
      </section>
      <RunState run={run} about={about} />
      {/* What is read aloud: the line above has a clock, which would never let one rest. */}
      <p class="hidden" role="status">
        {running ? 'running' : run && outcomeOf(run)}
      </p>
      {run?.problem && <ProblemNote problem={run.problem} />}
      {run && run.columns.length > 0 && (
        <section class="panel flush" aria-label="Result">
          <ResultTable
            key={run.startedAt}
            columns={run.columns}
            rows={run.rows}
            label={`Result, ${plural(run.rows.length, 'row')}`}
            fileName="ticklake-result"
          />
        </section>
      )}
    </div>
  )
}

function HistoryMenu({ past, onPick }: { past: readonly Past[]; onPick: (sql: string) => void }) {
  const menu = useRef<HTMLDetailsElement>(null)
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && menu.current) {
          menu.current.open = false
          menu.current.querySelector('summary')?.focus()
        }
      }}
    >
      <summary>History</summary>
      <div class="menu-body">
        {past.length === 0 && <p class="empty">Nothing was asked yet.</p>}
        <ul>
          {past.map(({ sql, at, outcome }) => (
            <li key={at}>
              <button
                type="button"
                onClick={() => {
                  menu.current!.open = false
                  onPick(sql)
                }}
              >
                <code>{sql.replace(/\s+/g, ' ').slice(0, 140)}</code>
                <span class="note">
                  {clock(at)} · {outcome}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </details>
  )
}

/** One line below the editor: how it stands, how long, how much, how dear. */
function RunState({ run, about }: { run: QueryRun | undefined; about: About }) {
  const [now, setNow] = useState(Date.now())
  const running = run?.state === 'running'
  useEffect(() => {
    if (!running) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [running])
  if (!run) {
    return (
      <p class="run-state">
        The page only reads: SELECT, WITH, SHOW, DESCRIBE, and EXPLAIN of these. Complete names with Ctrl
        Space.
      </p>
    )
  }
  const facts =
    run.state === 'running'
      ? [
          run.rows.length > 0 ? `${count(run.rows.length)} rows so far` : 'running',
          duration(Math.max(0, now - run.startedAt)),
        ]
      : run.state === 'done'
        ? [
            `${run.truncated ? 'the first ' : ''}${plural(run.rows.length, 'row')}`,
            `${duration(run.elapsedMs)}`,
            `${bytes(run.scannedBytes)} scanned`,
            about.onAws ? `cost ${dollars(run.dollars)}` : `would cost ${dollars(run.dollars)} on AWS`,
          ]
        : [run.state === 'cancelled' ? 'cancelled' : 'failed', duration(run.elapsedMs)]
  return (
    <div class={`run-state ${run.state}`}>
      <span
        class={`dot ${run.state === 'running' ? 'flow' : run.state === 'failed' ? 'broken' : run.state === 'done' ? 'flow' : 'quiet'}`}
        aria-hidden="true"
      />
      {facts.map((fact) => (
        <span key={fact} class="num">
          {fact}
        </span>
      ))}
      {run.truncated && <span class="note">`catalog query --output csv` gives all of them</span>}
    </div>
  )
}

function outcomeOf(run: QueryRun): string {
  if (run.state === 'done') return `${plural(run.rows.length, 'row')} in ${duration(run.elapsedMs)}`
  return run.state === 'cancelled' ? 'cancelled' : (run.problem?.code ?? 'failed')
}
