// Trades from Finnhub's WebSocket. It has no numbers and no replay, so a gap can only be reported.

import { zonedDay } from '../zoned-time.ts'
import { type Feed, type FeedTick, type FeedTiming, isoOf, member, parseJson, tradeFields } from './feed.ts'
import { Recent } from './recent-ticks.ts'
import { reconnecting, refused } from './reconnect.ts'
import { socketMessages } from './socket.ts'
import { lostBetween } from './websocket.ts'

const STREAM_URL = 'wss://ws.finnhub.io'

export interface FinnhubOptions {
  readonly symbols: readonly string[]
  readonly key: string
  readonly streamUrl?: string | undefined
  readonly timing: FeedTiming
}

export function finnhubFeed({ symbols, key, streamUrl, timing }: FinnhubOptions): Feed {
  const name = `finnhub:${symbols.join(',')}`
  const url = new URL(streamUrl ?? STREAM_URL)
  url.searchParams.set('token', key)
  const subscriptions = symbols.map((symbol) => JSON.stringify({ type: 'subscribe', symbol }))
  return {
    name,
    source: 'finnhub',
    async *ticks(context) {
      const { events, signal } = context
      const recent = new Recent()
      let connections = 0
      const connect = (isUp: () => void) => {
        let isOpen = false
        const isUpAgain = () => {
          isUp()
          if (isOpen) return
          isOpen = true
          if (connections++ > 0) events.gap(lostBetween(name))
        }
        return numberedFrom(
          socketMessages({ url, subscriptions, silenceMs: timing.silenceMs }, isUpAgain, signal),
          () => connections,
        )
      }
      for await (const { texts, connection } of reconnecting(name, connect, timing, context)) {
        for (const text of texts) {
          const message = parseJson(text)
          const type = member(message, 'type')
          if (type === 'ping') continue
          if (type === 'error') throw refused(name, new Error(String(member(message, 'msg'))))
          const trades = member(message, 'data')
          if (type !== 'trade' || !Array.isArray(trades)) {
            events.skipped('unknown_message', 'it is not a trade, ping or error', text)
            continue
          }
          yield trades.flatMap((trade) => {
            const isNew = recent.takeFrom(connection, JSON.stringify(trade))
            if (!isNew) events.duplicates(1)
            return isNew ? [tickOf(trade)] : []
          })
        }
      }
    },
  }
}

async function* numberedFrom(lists: AsyncIterable<readonly string[]>, connection: () => number) {
  for await (const texts of lists) yield { texts, connection: connection() }
}

function tickOf(trade: unknown): FeedTick {
  const [index, time] = [String(member(trade, 's') ?? ''), member(trade, 't')]
  const tradedAt = isoOf(time) ?? ''
  // Coins and currencies have their exchange before a colon and trade all day; the others are listed in the United
  // States.
  const zone = index.includes(':') ? 'UTC' : 'America/New_York'
  const date = tradedAt && zonedDay(time as number, zone)
  const [price, size] = [member(trade, 'p'), member(trade, 'v')]
  return { fields: tradeFields({ index, date, price, size, tradedAt }), text: JSON.stringify(trade) }
}
