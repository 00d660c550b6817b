// Repeats a request that may work a moment later, and not more often than the server allows.
import { sleep } from '@ticklake/runtime/process.ts'
import { HttpError } from './http.ts'
import { backoffMs } from './reconnect.ts'

const MAX_ATTEMPTS = 5
/** While a gap is filled, no new tick goes out: a server that wants a longer pause leaves the gap. */
const MAX_WAIT_MS = 60_000

/** @throws what the last attempt threw */
export async function withRetries<T>(
  request: () => Promise<T>,
  firstBackoffMs: number,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request()
    } catch (error) {
      const after = error instanceof HttpError ? error.retryAfterMs : undefined
      const isFinal = error instanceof HttpError && error.isFinal
      if (signal.aborted || isFinal || attempt + 1 >= MAX_ATTEMPTS || (after ?? 0) > MAX_WAIT_MS) throw error
      await sleep(Math.max(backoffMs(attempt, firstBackoffMs), after ?? 0), signal)
    }
  }
}
