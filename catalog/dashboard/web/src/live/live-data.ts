// The events of the server's stream, held once for all components; the stream is open only while the tab is shown.
import { useEffect, useState } from 'preact/hooks'
import type { Candle, Pipeline, Problem, Sample, StreamEvents } from '../../../server/wire.ts'

/** Candles that a chart shows, and samples that the server holds. */
const MAX_CANDLES = 240
const MAX_SAMPLES = 900

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

/** Renders the component again when the slice changes. */
export function useLive(slice: Slice): LiveData {
  const [, render] = useState(0)
  useEffect(() => {
    const listener = () => render((times) => times + 1)
    listeners[slice].add(listener)
    return () => listeners[slice].delete(listener) as unknown as undefined
  }, [slice])
  return live
}

let source: EventSource | undefined

/** Opens the stream while the browser tab is shown; a hidden one causes no query. */
export function followStream(): void {
  const follow = () => (document.hidden ? close() : open())
  document.addEventListener('visibilitychange', follow)
  follow()
}

function close(): void {
  source?.close()
  source = undefined
  update('connected', () => {
    live.connected = false
  })
}

function open(): void {
  if (source) return
  const opened = new EventSource('/api/stream')
  source = opened
  opened.onopen = () => update('connected', () => (live.connected = true))
  opened.onerror = () => {
    update('connected', () => (live.connected = false))
    // A restarting server may answer with an error once, and the browser then gives up by itself.
    if (opened.readyState === EventSource.CLOSED && source === opened) {
      source = undefined
      setTimeout(() => !document.hidden && open(), 2_000)
    }
  }
  on(opened, 'pipeline', (pipeline) => update('pipeline', () => (live.pipeline = pipeline)))
  on(opened, 'history', (samples) => update('samples', () => (live.samples = [...samples])))
  on(opened, 'sample', (sample) =>
    update('samples', () => {
      live.samples.push(sample)
      if (live.samples.length > MAX_SAMPLES) live.samples.shift()
    }),
  )
  on(opened, 'prices', ({ reset, candles }) =>
    update('candles', () => {
      if (reset) live.candles = new Map()
      for (const candle of candles) {
        const stored = live.candles.get(candle.index) ?? []
        if (candle.minute !== undefined && stored.at(-1)?.minute === candle.minute) stored.pop()
        stored.push(candle)
        if (stored.length > MAX_CANDLES) stored.shift()
        live.candles.set(candle.index, stored)
      }
    }),
  )
  on(opened, 'ticksProblem', (problem) => update('candles', () => (live.ticksProblem = problem)))
}

function on<E extends keyof StreamEvents>(
  stream: EventSource,
  event: E,
  take: (data: StreamEvents[E]) => void,
): void {
  stream.addEventListener(event, (message) => take(JSON.parse((message as MessageEvent<string>).data)))
}

function update(slice: Slice, change: () => void): void {
  change()
  for (const listener of listeners[slice]) listener()
}
