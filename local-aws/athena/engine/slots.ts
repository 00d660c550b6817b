// Limits how many queries run at once; the others wait in order.

export interface Slots {
  readonly isFull: boolean
  /** Waits for a slot and takes it. @throws the signal's reason, if that comes first */
  take(signal: AbortSignal): Promise<Disposable>
}

export function openSlots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  function give(): void {
    const [next] = waiting
    if (next) next()
    else free++
  }

  return {
    get isFull() {
      return free === 0
    },
    async take(signal) {
      signal.throwIfAborted()
      if (free > 0) free--
      else {
        await new Promise<void>((resolve, reject) => {
          const end = () => {
            waiting.delete(go)
            signal.removeEventListener('abort', abort)
          }
          const go = () => {
            end()
            resolve()
          }
          const abort = () => {
            end()
            reject(signal.reason)
          }
          waiting.add(go)
          signal.addEventListener('abort', abort, { once: true })
        })
      }
      return { [Symbol.dispose]: give }
    },
  }
}
