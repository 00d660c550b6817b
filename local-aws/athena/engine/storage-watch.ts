// Notices that S3 is away while a query runs: the engine itself would retry for minutes.
import type { ResultObjects } from '../results/s3.ts'

const everyMs = 2_000
/** A single probe may be late on a busy machine. */
const mostMissed = 2

/** Probes S3 as long as it is not disposed. @param onLost called once, when S3 does not answer any more */
export function watchStorage(objects: Pick<ResultObjects, 'answers'>, onLost: () => void): Disposable {
  let missed = 0
  let isAsking = false
  const timer = setInterval(async () => {
    if (isAsking) return
    isAsking = true
    missed = (await objects.answers(everyMs)) ? 0 : missed + 1
    isAsking = false
    if (missed < mostMissed) return
    clearInterval(timer)
    onLost()
  }, everyMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
