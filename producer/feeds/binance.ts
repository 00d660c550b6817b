// Candles (`btcusdt@1m`) and aggregate trades (`btcusdt`) of Binance; missed ones are fetched by REST.
import { type Feed, type FeedTiming, isoOf, member, numberOf, parseJson, tradeFields } from './feed.ts'
import { HttpClient } from './http.ts'
import { type Numbered, type NumberedTick, NumberedTicks } from './numbered-ticks.ts'
import { reconnecting, refused } from './reconnect.ts'
import { withRetries } from './retries.ts'
import type { Range } from './sequence.ts'
import { socketMessages } from './socket.ts'

const STREAM_URL = 'wss://stream.binance.com:9443'
const REST_URL = 'https://api.binance.com'
/** A page of trades costs 4 of 6,000 a minute, so this leaves most for others at the same address. */
const REST_INTERVAL_MS = 250
const PAGE = 1_000
const MAX_PAGES = 100

/** The intervals with a fixed length, in ms. */
export const binanceIntervals: Readonly<Record<string, number>> = {
  ...{ '1s': 1_000, '1m': 60_000, '3m': 180_000, '5m': 300_000, '15m': 900_000, '30m': 1_800_000 },
  ...{ '1h': 3_600_000, '2h': 7_200_000, '4h': 14_400_000, '6h': 21_600_000, '8h': 28_800_000 },
  ...{ '12h': 43_200_000, '1d': 86_400_000 },
}

/** A symbol's candles of this interval; without one, its trades. */
export interface BinanceStream {
  readonly symbol: string
  readonly interval: string | undefined
}

export interface BinanceOptions {
  readonly streams: readonly BinanceStream[]
  readonly streamUrl?: string | undefined
  readonly restUrl?: string | undefined
  readonly timing: FeedTiming
}

export function binanceFeed({ streams, streamUrl, restUrl, timing }: BinanceOptions): Feed {
  const name = `binance:${streams.map(({ symbol, interval }) => (interval ? `${symbol}@${interval}` : symbol)).join(',')}`
  const url = new URL(`${(streamUrl ?? STREAM_URL).replace(/\/$/, '')}/stream`)
  url.search = `streams=${streams.map(streamName).join('/')}`
  const history = new History(restUrl ?? REST_URL, timing)
  return {
    name,
    source: 'binance',
    async *ticks(context) {
      const { events, signal } = context
      const byStream = new Map<string, NumberedTicks>()
      for (const stream of streams) {
        const options = {
          noun: stream.interval ? `candles of ${stream.interval}` : 'aggregate trades',
          fetch: (_: string, ...rest: [Range, AbortSignal, (tick: NumberedTick) => void]) =>
            history.between(stream, ...rest),
        }
        byStream.set(streamName(stream), new NumberedTicks(options, context))
      }
      const connect = (isUp: () => void) =>
        socketMessages({ url, subscriptions: [], silenceMs: timing.silenceMs }, isUp, signal)
      for await (const texts of reconnecting(name, connect, timing, context)) {
        for (const text of texts) {
          const message = parseJson(text)
          const error = member(message, 'error')
          if (error !== undefined) throw refused(name, new Error(JSON.stringify(error)))
          const data = member(message, 'data') ?? message
          if (member(data, 'e') === 'serverShutdown') continue
          const numbered = byStream.get(String(member(message, 'stream')))
          const said = numbered && saidBy(data, text)
          if (said === 'open candle') continue
          if (said) yield await numbered.next(said)
          else events.skipped('unknown_message', 'it is neither a candle nor a trade of this feed', text)
        }
      }
    },
  }
}

function streamName({ symbol, interval }: BinanceStream): string {
  return interval ? `${symbol}@kline_${interval}` : `${symbol}@aggTrade`
}

