// The frame of the dashboard: its name, the tabs, and the state of the pipeline.
import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { About } from '../../server/wire.ts'
import styles from './app.module.css'
import { useLive } from './live/live-data.ts'
import { LiveTab } from './live/live-tab.tsx'
import { Dot } from './parts/dot.tsx'
import { count } from './parts/format.ts'
import { ProblemNote } from './parts/problem-note.tsx'
import { useAnswer } from './parts/request.ts'

type Tab = FunctionComponent<{ about: About }>

const tabs: readonly { path: string; name: string; load: () => Promise<Tab> }[] = [
  { path: 'live', name: 'Live', load: async () => LiveTab },
  { path: 'query', name: 'Query', load: async () => (await import('./query/query-tab.tsx')).QueryTab },
  { path: 'charts', name: 'Charts', load: async () => (await import('./charts/charts-tab.tsx')).ChartsTab },
  {
    path: 'catalog',
    name: 'Catalog',
    load: async () => (await import('./catalog/catalog-tab.tsx')).CatalogTab,
  },
  { path: 'ledger', name: 'Ledger', load: async () => (await import('./ledger/ledger-tab.tsx')).LedgerTab },
]

export function App() {
  const [path, setPath] = useState(pathNow)
  const [shown, setShown] = useState<{ path: string; Tab: Tab }>({ path: 'live', Tab: LiveTab })
  const about = useAnswer<About>('/api/about')
  useEffect(() => {
    const changed = () => setPath(pathNow())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  useEffect(() => {
    let stale = false
    const tab = tabs.find((each) => each.path === path)!
    document.title = `ticklake: ${tab.name}`
    void tab.load().then((Tab) => !stale && setShown({ path, Tab }))
    return () => {
      stale = true
    }
  }, [path])
  return (
    <>
      <button type="button" class={styles.skip} onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class={styles.bar}>
        <a class={styles.brand} href="#live" aria-label="ticklake: open the Live tab">
          <Mark />
          <span>ticklake</span>
        </a>
        <nav aria-label="Tabs" class={styles.nav}>
          {tabs.map((tab) => (
            <a key={tab.path} href={`#${tab.path}`} aria-current={tab.path === path ? 'page' : undefined}>
              {tab.name}
            </a>
          ))}
        </nav>
        <State />
      </header>
      <main class={styles.main} id="main" tabIndex={-1}>
        {about.problem && <ProblemNote problem={about.problem} onRetry={about.again} />}
        {about.value && shown.path === path && <shown.Tab about={about.value} />}
      </main>
      <footer class={styles.footer}>
        <span>
          {about.value
            ? `${about.value.onAws ? 'AWS' : 'local AWS'} · s3://${about.value.bucket}/${about.value.prefix}/ · read-only · all times UTC`
            : ' '}
        </span>
      </footer>
    </>
  )
}

/** The pipeline's state, on every tab. */
function State() {
  const { connected, pipeline } = useLive('pipeline')
  useLive('connected')
  const broken = pipeline
    ? [
        pipeline.producer,
        pipeline.topic,
        pipeline.consumer,
        pipeline.s3,
        pipeline.glue,
        pipeline.athena,
      ].filter((stage) => stage.health === 'broken').length
    : 0
  const isWaiting = !connected || (broken === 0 && pipeline?.athena.health === 'waiting')
  const state = !connected
    ? 'connecting'
    : broken > 0
      ? `${broken} broken`
      : isWaiting
        ? 'waiting'
        : 'all well'
  return (
    <div class={styles.state} data-testid="state">
      <Dot state={isWaiting ? 'neutral' : broken > 0 ? 'bad' : 'good'} />
      {/* Screen readers read it when it changes; the count beside it would interrupt them all the time. */}
      <span role="status">{state}</span>
      {pipeline?.athena.count !== null && pipeline !== undefined && (
        <span class={`num ${styles.count}`}>{count(pipeline.athena.count)} rows</span>
      )}
    </div>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" class={styles.markGround} />
      <path class={styles.markLine} d="M10 7v6M16 5v8M22 8v5" />
      <path class={styles.markLine} d="M5 20c3.700 0 3.700-3 7.300-3s3.700 3 7.400 3 3.600-3 7.300-3" />
      <path
        class={`${styles.markLine} ${styles.faint}`}
        d="M5 25.500c3.700 0 3.700-3 7.300-3s3.700 3 7.400 3 3.600-3 7.300-3"
      />
    </svg>
  )
}

function pathNow(): string {
  const path = location.hash.slice(1).split('/')[0]
  return tabs.some((tab) => tab.path === path) ? path! : 'live'
}
