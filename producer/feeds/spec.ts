// Reads a PRODUCER_SOURCE that names a live feed: `coinbase:BTC-USD,ETH-USD`, `wss://…`.
import { alphaVantageIntervals } from './alpha-vantage.ts'
import { type BinanceStream, binanceIntervals } from './binance.ts'
import { yahooIntervals } from './yahoo.ts'

export type FeedSpec =
  | { readonly kind: 'coinbase' | 'finnhub'; readonly symbols: readonly string[] }
  | { readonly kind: 'binance'; readonly streams: readonly BinanceStream[] }
  | { readonly kind: 'yahoo'; readonly symbols: readonly string[]; readonly interval: string }
  | {
      readonly kind: 'alphavantage'
      readonly symbols: readonly string[]
      readonly interval: string | undefined
    }
  | { readonly kind: 'websocket' | 'http'; readonly url: URL }

export const feedForms =
  'coinbase:BTC-USD,ETH-USD, binance:btcusdt@1m, yahoo:^HSI, alphavantage:IBM, finnhub:AAPL, or an address that begins with http://, https://, ws:// or wss://'

const MAX_SYMBOLS = 200

/** @returns undefined if it is not a feed @throws Error that says what is wrong with it */
export function parseFeed(text: string): FeedSpec | undefined {
  if (/^(https?|wss?):\/\//i.test(text)) return addressOf(text)
  const match = /^([a-z]+):(.*)$/i.exec(text)
  if (!match) return undefined
  const kind = match[1]!.toLowerCase()
  const symbols = match[2]!.split(',').map((symbol) => symbol.trim())
  switch (kind) {
    case 'coinbase':
      return {
        kind,
        symbols: each(
          symbols.map((one) => one.toUpperCase()),
          /^[A-Z0-9]+-[A-Z0-9]+$/,
          'BTC-USD',
        ),
      }
    case 'finnhub':
      return { kind, symbols: each(symbols, /^[\w.:^=-]+$/, 'AAPL or BINANCE:BTCUSDT') }
    case 'binance': {
      const form = /^[a-z0-9]+(@\w+)?$/
      const streams = each(
        symbols.map((one) => one.toLowerCase()),
        form,
        'btcusdt@1m, or btcusdt for trades',
      )
      return { kind, streams: streams.map(binanceStream) }
    }
    case 'yahoo': {
      const { names, interval = '1m' } = withInterval(symbols, yahooIntervals)
      return { kind, symbols: each(names, /^[\w.^=-]+$/, '^HSI'), interval }
    }
    case 'alphavantage': {
      const { names, interval } = withInterval(symbols, alphaVantageIntervals)
      return { kind, symbols: each(names, /^[\w.-]+$/, 'IBM'), interval }
    }
    default:
      return undefined
  }
}

function addressOf(text: string): FeedSpec {
  if (!URL.canParse(text)) throw new Error('must be a whole address such as wss://host/path')
  const url = new URL(text)
  if (url.username || url.password) {
    throw new Error('must have no password in its address: PRODUCER_FEED_KEY_FILE names a file with a key')
  }
  return { kind: url.protocol.startsWith('ws') ? 'websocket' : 'http', url }
}

function each(symbols: readonly string[], form: RegExp, example: string): readonly string[] {
  for (const symbol of symbols) {
    if (!form.test(symbol)) {
      throw new Error(`must name symbols such as ${example}, not ${JSON.stringify(symbol)}`)
    }
  }
  if (symbols.length > MAX_SYMBOLS) throw new Error(`must name at most ${MAX_SYMBOLS} symbols`)
  const duplicate = symbols.find((symbol, i) => symbols.indexOf(symbol) !== i)
  if (duplicate !== undefined) throw new Error(`must name each symbol once; ${duplicate} is there twice`)
  return symbols
}

function binanceStream(text: string): BinanceStream {
  const [symbol, interval] = text.split('@') as [string, string | undefined]
  if (interval === undefined || interval === 'trade' || interval === 'aggtrade') {
    return { symbol, interval: undefined }
  }
  requireInterval(interval, binanceIntervals)
  return { symbol, interval }
}

/** One interval for all symbols, after any of them. */
function withInterval(symbols: readonly string[], intervals: Readonly<Record<string, number>>) {
  const found = new Set<string>()
  const names = symbols.map((symbol) => {
    const [name, interval] = symbol.split('@') as [string, string | undefined]
    if (interval !== undefined) found.add(interval)
    return name
  })
  if (found.size > 1)
    throw new Error(`must have one interval for all symbols, not ${[...found].join(' and ')}`)
  const [interval] = found
  if (interval !== undefined) requireInterval(interval, intervals)
  return { names, interval }
}

function requireInterval(interval: string, intervals: Readonly<Record<string, number>>): void {
  if (Object.hasOwn(intervals, interval)) return
  throw new Error(`must have an interval of ${Object.keys(intervals).join(', ')} after @, not ${interval}`)
}