/** A candle is final when its interval is over; until then it is sent repeatedly. */
function saidBy(data: unknown, text: string): Numbered | 'open candle' | undefined {
  if (member(data, 'e') === 'aggTrade') return tradeOf(data, String(member(data, 's')), text)
  if (member(data, 'e') !== 'kline') return undefined
  const candle = member(data, 'k')
  const [start, interval] = [member(candle, 't'), member(candle, 'i')]
  const isClosed = member(candle, 'x')
  if (isClosed === false) return 'open candle'
  if (isClosed !== true || typeof interval !== 'string') return undefined
  const cells = ['o', 'h', 'l', 'c', 'v'].map((key) => member(candle, key))
  return candleOf(String(member(candle, 's')), interval, [start, ...cells], text)
}

/** @param cells start, open, high, low, close, volume, as REST lists them */
function candleOf(
  index: string,
  interval: string,
  [start, open, high, low, close, volume]: readonly unknown[],
  text: string,
): NumberedTick | undefined {
  const tradedAt = isoOf(start)
  const intervalMs = binanceIntervals[interval]
  if (tradedAt === undefined || intervalMs === undefined) return undefined
  const fields = {
    ...{ index, date: tradedAt.slice(0, 10) },
    ...{ open: numberOf(open), high: numberOf(high), low: numberOf(low), close: numberOf(close) },
    ...{ adj_close: null, volume: numberOf(volume), close_usd: null },
    // A whole day has a date but no time.
    ...(interval === '1d' ? {} : { traded_at: tradedAt }),
  }
  return { index, id: Math.floor((start as number) / intervalMs), fields, text }
}

function tradeOf(trade: unknown, index: string, text: string): NumberedTick | undefined {
  const id = member(trade, 'a')
  const tradedAt = isoOf(member(trade, 'T'))
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || tradedAt === undefined) return undefined
  const [price, size] = [member(trade, 'p'), member(trade, 'q')]
  return {
    index,
    id,
    text,
    fields: tradeFields({ index, date: tradedAt.slice(0, 10), price, size, tradedAt }),
  }
}

/** The exchange's history, oldest first, page by page. */
class History {
  readonly #base: string
  readonly #timing: FeedTiming
  readonly #http = new HttpClient(REST_INTERVAL_MS)

  constructor(base: string, timing: FeedTiming) {
    this.#base = base.replace(/\/$/, '')
    this.#timing = timing
  }

  async between(
    { symbol, interval }: BinanceStream,
    { from, to }: Range,
    signal: AbortSignal,
    found: (tick: NumberedTick) => void,
  ): Promise<void> {
    const index = symbol.toUpperCase()
    let next = from
    for (let page = 0; next <= to; page++) {
      if (page === MAX_PAGES) throw new Error(`more than ${MAX_PAGES * PAGE} are missing`)
      const limit = Math.min(PAGE, to - next + 1)
      const url = interval
        ? this.#candles(index, interval, next, to, limit)
        : this.#trades(index, next, limit)
      const { body } = await withRetries(() => this.#http.json(url, signal), this.#timing.backoffMs, signal)
      const ticks = (Array.isArray(body) ? body : [])
        .map((one: unknown) => {
          const text = JSON.stringify(one)
          if (!interval) return tradeOf(one, index, text)
          return Array.isArray(one) ? candleOf(index, interval, one, text) : undefined
        })
        .filter((tick) => tick !== undefined)
      for (const tick of ticks) found(tick)
      const newest = Math.max(...ticks.map(({ id }) => id))
      if (!(newest >= next)) return
      next = newest + 1
    }
  }

  #candles(symbol: string, interval: string, from: number, to: number, limit: number): URL {
    const ms = binanceIntervals[interval]!
    const times = { startTime: String(from * ms), endTime: String((to + 1) * ms - 1) }
    return this.#url('klines', { symbol, interval, ...times, limit: String(limit) })
  }

  #trades(symbol: string, from: number, limit: number): URL {
    return this.#url('aggTrades', { symbol, fromId: String(from), limit: String(limit) })
  }

  #url(path: string, query: Record<string, string>): URL {
    return new URL(`${this.#base}/api/v3/${path}?${new URLSearchParams(query)}`)
  }
}
