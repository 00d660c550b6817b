// Binance for tests: combined streams of candles and aggregate trades, and the REST API with their history.
import { answer, type FeedServer, startFeedServer } from './feed-server.ts'

const hour = Date.UTC(2026, 10, 26, 9)
const minute = 60_000

/** The candle of a minute of that hour, final or not. */
export function kline(at: number, isFinal: boolean) {
  const t = hour + at * minute
  const prices = { o: '1.0', c: '1.25', h: '1.5', l: '0.5', v: '12.5' }
  const k = { t, T: t + minute - 1, s: 'BTCUSDT', i: '1m', ...prices, x: isFinal }
  return { stream: 'btcusdt@kline_1m', data: { e: 'kline', E: t, s: 'BTCUSDT', k } }
}

const trade = (a: number) => ({ a, p: `${a}.0`, q: '0.5', f: a, l: a, T: hour + a, m: true, M: true })

export function aggTrade(id: number) {
  return { stream: 'btcusdt@aggTrade', data: { e: 'aggTrade', E: hour, s: 'BTCUSDT', ...trade(id) } }
}

export interface BinanceScript {
  /** `cut` ends the connection. */
  messages(connection: number): readonly (object | string)[]
  refuse?(connection: number): string | undefined
}

export function startBinance({ messages, ...script }: BinanceScript): Promise<FeedServer> {
  return startFeedServer({
    ...script,
    onSocket(socket, connection) {
      for (const message of messages(connection)) {
        if (message === 'cut') setTimeout(() => socket.terminate(), 20)
        else socket.send(typeof message === 'string' ? message : JSON.stringify(message))
      }
    },
    onRequest({ pathname, searchParams }, response) {
      const number = (name: string) => Number(searchParams.get(name))
      const limit = number('limit')
      if (pathname === '/api/v3/aggTrades') {
        return answer(
          response,
          Array.from({ length: limit }, (_, i) => trade(number('fromId') + i)),
        )
      }
      if (pathname !== '/api/v3/klines') return response.writeHead(404).end()
      const candles = []
      for (let t = number('startTime'); t <= number('endTime') && candles.length < limit; t += minute) {
        candles.push([t, '1.0', '1.5', '0.5', '1.25', '12.5', t + minute - 1, '1', 1, '1', '1', '0'])
      }
      answer(response, candles)
    },
  })
}
