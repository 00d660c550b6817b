// Returns memory to the machine while a server is idle. After a burst V8 keeps the heap that the burst needed until it
// collects garbage again, which it hardly does in an idle server.
import { Session } from 'node:inspector/promises'
import { performance } from 'node:perf_hooks'
import { memoryUsage } from 'node:process'

/** The server is idle if its event loop is busy for less than this share of the time. */
const restingShare = 0.05
/** How many bytes are worth the pause of a collection: about 30 ms for a heap of 20 MB. */
const worthBytes = 64 * 1024 * 1024

export interface IdleMemoryOptions {
  /** How long the event loop must have been idle. */
  readonly restMs?: number
  /** Stands in for the collection in tests. */
  readonly collect?: () => Promise<void>
}

/** Collects garbage from now on when the event loop is idle and the heap has grown by 64 MB since the last collection. */
export function returnIdleMemory({
  restMs = 10_000,
  collect = collectHeap,
}: IdleMemoryOptions = {}): Disposable {
  let before = performance.eventLoopUtilization()
  let collectedBytes = 0
  const timer = setInterval(async () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization > restingShare || memoryUsage().heapTotal < collectedBytes + worthBytes) return
    await collect()
    collectedBytes = memoryUsage().heapTotal
  }, restMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Collects garbage and shrinks the heap to what is in use; `gc()` of --expose-gc does not shrink it. */
export async function collectHeap(): Promise<void> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}
