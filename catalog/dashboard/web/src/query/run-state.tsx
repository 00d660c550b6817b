// The status line of a statement: rows, duration, bytes scanned, cost.
import { useEffect, useState } from 'preact/hooks'
import type { About } from '../../../server/wire.ts'
import { Dot } from '../parts/dot.tsx'
import { bytes, count, dollars, duration, plural } from '../parts/format.ts'
import type { QueryRun } from '../parts/query-run.ts'
import styles from './run-state.module.css'

const dotStates = { running: 'good', done: 'good', failed: 'bad', cancelled: 'neutral' } as const

/** One line below the editor: status, duration, bytes scanned, cost. */
export function RunState({ run, about }: { run: QueryRun | undefined; about: About }) {
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
      <p class={styles.state}>
        Read-only: SELECT, WITH, SHOW, DESCRIBE, and EXPLAIN of these. Ctrl Space completes names.
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
    <div class={styles.state} data-testid="run-state" data-state={run.state}>
      <Dot state={dotStates[run.state]} busy={running} />
      {facts.map((fact) => (
        <span key={fact} class="num">
          {fact}
        </span>
      ))}
      {run.truncated && <span class="note">`catalog query --output csv` gives all of them</span>}
    </div>
  )
}

/** The status in a few words. */
export function outcomeOf(run: QueryRun): string {
  if (run.state === 'done') return `${plural(run.rows.length, 'row')} in ${duration(run.elapsedMs)}`
  return run.state === 'cancelled' ? 'cancelled' : (run.problem?.code ?? 'failed')
}
