// What the server's stream tells, kept once for the whole page; the stream is open only while the page is seen.
import { useEffect, useState } from 'preact/hooks'
import type { Candle, Pipeline, Problem, Sample, StreamEvents } from '../../../server/wire.ts'

/** Candles that a chart shows, and samples that the server keeps. */
const CANDLES_KEPT = 240
const SAMPLES_KEPT = 900

interface LiveData {
  connected: boolean
  pipeline: Pipeline | undefined
  samples: Sample[]
  candles: Map<string, Candle[]>
  ticksProblem: Problem | null
}

type Slice = 'connected' | 'pipeline' | 'samples' | 'candles'

export const live: LiveData = {
  connected: false,
  pipeline: undefined,
  samples: [],
  candles: new Map(),
  ticksProblem: null,
}

const listeners: Record<Slice, Set<() => void>> = {
  connected: new Set(),
  pipeline: new Set(),
  samples: new Set(),
  candles: new Set(),
}

/** Renders the component again when the slice has news. */
export function useLive(slice: Slice): LiveData {
  const [, again] = useState(0)
  useEffect(() => {
    const listener = () => again((times) => times + 1)
    listeners[slice].add(listener)
    return () => listeners[slice].delete(listener) as unknown as undefined
  }, [slice])
  return live
}

let source: EventSource | undefined

/** Opens the stream while the page is seen; a hidden tab costs nobody a query. */
export function followStream(): void {
  const follow = () => (document.hidden ? close() : open())
  document.addEventListener('visibilitychange', follow)
  follow()
}

function close(): void {
  source?.close()
  source = undefined
  tell('connected', () => {
    live.connected = false
  })
}

function open(): void {
  if (source) return
  const opened = new EventSource('/api/stream')
  source = opened
  opened.onopen = () => tell('connected', () => (live.connected = true))
  opened.onerror = () => {
    tell('connected', () => (live.connected = false))
    // A server that was started anew may answer with an error once: the browser then gives up by itself.
    if (opened.readyState === EventSource.CLOSED && source === opened) {
      source = undefined
      setTimeout(() => !document.hidden && open(), 2_000)
    }
  }
  on(opened, 'pipeline', (pipeline) => tell('pipeline', () => (live.pipeline = pipeline)))
  on(opened, 'history', (samples) => tell('samples', () => (live.samples = [...samples])))
  on(opened, 'sample', (sample) =>
    tell('samples', () => {
      live.samples.push(sample)
      if (live.samples.length > SAMPLES_KEPT) live.samples.shift()
    }),
  )
  on(opened, 'prices', ({ reset, candles }) =>
    tell('candles', () => {
      if (reset) live.candles = new Map()
      for (const candle of candles) {
        const kept = live.candles.get(candle.index) ?? []
        kept.push(candle)
        if (kept.length > CANDLES_KEPT) kept.shift()
        live.candles.set(candle.index, kept)
      }
    }),
  )
  on(opened, 'ticksProblem', (problem) => tell('candles', () => (live.ticksProblem = problem)))
}

function on<E extends keyof StreamEvents>(
  stream: EventSource,
  event: E,
  take: (data: StreamEvents[E]) => void,
): void {
  stream.addEventListener(event, (message) => take(JSON.parse((message as MessageEvent<string>).data)))
}

function tell(slice: Slice, change: () => void): void {
  change()
  for (const listener of listeners[slice]) listener()
}
