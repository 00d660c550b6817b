import { aggTrade, type BinanceScript, kline, startBinance } from '@ticklake/testing/feeds/binance-server.ts'
import { expect, test } from 'vitest'
import { type FeedRead, readFeed } from './read-feed.ts'

async function run(source: string, script: BinanceScript, until: (read: FeedRead) => boolean) {
  await using server = await startBinance(script)
  const addresses = { PRODUCER_FEED_URL: server.wsUrl, PRODUCER_FEED_REST_URL: server.httpUrl }
  return { ...(await readFeed({ PRODUCER_SOURCE: source, ...addresses }, until)), requests: server.requests }
}
const count = (ticks: number) => (read: FeedRead) => read.ticks.length >= ticks
const minutes = ({ ticks }: FeedRead) => ticks.map(({ traded_at }) => (traded_at as string).slice(14, 16))

test('a candle is sent once, when it is final, with its start as the time', async () => {
  const { ticks } = await run(
    'binance:btcusdt@1m',
    { messages: () => [kline(1, false), kline(1, false), kline(1, true), kline(1, true)] },
    ({ duplicates }) => duplicates === 1,
  )
  expect(ticks).toEqual([
    {
      ...{ index: 'BTCUSDT', date: '2026-11-26', open: 1, high: 1.5, low: 0.5, close: 1.25, adj_close: null },
      ...{ volume: 12.5, close_usd: null, source: 'binance', traded_at: '2026-11-26 09:01:00.000' },
    },
  ])
})

test('candles missed during an outage are fetched', async () => {
  const read = await run(
    'binance:btcusdt@1m',
    { messages: (connection) => (connection === 0 ? [kline(1, true), 'cut'] : [kline(5, true)]) },
    count(5),
  )
  expect(minutes(read)).toEqual(['01', '02', '03', '04', '05'])
  expect(read.gaps).toMatchObject([{ missed: 3, filled: 3 }])
  expect(read.requests[0]).toMatch(
    /^\/api\/v3\/klines\?symbol=BTCUSDT&interval=1m&startTime=\d+&endTime=\d+&limit=3$/,
  )
})

test('trades are numbered: missed ones are fetched, late ones and duplicates are distinguished', async () => {
  const read = await run(
    'binance:btcusdt',
    { messages: () => [aggTrade(10), '{"stream":', aggTrade(13), aggTrade(12), aggTrade(13), aggTrade(14)] },
    count(5),
  )
  expect(read.ticks.map(({ close }) => close)).toEqual([10, 11, 12, 13, 14])
  expect(read.duplicates).toBe(2)
  expect(read.skipped).toMatchObject([{ reason: 'unknown_message', text: '{"stream":' }])
})

test('a region that is not served is refused at once', async () => {
  await expect(
    run('binance:btcusdt', { messages: () => [], refuse: () => '451 Unavailable' }, () => false),
  ).rejects.toMatchObject({ code: 'FEED_REFUSED', why: 'HTTP 451: Unavailable' })
})
