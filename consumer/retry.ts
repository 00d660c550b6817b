// Retries an effect until it succeeds or the consumer gives up the partition.
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { ConsumerEvents } from './events.ts'

/** Thrown when work ends because its signal was aborted; this is not an error. */
export class Aborted extends Error {
  constructor() {
    super('aborted')
    this.name = 'Aborted'
  }
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** How long to wait after this many failures: doubles each time, up to 5 s, with a jitter of a quarter. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS) * (0.75 + Math.random() / 2)
}

/**
 * Calls `effect` until it succeeds, and waits `backOffMs` between attempts. @param attempt its name in logs and metrics
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
      // A retry does not help if a person has to fix something.
      if (error instanceof Failure && !error.retryable) throw error
      events.attemptFailed(attempt, error)
      await sleep(backOffMs(failures), signal)
    }
  }
}

/** Does not wait for an effect after the signal: an object stored late does no harm, because its claim names it. */
export function orAborted<T>(effect: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Aborted())
    signal.addEventListener('abort', stop, { once: true })
    effect.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
