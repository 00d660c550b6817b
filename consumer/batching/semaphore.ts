// Lets so many pieces of work run at the same time; the others wait for a place, first come, first served.
import { LetGo } from '../retry.ts'

/** Runs the work when a place is free. @throws LetGo when the signal aborts before; what the work throws */
export type InTurn = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>

/** @param places how many run at the same time */
export function turns(places: number): InTurn {
  let free = places
  const waiting: (() => void)[] = []
  const place = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const take = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.splice(waiting.indexOf(take), 1)
        reject(new LetGo())
      }
      waiting.push(take)
      signal.addEventListener('abort', leave, { once: true })
    })
  return async (work, signal) => {
    if (signal.aborted) throw new LetGo()
    if (free > 0) free--
    else await place(signal)
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
