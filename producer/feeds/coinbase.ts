// The trades of Coinbase Exchange: channel `matches`, watched by `heartbeat`; missed trades are fetched by REST.
import { type Feed, type FeedTiming, member, parseJson, tradeFields } from './feed.ts'
import { HttpClient } from './http.ts'
import { type Numbered, type NumberedTick, NumberedTicks } from './numbered-ticks.ts'
import { reconnecting, refused } from './reconnect.ts'
import { withRetries } from './retries.ts'
import type { Range } from './sequence.ts'
import { socketMessages } from './socket.ts'

const STREAM_URL = 'wss://ws-feed.exchange.coinbase.com'
const REST_URL = 'https://api.exchange.coinbase.com'
/** Public requests are limited to ten a second. */
const REST_INTERVAL_MS = 150
const PAGE_TRADES = 1_000
const MAX_PAGES = 100

export interface CoinbaseOptions {
  readonly products: readonly string[]
  readonly streamUrl?: string | undefined
  readonly restUrl?: string | undefined
  readonly timing: FeedTiming
}

export function coinbaseFeed({ products, streamUrl, restUrl, timing }: CoinbaseOptions): Feed {
  const name = `coinbase:${products.join(',')}`
  const url = new URL(streamUrl ?? STREAM_URL)
  const trades = new Trades(restUrl ?? REST_URL, timing)
  const subscriptions = [
    JSON.stringify({ type: 'subscribe', product_ids: products, channels: ['matches', 'heartbeat'] }),
  ]
  return {
    name,
    source: 'coinbase',
    async *ticks(context) {
      const numbered = new NumberedTicks(
        { noun: 'trades', fetch: (...range) => trades.between(...range) },
        context,
      )
      const { events, signal } = context
      const isBegun = new Set<string>()
      const connect = (isUp: () => void) =>
        socketMessages({ url, subscriptions, silenceMs: timing.silenceMs }, isUp, signal)
      for await (const texts of reconnecting(name, connect, timing, context)) {
        for (const text of texts) {
          const message = parseJson(text)
          const type = member(message, 'type')
          if (type === 'error') {
            throw refused(name, new Error(`${member(message, 'message')}: ${member(message, 'reason')}`))
          }
          if (type === 'subscriptions') continue
          const said = saidBy(message, text, isBegun)
          if (said) yield await numbered.next(said)
          else
            events.skipped('unknown_message', 'it is not a trade, heartbeat or list of subscriptions', text)
        }
      }
    },
  }
}

function saidBy(message: unknown, text: string, isBegun: Set<string>): Numbered | undefined {
  const type = member(message, 'type')
  const index = member(message, 'product_id')
  if (typeof index !== 'string') return undefined
  const wasBegun = isBegun.has(index)
  if (type === 'heartbeat') {
    const reached = member(message, 'last_trade_id')
    if (!isId(reached)) return undefined
    isBegun.add(index)
    return { index, reached }
  }
  if (type !== 'match' && type !== 'last_match') return undefined
  const trade = tradeOf(message, index, text)
  if (!trade) return undefined
  isBegun.add(index)
  // The last trade before the subscription: an earlier run has sent it, but a reconnect may have missed it.
  return type === 'last_match' && !wasBegun ? { index, reached: trade.id } : trade
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** @returns undefined if it has no number or no time */
function tradeOf(trade: unknown, index: string, text: string): NumberedTick | undefined {
  const id = member(trade, 'trade_id')
  const tradedAt = member(trade, 'time')
  if (!isId(id) || typeof tradedAt !== 'string' || Number.isNaN(Date.parse(tradedAt))) return undefined
  const date = new Date(tradedAt).toISOString().slice(0, 10)
  const fields = tradeFields({
    ...{ index, date, tradedAt },
    ...{ price: member(trade, 'price'), size: member(trade, 'size') },
  })
  return { index, id, fields, text }
}

/** The exchange's list of trades, newest first, page by page. */
class Trades {
  readonly #base: string
  readonly #timing: FeedTiming
  readonly #http = new HttpClient(REST_INTERVAL_MS)

  constructor(base: string, timing: FeedTiming) {
    this.#base = base
    this.#timing = timing
  }

  async between(
    product: string,
    { from, to }: Range,
    signal: AbortSignal,
    found: (tick: NumberedTick) => void,
  ): Promise<void> {
    let before = to + 1
    for (let page = 0; before > from; page++) {
      if (page === MAX_PAGES) throw new Error(`more than ${MAX_PAGES * PAGE_TRADES} trades are missing`)
      const limit = Math.min(PAGE_TRADES, before - from)
      const url = new URL(`${this.#base}/products/${encodeURIComponent(product)}/trades`)
      url.search = new URLSearchParams({ limit: String(limit), after: String(before) }).toString()
      const { body } = await withRetries(() => this.#http.json(url, signal), this.#timing.backoffMs, signal)
      const trades = (Array.isArray(body) ? body : [])
        .map((trade) => tradeOf(trade, product, JSON.stringify(trade)))
        .filter((trade) => trade !== undefined)
      for (const trade of trades) found(trade)
      const oldest = Math.min(...trades.map(({ id }) => id))
      // No page, or one that does not go further back.
      if (!(oldest < before)) return
      before = oldest
    }
  }
}
