// Returns memory to the machine while a server rests. After a burst V8 keeps the heap that the burst needed until it
// collects again, which a server that rests hardly makes it do.
import { Session } from 'node:inspector/promises'
import { performance } from 'node:perf_hooks'
import { memoryUsage } from 'node:process'

/** Below this share of the time the event loop rests. */
const restingShare = 0.05
/** What is worth the pause of a collection: about 30 ms for a heap of 20 MB. */
const worthBytes = 64 * 1024 * 1024

export interface IdleMemoryOptions {
  /** How long the event loop must have rested. */
  readonly restMs?: number
  /** Stands in for the collection in tests. */
  readonly collect?: () => Promise<void>
}

/** From now on collects the heap when the event loop rests and the heap is 64 MB larger than it was collected. */
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

/** Collects the heap and shrinks it to what is in use; `gc()` of --expose-gc leaves its size as it is. */
export async function collectHeap(): Promise<void> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}
