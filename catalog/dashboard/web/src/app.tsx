// The frame of the page: its name, the four rooms, and whether all is well, from wherever one is.
import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { About } from '../../server/wire.ts'
import { useAsked } from './ask.ts'
import { count } from './format.ts'
import { useLive } from './live-data.ts'
import { LiveView } from './live-view.tsx'
import { ProblemNote } from './problem-note.tsx'

type Room = FunctionComponent<{ about: About }>

const rooms: readonly { path: string; name: string; load: () => Promise<Room> }[] = [
  { path: 'live', name: 'Live', load: async () => LiveView },
  { path: 'query', name: 'Query', load: async () => (await import('./query-view.tsx')).QueryView },
  { path: 'catalog', name: 'Catalog', load: async () => (await import('./catalog-view.tsx')).CatalogView },
  { path: 'ledger', name: 'Ledger', load: async () => (await import('./ledger-view.tsx')).LedgerView },
]

export function App() {
  const [path, setPath] = useState(pathNow)
  const [view, setView] = useState<{ path: string; Room: Room }>({ path: 'live', Room: LiveView })
  const about = useAsked<About>('/api/about')
  useEffect(() => {
    const changed = () => setPath(pathNow())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  useEffect(() => {
    let stale = false
    const room = rooms.find((each) => each.path === path)!
    document.title = `ticklake: ${room.name}`
    void room.load().then((Room) => !stale && setView({ path, Room }))
    return () => {
      stale = true
    }
  }, [path])
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href="#live" aria-label="ticklake, to the live picture">
          <Mark />
          <span>ticklake</span>
        </a>
        <nav aria-label="Rooms">
          {rooms.map((room) => (
            <a key={room.path} href={`#${room.path}`} aria-current={room.path === path ? 'page' : undefined}>
              {room.name}
            </a>
          ))}
        </nav>
        <State />
      </header>
      <main id="main" tabIndex={-1}>
        {about.problem && <ProblemNote problem={about.problem} onAgain={about.again} />}
        {about.value && view.path === path && <view.Room about={about.value} />}
      </main>
      <footer>
        <span>
          {about.value
            ? `${about.value.onAws ? 'AWS' : 'the AWS of this machine'} · s3://${about.value.bucket}/${about.value.prefix}/ · read-only · all times UTC`
            : ' '}
        </span>
      </footer>
    </>
  )
}

/** One glance, from every room. */
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
  const [health, words] = !connected
    ? ['waiting', 'connecting']
    : broken > 0
      ? ['broken', `${broken} broken`]
      : pipeline?.athena.health === 'waiting'
        ? ['waiting', 'asking']
        : ['flow', 'all well']
  return (
    <div class="state">
      <span class={`dot ${health}`} aria-hidden="true" />
      {/* Read aloud when it changes; the count beside it would never let one rest. */}
      <span role="status">{words}</span>
      {pipeline?.athena.count !== null && pipeline !== undefined && (
        <span class="state-count num">{count(pipeline.athena.count)} rows</span>
      )}
    </div>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path class="mark-line" d="M10 7v6M16 5v8M22 8v5" />
      <path class="mark-line" d="M5 20c3.700 0 3.700-3 7.300-3s3.700 3 7.400 3 3.600-3 7.300-3" />
      <path class="mark-line faint" d="M5 25.500c3.700 0 3.700-3 7.300-3s3.700 3 7.400 3 3.600-3 7.300-3" />
    </svg>
  )
}

function pathNow(): string {
  const path = location.hash.slice(1).split('/')[0]
  return rooms.some((room) => room.path === path) ? path! : 'live'
}
