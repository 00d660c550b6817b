// Opens the feed that PRODUCER_SOURCE names, and turns its ticks into Kafka messages.
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { validate } from '@ticklake/contract/validation.ts'
import { readNamedFile } from '@ticklake/runtime/named-file.ts'
import type { ProducerConfig } from '../config.ts'
import { bufferOf, columnOf, type Message, type ReaderEvents } from '../message.ts'
import { alphaVantageFeed } from './alpha-vantage.ts'
import { binanceFeed } from './binance.ts'
import { coinbaseFeed } from './coinbase.ts'
import type { Feed, FeedContext, FeedReports, FeedTick, FeedTiming } from './feed.ts'
import { finnhubFeed } from './finnhub.ts'
import { httpStreamFeed } from './http-stream.ts'
import type { FeedSpec } from './spec.ts'
import { websocketFeed } from './websocket.ts'
import { yahooFeed } from './yahoo.ts'

export type FeedConfig = Pick<
  ProducerConfig,
  | 'PRODUCER_SOURCE_NAME'
  | 'PRODUCER_MAP'
  | 'PRODUCER_SUBSCRIBE'
  | 'PRODUCER_FEED_URL'
  | 'PRODUCER_FEED_REST_URL'
  | 'PRODUCER_FEED_KEY_FILE'
  | 'PRODUCER_FEED_POLL_MS'
  | 'PRODUCER_FEED_SILENCE_MS'
  | 'PRODUCER_FEED_BACKOFF_MS'
  | 'PRODUCER_FEED_CONNECT_TIMEOUT_MS'
  | 'KAFKA_TICK_ALIASES'
>

/** @throws Failure CONFIG_INVALID if the key cannot be read */
export function openFeed(spec: FeedSpec, config: FeedConfig): Feed {
  const timing: FeedTiming = {
    backoffMs: config.PRODUCER_FEED_BACKOFF_MS,
    connectTimeoutMs: config.PRODUCER_FEED_CONNECT_TIMEOUT_MS,
    silenceMs: config.PRODUCER_FEED_SILENCE_MS,
    pollMs: config.PRODUCER_FEED_POLL_MS,
  }
  const servers = { streamUrl: config.PRODUCER_FEED_URL, restUrl: config.PRODUCER_FEED_REST_URL }
  const file = config.PRODUCER_FEED_KEY_FILE
  const key = file === undefined ? undefined : readNamedFile('PRODUCER_FEED_KEY_FILE', file).trim()
  const common = { ...servers, timing }
  switch (spec.kind) {
    case 'coinbase':
      return coinbaseFeed({ ...common, products: spec.symbols })
    case 'binance':
      return binanceFeed({ ...common, streams: spec.streams })
    case 'yahoo':
      return yahooFeed({ ...common, symbols: spec.symbols, interval: spec.interval })
    case 'alphavantage':
      return alphaVantageFeed({ ...common, symbols: spec.symbols, interval: spec.interval, key: key ?? '' })
    case 'finnhub':
      return finnhubFeed({ ...common, symbols: spec.symbols, key: key ?? '' })
    case 'websocket':
      return websocketFeed({
        ...{ url: spec.url, map: config.PRODUCER_MAP, subscription: config.PRODUCER_SUBSCRIBE },
        ...{ key, timing },
      })
    case 'http':
      return httpStreamFeed({ url: spec.url, map: config.PRODUCER_MAP, key, timing })
  }
}

export interface FeedReaderEvents extends ReaderEvents {
  readonly feed?: FeedReports | undefined
}

/** The feed's ticks as Kafka messages; ticks that validation rejects are skipped, counted and reported. */
export async function* feedMessages(
  feed: Feed,
  config: Pick<FeedConfig, 'PRODUCER_SOURCE_NAME' | 'KAFKA_TICK_ALIASES'>,
  events: FeedReaderEvents,
  signal: AbortSignal,
): AsyncGenerator<Message[]> {
  const aliases = feed.hasOwnNames === true && config.KAFKA_TICK_ALIASES === 'on'
  const source = config.PRODUCER_SOURCE_NAME ?? feed.source
  let count = 0
  const skipped = (column: string, reason: string, detail: string, text: string) =>
    events.rowSkipped({ file: feed.name, line: count, column, reason, detail, text })
  const context: FeedContext = {
    signal,
    events: {
      connected: () => events.feed?.connected(feed.source),
      failed: (why) => events.feed?.failed(feed.source, why),
      gap: (gap) => events.feed?.gap(gap),
      duplicates: (duplicates) => events.feed?.duplicates(duplicates),
      skipped(reason, detail, text) {
        count++
        skipped('', reason, detail, text)
      },
    },
  }
  for await (const ticks of feed.ticks(context)) {
    const messages: Message[] = []
    for (const tick of ticks) {
      count++
      const message = messageOf(tick, source, aliases)
      if ('key' in message) messages.push(message)
      else skipped(columnOf(message.detail), message.reason, message.detail, tick.text)
    }
    if (messages.length > 0) yield messages
  }
}

function messageOf({ fields }: FeedTick, source: string, aliases: boolean) {
  const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields)
  const named = isObject && fields.source === undefined ? { ...fields, source } : fields
  const result = validate(Buffer.from(JSON.stringify(named)), CONTRACT_VERSION, aliases)
  if (!result.accepted) return result
  const value = bufferOf(result.canonical)
  const { index } = JSON.parse(value.toString()) as { index: string }
  return { key: index, value }
}
