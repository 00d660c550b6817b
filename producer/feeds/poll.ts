// Feeds that are polled: each symbol in turn, and only new, final candles.
import { sleep } from '@ticklake/runtime/process.ts'
import type { FeedContext, FeedTick, FeedTiming } from './feed.ts'
import { type HttpClient, HttpError, type JsonAnswer } from './http.ts'
import { reconnecting } from './reconnect.ts'

/** A candle with its start. */
export interface PolledTick extends FeedTick {
  readonly startMs: number
}

export interface PollOptions {
  readonly name: string
  readonly symbols: readonly string[]
  readonly http: HttpClient
  /** @param sinceMs the start of the last candle that was sent; undefined before the first */
  url(symbol: string, sinceMs: number | undefined): URL
  /** Final candles, in any order. @throws HttpError, also for an error answer with status 200; Failure */
  read(answer: JsonAnswer, symbol: string): PolledTick[]
  readonly everyMs: number
  /** How far back the server's data goes; a longer outage leaves a gap. */
  readonly retentionMs: number
  readonly timing: FeedTiming
}

/** The first answer gives only its latest candle; after that every newer one is sent once. */
export async function* polled(
  options: PollOptions,
  context: FeedContext,
): AsyncGenerator<readonly FeedTick[]> {
  const { signal, events } = context
  const sentUpTo = new Map<string, number>()
  const answeredAt = new Map<string, number>()
  const pollForEver = async function* (isUp: () => void) {
    for (;;) {
      const begunAt = Date.now()
      for (const symbol of options.symbols) {
        const since = sentUpTo.get(symbol)
        const answer = await options.http.json(options.url(symbol, since), signal)
        const ticks = options.read(answer, symbol).sort((a, b) => a.startMs - b.startMs)
        isUp()
        const before = answeredAt.get(symbol)
        answeredAt.set(symbol, answer.serverMs)
        // Measured from the last answer, not the last candle: there are none while an exchange is closed.
        if (before !== undefined && answer.serverMs - before > options.retentionMs) {
          const from = new Date(before).toISOString()
          const why = `the server was down for longer than the ${options.retentionMs / 60_000} minutes that it keeps`
          events.gap({ what: `${symbol} from ${from}`, missed: undefined, filled: ticks.length, why })
        }
        const fresh = since === undefined ? ticks.slice(-1) : newer(ticks, since)
        const last = fresh.at(-1)
        if (!last) continue
        sentUpTo.set(symbol, last.startMs)
        yield fresh
      }
      await sleep(Math.max(0, options.everyMs - (Date.now() - begunAt)), signal)
      signal.throwIfAborted()
    }
  }
  yield* reconnecting(options.name, pollForEver, options.timing, context)
}

/** Candles after `since`, without a second one with the same start. */
function newer(ticks: readonly PolledTick[], since: number): PolledTick[] {
  return ticks.filter(({ startMs }, i) => startMs > since && startMs !== ticks[i - 1]?.startMs)
}

/** A temporary refusal that does not say how long to wait. */
export function askedTooOften(detail: string, pauseMs: number): HttpError {
  return new HttpError(429, detail, pauseMs)
}
