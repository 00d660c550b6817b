// Retries an effect until it succeeds or the consumer gives up the partition.
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { ConsumerEvents } from './events.ts'

/** Thrown where work ends because its signal was aborted; nothing is wrong. */
export class Aborted extends Error {
  constructor() {
    super('aborted')
    this.name = 'Aborted'
  }
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** How long to wait after so many failures: twice as long each time, up to 5 s, by chance a quarter more or less. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS) * (0.75 + Math.random() / 2)
}

/**
 * Calls `effect` until it returns. Waits between attempts as `backOffMs` says.
 * @param attempt what is attempted, as logs and metrics name it
 * @throws Aborted when the signal aborts; a Failure that is not retryable
 */
export async function untilDone<T>(
  attempt: string,
  events: ConsumerEvents,
  signal: AbortSignal,
  effect: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    if (signal.aborted) throw new Aborted()
    try {
      const result = await orAborted(effect(), signal)
      events.attemptSucceeded(attempt)
      return result
    } catch (error) {
      if (error instanceof Aborted || signal.aborted) throw new Aborted()
      // A retry cannot help where a person has to fix something.
      if (error instanceof Failure && !error.retryable) throw error
      events.attemptFailed(attempt, error)
      await sleep(backOffMs(failures), signal)
    }
  }
}

/** Does not wait for an effect beyond the signal: one that is stored late does no harm, its claim names it. */
export function orAborted<T>(effect: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Aborted())
    signal.addEventListener('abort', stop, { once: true })
    effect.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
