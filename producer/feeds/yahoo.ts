// Candles of Yahoo Finance's chart API, which has no stream: it is polled.

import { zonedDay } from '../zoned-time.ts'
import { type Feed, type FeedTick, type FeedTiming, member } from './feed.ts'
import { HttpClient, type JsonAnswer } from './http.ts'
import { type PolledTick, polled } from './poll.ts'
import { refused } from './reconnect.ts'

const URL_OF_API = 'https://query1.finance.yahoo.com'
const POLL_MS = 60_000
const REQUEST_INTERVAL_MS = 500
const DAY_MS = 86_400_000
const KEPT_DAYS = 5

export const yahooIntervals: Readonly<Record<string, number>> = {
  ...{ '1m': 60_000, '2m': 120_000, '5m': 300_000, '15m': 900_000, '30m': 1_800_000, '1h': 3_600_000 },
}

export interface YahooOptions {
  readonly symbols: readonly string[]
  readonly interval: string
  readonly restUrl?: string | undefined
  readonly timing: FeedTiming
}

export function yahooFeed({ symbols, interval, restUrl, timing }: YahooOptions): Feed {
  const name = `yahoo:${symbols.join(',')}`
  const base = (restUrl ?? URL_OF_API).replace(/\/$/, '')
  const options = {
    ...{ name, symbols, timing },
    http: new HttpClient(Math.min(REQUEST_INTERVAL_MS, timing.pollMs ?? POLL_MS)),
    everyMs: timing.pollMs ?? POLL_MS,
    retentionMs: KEPT_DAYS * DAY_MS,
    url(symbol: string, sinceMs: number | undefined) {
      const isLong = sinceMs !== undefined && Date.now() - sinceMs > DAY_MS / 2
      const range = isLong ? `${KEPT_DAYS}d` : '1d'
      return new URL(
        `${base}/v8/finance/chart/${encodeURIComponent(symbol)}?interval=${interval}&range=${range}`,
      )
    },
    read: (answer: JsonAnswer, symbol: string) => candlesOf(name, answer, symbol, yahooIntervals[interval]!),
  }
  return {
    name,
    source: 'yahoo',
    ticks: (context): AsyncIterable<readonly FeedTick[]> => polled(options, context),
  }
}

function candlesOf(
  name: string,
  { body, serverMs }: JsonAnswer,
  symbol: string,
  intervalMs: number,
): PolledTick[] {
  const chart = member(body, 'chart')
  const error = member(chart, 'error')
  if (error)
    throw refused(name, new Error(`${symbol}: ${member(error, 'code')}, ${member(error, 'description')}`))
  const result = (member(chart, 'result') as unknown[] | undefined)?.[0]
  const zone = member(member(result, 'meta'), 'exchangeTimezoneName')
  if (typeof zone !== 'string') throw new Error(`the answer for ${symbol} is not a chart`)
  const starts = member(result, 'timestamp')
  // No trade yet on that day.
  if (!Array.isArray(starts)) return []
  const quote = (member(member(result, 'indicators'), 'quote') as unknown[] | undefined)?.[0]
  const cell = (column: string, i: number) => (member(quote, column) as unknown[] | undefined)?.[i] ?? null
  const ticks: PolledTick[] = []
  for (const [i, start] of starts.entries()) {
    const startMs = typeof start === 'number' ? start * 1000 : Number.NaN
    // The last one may be the current price, between two candles; null means that nothing was traded.
    const isFinal = startMs % intervalMs === 0 && startMs + intervalMs <= serverMs
    if (!isFinal || cell('close', i) === null) continue
    const fields = {
      ...{ index: symbol, date: zonedDay(startMs, zone), open: cell('open', i), high: cell('high', i) },
      ...{ low: cell('low', i), close: cell('close', i), adj_close: null, volume: cell('volume', i) },
      ...{ close_usd: null, traded_at: new Date(startMs).toISOString() },
    }
    ticks.push({ startMs, fields, text: JSON.stringify(fields) })
  }
  return ticks
}
