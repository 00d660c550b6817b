// Keeps a feed connected: reopens it after every failure, with exponential back-off and jitter.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { FeedContext, FeedTiming } from './feed.ts'
import { HttpError } from './http.ts'

const MAX_BACKOFF_MS = 60_000
/** A connection that lasted this long shows that the server is healthy, and resets the back-off. */
const WELL_AFTER_MS = 10_000

/**
 * The pause before attempt `attempt`, counted from 0: half of it is random, so that clients do not reconnect together.
 */
export function backoffMs(attempt: number, firstMs: number, random: () => number = Math.random): number {
  const ms = Math.min(firstMs * 2 ** Math.min(attempt, 16), MAX_BACKOFF_MS)
  return ms * (0.5 + random() / 2)
}

/** One connection. It calls `isUp` with each sign of life, and ends by itself only if the feed has an end. */
export type Connection<T> = (isUp: () => void, isFirst: boolean) => AsyncIterable<T>

/**
 * @param name of the feed, for errors
 * @throws Failure FEED_UNREACHABLE without a connection within `connectTimeoutMs`; FEED_REFUSED
 */
export async function* reconnecting<T>(
  name: string,
  open: Connection<T>,
  timing: Pick<FeedTiming, 'backoffMs' | 'connectTimeoutMs'>,
  { events, signal }: FeedContext,
): AsyncGenerator<T> {
  const startedAt = performance.now()
  let wasUp = false
  for (let attempt = 0; !signal.aborted; attempt++) {
    let upAt = Number.POSITIVE_INFINITY
    const isUp = () => {
      wasUp = true
      upAt = Math.min(upAt, performance.now())
      events.connected()
    }
    let waitMs = 0
    try {
      yield* open(isUp, !wasUp)
      return
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Failure) throw error
      if (!wasUp && error instanceof HttpError && error.isFinal) throw refused(name, error)
      const why = reasonWithCause(error)
      events.failed(why)
      if (performance.now() - upAt > WELL_AFTER_MS) attempt = 0
      waitMs = backoffMs(attempt, timing.backoffMs)
      if (error instanceof HttpError) waitMs = Math.max(waitMs, error.retryAfterMs ?? 0)
      const waitedMs = performance.now() - startedAt
      if (!wasUp && waitedMs + waitMs >= timing.connectTimeoutMs) throw unreachable(name, why, waitedMs)
    }
    await sleep(waitMs, signal)
  }
}

/** `fetch failed` explains nothing; its cause does. */
export function reasonWithCause(error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause
  const code = (cause as { code?: unknown } | undefined)?.code
  const own = reasonOf(error) || String((error as { code?: unknown } | undefined)?.code ?? 'no reason given')
  if (cause === undefined) return own
  return `${own}: ${reasonOf(cause) || String(code)}`
}

/** A permanent refusal by the server. */
export function refused(name: string, error: unknown): Failure {
  return new Failure({
    code: 'FEED_REFUSED',
    what: `${name} refuses the request; no further tick is sent`,
    why: reasonWithCause(error),
    remedy:
      'check the symbols and the address in PRODUCER_SOURCE, and the key in PRODUCER_FEED_KEY_FILE; docs/sources.md says what each feed takes',
    cause: error,
  })
}

function unreachable(name: string, why: string, waitedMs: number): Failure {
  const noName = /ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/.test(why)
  return new Failure({
    code: 'FEED_UNREACHABLE',
    what: `${name} cannot be reached; nothing was sent`,
    why: `${noName ? 'there seems to be no internet here: ' : ''}${why} (tried for ${Math.round(waitedMs / 1000)} s)`,
    remedy:
      'a live feed needs access to its server: check the network, a proxy or firewall, and the address; without internet use --csv, or generated rows (no --source)',
    retryable: true,
  })
}
