// Detects that S3 is down while queries run: the engine itself would retry for minutes.
import type { ResultObjects } from '../results/s3.ts'

const everyMs = 2_000
/** A connection may be refused once, while S3 restarts. */
const mostMissed = 2
/** A busy machine may take seconds to answer; a query must fail within ten. */
const silentAfterMs = 7_000

export interface StorageWatch {
  /** @param onLost called once, when S3 stops answering, unless disposed before */
  watch(onLost: () => void): Disposable
}

/** Probes S3 while something is watched; all watches share the probes. */
export function storageWatch(objects: Pick<ResultObjects, 'answers'>): StorageWatch {
  const watched = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let missed = 0
  let isProbing = false

  async function probe(): Promise<void> {
    if (isProbing) return
    isProbing = true
    const askedMs = performance.now()
    const hasAnswered = await objects.answers(silentAfterMs)
    const isSilent = performance.now() - askedMs >= silentAfterMs
    missed = hasAnswered ? 0 : isSilent ? mostMissed : missed + 1
    isProbing = false
    if (missed < mostMissed) return
    const lost = [...watched]
    watched.clear()
    stopUnlessWatched()
    for (const onLost of lost) onLost()
  }

  function stopUnlessWatched(): void {
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
    missed = 0
  }

  return {
    watch(onLost) {
      const entry = () => onLost()
      watched.add(entry)
      timer ??= setInterval(() => void probe(), everyMs).unref()
      return {
        [Symbol.dispose]() {
          watched.delete(entry)
          stopUnlessWatched()
        },
      }
    },
  }
}
