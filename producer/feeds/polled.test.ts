// Polled feeds, and Finnhub, which like Alpha Vantage needs a key.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answer, type FeedServerScript, startFeedServer } from '@ticklake/testing/feeds/feed-server.ts'
import { afterAll, expect, test } from 'vitest'
import { type FeedRead, readFeed } from './read-feed.ts'

const dir = mkdtempSync(join(tmpdir(), 'ticklake-polled-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const keyFile = join(dir, 'key')
writeFileSync(keyFile, 'K3Y\n')

async function run(source: string, script: FeedServerScript, until: (read: FeedRead) => boolean, env = {}) {
  await using server = await startFeedServer(script)
  const addresses = source.startsWith('finnhub')
    ? { PRODUCER_FEED_URL: server.wsUrl }
    : { PRODUCER_FEED_REST_URL: server.httpUrl }
  const keys = source.startsWith('yahoo') ? {} : { PRODUCER_FEED_KEY_FILE: keyFile }
  const read = await readFeed({ PRODUCER_SOURCE: source, ...addresses, ...keys, ...env }, until)
  return { ...read, requests: server.requests, received: server.received }
}
const count = (ticks: number) => (read: FeedRead) => read.ticks.length >= ticks
const times = ({ ticks }: FeedRead) => ticks.map(({ traded_at }) => (traded_at as string).slice(11, 16))

const nine = Date.UTC(2026, 10, 26, 9) / 1000
/** The chart of these minutes after nine; a null close is a minute without a trade. */
function chart(minutes: readonly number[], closes: readonly (number | null)[] = minutes) {
  const quote = { open: closes, high: closes, low: closes, close: closes, volume: closes.map(() => 10) }
  const timestamp = minutes.map((minute) => nine + minute * 60)
  const meta = { symbol: '^HSI', exchangeTimezoneName: 'Asia/Hong_Kong', gmtoffset: 28_800 }
  return { chart: { result: [{ meta, timestamp, indicators: { quote: [quote] } }], error: null } }
}
const at = (minute: number) => ({ date: new Date((nine + minute * 60) * 1000).toUTCString() })

test('yahoo: each final candle once, beginning with the latest; unordered, empty and unfinished ones are skipped', async () => {
  const answers = [
    { minutes: [1, 2, 3, 3.5], now: 3.7, closes: undefined },
    { minutes: [4, 2, 3, 5, 6], now: 6.2, closes: [4, 2, 3, null, 6] },
    { minutes: [6, 6, 7], now: 8, closes: undefined },
  ]
  const read = await run(
    'yahoo:^HSI',
    {
      onRequest(_, response) {
        const { minutes, closes, now } = answers.length > 1 ? answers.shift()! : answers[0]!
        answer(response, chart(minutes, closes), at(now))
      },
    },
    count(5),
  )
  expect(times(read)).toEqual(['09:02', '09:03', '09:04', '09:06', '09:07'])
  expect(read.ticks[0]).toEqual({
    ...{ index: '^HSI', date: '2026-11-26', open: 2, high: 2, low: 2, close: 2, adj_close: null, volume: 10 },
    ...{ close_usd: null, source: 'yahoo', traded_at: '2026-11-26 09:02:00.000' },
  })
  expect(read.requests[0]).toBe('/v8/finance/chart/%5EHSI?interval=1m&range=1d')
})

test('yahoo: a 429 is obeyed, and the next answer has the candles of the meantime', async () => {
  let requests = 0
  const begun = performance.now()
  const read = await run(
    'yahoo:^HSI',
    {
      onRequest(_, response) {
        requests++
        if (requests === 2) return response.writeHead(429, { 'retry-after': '1' }).end('Too Many Requests')
        answer(response, chart(requests === 1 ? [1] : [1, 2, 3]), at(9))
      },
    },
    count(3),
  )
  expect(times(read)).toEqual(['09:01', '09:02', '09:03'])
  expect(read.failures).toEqual(['HTTP 429: Too Many Requests'])
  expect(performance.now() - begun).toBeGreaterThan(990)
})

test('yahoo: an unknown symbol is refused, and an answer that is not a chart is retried', async () => {
  const error = { code: 'Not Found', description: 'No data found' }
  await expect(
    run('yahoo:NONE', { onRequest: (_, response) => answer(response, { chart: { error } }) }, count(1)),
  ).rejects.toMatchObject({ code: 'FEED_REFUSED', why: 'NONE: Not Found, No data found' })
  const answers = [{}, 'x', chart([1])]
  const read = await run(
    'yahoo:^HSI',
    { onRequest: (_, response) => answer(response, answers.shift() ?? chart([1]), at(9)) },
    count(1),
  )
  expect(read.failures[0]).toBe('the answer for ^HSI is not a chart')
})

const day = (close: string) => ({
  ...{ '1. open': '1.0', '2. high': '9.0', '3. low': '0.5', '4. close': close, '5. volume': '1200' },
})

test('yahoo: an exchange that is closed for days is not a gap, but an outage of days is', async () => {
  const days = [0, 6, 12].flatMap((first) => [first, first + 1, first + 2, first + 3])
  let requests = 0
  const read = await run(
    'yahoo:^HSI',
    {
      onRequest(_, response) {
        const day = days[Math.min(requests++, 4)]!
        answer(response, chart([1]), { date: new Date((nine + 600 + day * 86_400) * 1000).toUTCString() })
      },
    },
    () => requests > 6,
  )
  expect([read.ticks.length, read.gaps]).toEqual([1, []])
  requests = 0
  const away = await run(
    'yahoo:^HSI',
    {
      onRequest(_, response) {
        const day = requests++ === 0 ? 0 : 6
        answer(response, chart([1]), { date: new Date((nine + 600 + day * 86_400) * 1000).toUTCString() })
      },
    },
    () => requests > 4,
  )
  expect(away.gaps).toHaveLength(1)
})

test('alphavantage: finished days, in the exchange’s time zone', async () => {
  // 02:00 UTC of the 27th is still the 26th in New York.
  const series = { '2026-11-26': day('3'), '2026-11-25': day('2'), '2026-11-24': day('1') }
  let requests = 0
  const read = await run(
    'alphavantage:IBM',
    {
      onRequest(_, response) {
        const date = new Date(Date.UTC(2026, 10, 27, requests++ === 0 ? 2 : 12)).toUTCString()
        const meta = { '2. Symbol': 'IBM', '5. Time Zone': 'US/Eastern' }
        answer(response, { 'Meta Data': meta, 'Time Series (Daily)': series }, { date })
      },
    },
    count(2),
  )
  expect(read.ticks.map(({ date, close, volume, traded_at }) => [date, close, volume, traded_at])).toEqual([
    ['2026-11-25', 2, 1200, undefined],
    ['2026-11-26', 3, 1200, undefined],
  ])
  expect(read.requests[0]).toBe('/query?function=TIME_SERIES_DAILY&symbol=IBM&apikey=K3Y')
})

test('alphavantage: minutes keep their order when the clocks change', async () => {
  const series = { '2026-03-09 09:30:00': day('2'), '2026-03-06 15:55:00': day('1') }
  let requests = 0
  const read = await run(
    'alphavantage:IBM@5min',
    {
      onRequest(_, response) {
        const now = requests++ === 0 ? Date.UTC(2026, 2, 6, 22) : Date.UTC(2026, 2, 9, 14)
        const meta = { '4. Interval': '5min', '6. Time Zone': 'US/Eastern' }
        const date = new Date(now).toUTCString()
        answer(response, { 'Meta Data': meta, 'Time Series (5min)': series }, { date })
      },
    },
    count(2),
  )
  expect(read.ticks.map(({ traded_at }) => traded_at)).toEqual([
    '2026-03-06 20:55:00.000',
    '2026-03-09 13:30:00.000',
  ])
})

test('alphavantage: a rate limit is not data and the key is not shown; a wrong symbol ends the run', async () => {
  const limit = {
    Information: 'We have detected your API key as K3Y and our rate limit is 25 requests per day.',
  }
  const read = await run(
    'alphavantage:IBM',
    { onRequest: (_, response) => answer(response, limit) },
    ({ failures }) => failures.length > 0,
    { PRODUCER_FEED_CONNECT_TIMEOUT_MS: '2000000' },
  )
  expect(read.failures).toEqual([
    'HTTP 429: We have detected your API key as (key) and our rate limit is 25 requests per day.',
  ])
  const error = { 'Error Message': 'Invalid API call.' }
  await expect(
    run('alphavantage:IBMM', { onRequest: (_, response) => answer(response, error) }, count(1)),
  ).rejects.toMatchObject({ code: 'FEED_REFUSED', why: 'IBMM: Invalid API call.' })
})

const trade = (s: string, p: number, t = (nine + 18 * 3600) * 1000) => ({ s, p, t, v: 5 })

test('finnhub: trades with the day of their exchange; no duplicates after a reconnect, and the gap is reported', async () => {
  const messages = [
    [[trade('AAPL', 1), trade('AAPL', 1), trade('BINANCE:BTCUSDT', 2)]],
    [[trade('AAPL', 1), trade('AAPL', 3)]],
  ]
  const read = await run(
    'finnhub:AAPL,BINANCE:BTCUSDT',
    {
      onText(text, socket, connection) {
        if (!text.includes('BTCUSDT')) return
        socket.send('{"type":"ping"}')
        for (const data of messages[connection] ?? []) socket.send(JSON.stringify({ type: 'trade', data }))
        if (connection === 0) setTimeout(() => socket.terminate(), 50)
      },
    },
    count(4),
  )
  expect(read.ticks.map(({ index, date, close }) => [index, date, close])).toEqual([
    // 03:00 UTC of the 27th.
    ['AAPL', '2026-11-26', 1],
    // Two trades can be alike.
    ['AAPL', '2026-11-26', 1],
    ['BINANCE:BTCUSDT', '2026-11-27', 2],
    ['AAPL', '2026-11-26', 3],
  ])
  expect([read.duplicates, read.gaps.length, read.skipped]).toEqual([1, 1, []])
  expect(read.received.slice(0, 2)).toEqual([
    '{"type":"subscribe","symbol":"AAPL"}',
    '{"type":"subscribe","symbol":"BINANCE:BTCUSDT"}',
  ])
})

test('finnhub: a wrong key is refused, and not shown', async () => {
  const denied = run('finnhub:AAPL', { refuse: () => '401 Unauthorized' }, count(1))
  await expect(denied).rejects.toMatchObject({ code: 'FEED_REFUSED', why: 'HTTP 401: Unauthorized' })
  await expect(denied).rejects.not.toMatchObject({ message: expect.stringContaining('K3Y') })
})
