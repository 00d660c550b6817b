// Retries a request that may succeed a moment later, within the server's rate limit.
import { sleep } from '@ticklake/runtime/process.ts'
import { HttpError } from './http.ts'
import { backoffMs } from './reconnect.ts'

const MAX_ATTEMPTS = 5
/** While a gap is filled, no new tick is sent: if the server asks for a longer pause, the gap stays. */
const MAX_WAIT_MS = 60_000

/** @throws the error of the last attempt */
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
