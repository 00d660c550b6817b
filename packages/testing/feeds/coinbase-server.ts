// Coinbase Exchange for tests: the channels `matches` and `heartbeat`, and the paged list of trades.
import type { WebSocket } from 'ws'
import { answer, type FeedServer, startFeedServer } from './feed-server.ts'

const time = (id: number) => new Date(Date.UTC(2026, 10, 26, 9, 0, 0, id % 1000)).toISOString()

export function trade(id: number, product = 'BTC-USD') {
  return {
    ...{ trade_id: id, side: 'sell', size: '0.5', price: `${100 + id}.25`, time: time(id) },
    product_id: product,
  }
}

export const match = (id: number, product?: string) => ({
  type: 'match',
  sequence: 10 * id,
  ...trade(id, product),
})

export interface CoinbaseScript {
  /** The answers to a subscription, after `subscriptions`; a function acts, for example cuts the connection. */
  messages(connection: number): readonly (object | string | ((socket: WebSocket) => void))[]
  /** The trades of the REST API. */
  readonly trades?: readonly number[]
  /** The refusal of a request for trades, if any. */
  refuse?(request: number): { status: number; headers?: Record<string, string> } | undefined
}

export function startCoinbase({ messages, trades = [], refuse }: CoinbaseScript): Promise<FeedServer> {
  let requests = 0
  return startFeedServer({
    onText(text, socket, connection) {
      const { type, product_ids, channels } = JSON.parse(text)
      if (type !== 'subscribe') return
      socket.send(JSON.stringify({ type: 'subscriptions', channels: [{ name: channels, product_ids }] }))
      for (const message of messages(connection)) {
        if (typeof message === 'function') message(socket)
        else socket.send(typeof message === 'string' ? message : JSON.stringify(message))
      }
    },
    onRequest(url, response) {
      const denied = refuse?.(requests++)
      if (denied) return response.writeHead(denied.status, denied.headers).end('{"message":"slow down"}')
      const product = /^\/products\/([^/]+)\/trades$/.exec(url.pathname)?.[1]
      if (!product) return response.writeHead(404).end()
      const before = Number(url.searchParams.get('after') ?? Number.POSITIVE_INFINITY)
      const limit = Number(url.searchParams.get('limit') ?? 1_000)
      const page = trades.filter((id) => id < before).sort((a, b) => b - a)
      answer(
        response,
        page.slice(0, limit).map((id) => trade(id, product)),
      )
    },
  })
}
