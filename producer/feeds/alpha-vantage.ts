// Candles of Alpha Vantage: days, or minutes if the key allows it. It is polled rarely: a free key may ask 25 times a
// day.

import { instantOf, zonedDay } from '../zoned-time.ts'
import { type Feed, type FeedTiming, member, numberOf } from './feed.ts'
import { HttpClient, type JsonAnswer } from './http.ts'
import { askedTooOften, type PolledTick, polled } from './poll.ts'
import { refused } from './reconnect.ts'

const URL_OF_API = 'https://www.alphavantage.co'
const DAILY_POLL_MS = 2 * 3_600_000
const REQUEST_INTERVAL_MS = 1_500
const LIMIT_PAUSE_MS = 15 * 60_000
const DAY_MS = 86_400_000
/** A short answer has the last 100 candles. */
const KEPT = 100

export const alphaVantageIntervals: Readonly<Record<string, number>> = {
  ...{ '1min': 60_000, '5min': 300_000, '15min': 900_000, '30min': 1_800_000, '60min': 3_600_000 },
}

export interface AlphaVantageOptions {
  readonly symbols: readonly string[]
  /** undefined: days */
  readonly interval: string | undefined
  readonly key: string
  readonly restUrl?: string | undefined
  readonly timing: FeedTiming
}

export function alphaVantageFeed({ symbols, interval, key, restUrl, timing }: AlphaVantageOptions): Feed {
  const name = `alphavantage:${symbols.join(',')}`
  const intervalMs = interval === undefined ? DAY_MS : alphaVantageIntervals[interval]!
  const everyMs = timing.pollMs ?? (interval === undefined ? DAILY_POLL_MS : intervalMs)
  const options = {
    ...{ name, symbols, timing, everyMs },
    http: new HttpClient(Math.min(REQUEST_INTERVAL_MS, everyMs)),
    retentionMs: KEPT * intervalMs,
    url(symbol: string) {
      const what = interval
        ? { function: 'TIME_SERIES_INTRADAY', interval }
        : { function: 'TIME_SERIES_DAILY' }
      const query = new URLSearchParams({ ...what, symbol, apikey: key })
      return new URL(`${(restUrl ?? URL_OF_API).replace(/\/$/, '')}/query?${query}`)
    },
    read: (answer: JsonAnswer, symbol: string) => candlesOf({ name, intervalMs, key }, answer, symbol),
  }
  return { name, source: 'alphavantage', ticks: (context) => polled(options, context) }
}

function candlesOf(
  { name, intervalMs, key }: { readonly name: string; readonly intervalMs: number; readonly key: string },
  { body, serverMs }: JsonAnswer,
  symbol: string,
): PolledTick[] {
  // Error answers have status 200, and may repeat the key.
  const said = ['Error Message', 'Information', 'Note'].map((field) => member(body, field))
  const shown = said.map((text) => (typeof text === 'string' ? text.replaceAll(key, '(key)') : undefined))
  if (shown[0]) throw refused(name, new Error(`${symbol}: ${shown[0]}`))
  const limited = shown[1] ?? shown[2]
  if (limited && /premium/i.test(limited) && !/rate limit|per day|per minute|per second/i.test(limited)) {
    throw refused(name, new Error(`${symbol}: ${limited}`))
  }
  if (limited) throw askedTooOften(limited, LIMIT_PAUSE_MS)
  const entries = Object.entries((body as Record<string, unknown>) ?? {})
  const series = entries.find(([field]) => field.startsWith('Time Series'))?.[1]
  const zone = numbered(member(body, 'Meta Data'), 'Time Zone')
  if (typeof series !== 'object' || series === null || typeof zone !== 'string') {
    throw new Error(`the answer for ${symbol} is not a time series`)
  }
  const isDaily = intervalMs === DAY_MS
  const today = zonedDay(serverMs, zone)
  return Object.entries(series).flatMap(([time, cells]) => {
    const startMs = instantOf(isDaily ? `${time} 00:00:00` : time, zone)
    const isFinal = isDaily ? time < today : startMs + intervalMs <= serverMs
    if (!isFinal) return []
    const fields = {
      ...{ index: symbol, date: time.slice(0, 10) },
      ...{ open: numbered(cells, 'open'), high: numbered(cells, 'high'), low: numbered(cells, 'low') },
      ...{ close: numbered(cells, 'close'), adj_close: null, volume: numbered(cells, 'volume') },
      ...{ close_usd: null, ...(isDaily ? {} : { traded_at: new Date(startMs).toISOString() }) },
    }
    return [{ startMs, fields, text: JSON.stringify({ [time]: cells }) }]
  })
}

/** The value with a numbered name: `1. open`. */
function numbered(value: unknown, name: string): unknown {
  const entries = Object.entries((value as Record<string, unknown> | null) ?? {})
  return numberOf(entries.find(([field]) => field.replace(/^\d+\. /, '') === name)?.[1])
}
