// Limits how much work runs at once; the rest waits, first come, first served.
import { Aborted } from '../retry.ts'

/** Runs the work when a permit is free. @throws Aborted when the signal aborts before that; what the work throws */
export type Limit = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>

/** @param permits how many run at once */
export function semaphore(permits: number): Limit {
  let free = permits
  const waiting: (() => void)[] = []
  const acquire = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const take = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.splice(waiting.indexOf(take), 1)
        reject(new Aborted())
      }
      waiting.push(take)
      signal.addEventListener('abort', leave, { once: true })
    })
  return async (work, signal) => {
    if (signal.aborted) throw new Aborted()
    if (free > 0) free--
    else await acquire(signal)
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
