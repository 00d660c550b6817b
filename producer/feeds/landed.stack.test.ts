// Every kind of source at once, each from a server that misbehaves: what Athena counts in the end is each tick once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAws } from '@ticklake/aws/clients.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { aggTrade, kline, startBinance } from '@ticklake/testing/feeds/binance-server.ts'
import { match, startCoinbase } from '@ticklake/testing/feeds/coinbase-server.ts'
import { answer, type FeedServer, startFeedServer } from '@ticklake/testing/feeds/feed-server.ts'
import { catalog, ServiceHere } from '@ticklake/testing/in-process.ts'
import { createTopic } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../../catalog/config.ts'

const price = (close: number) => ({ open: close, high: close, low: close, close, volume: 1 })
const tick = (close: number) => ({
  ...{ index: 'HSI', date: '2026-11-26', ...price(close), adj_close: null, close_usd: null },
})

interface Case {
  readonly source: string
  /** The closes of its ticks, each once. */
  readonly closes: readonly number[]
  readonly server: FeedServer
  /** What PRODUCER_SOURCE is, at the server's addresses. */
  readonly env: (server: FeedServer) => Record<string, string>
}

const exchange = (server: FeedServer) => ({
  PRODUCER_FEED_URL: server.wsUrl,
  PRODUCER_FEED_REST_URL: server.httpUrl,
})
const cut = 'cut'

const coinbase = () => {
  let tooMany = 1
  return startCoinbase({
    messages: (connection) =>
      connection === 0
        ? [
            match(1),
            match(2),
            '{"type":',
            match(2),
            match(4),
            (socket) => setTimeout(() => socket.terminate(), 20),
          ]
        : [match(7), match(6), match(8), match(8)],
    trades: [1, 2, 3, 4, 5, 6, 7, 8],
    refuse: () => (tooMany-- > 0 ? { status: 429, headers: { 'retry-after': '0' } } : undefined),
  })
}

const binanceTrades = () =>
  startBinance({
    messages: (connection) =>
      connection === 0
        ? [aggTrade(10), '{"stream":', aggTrade(13), aggTrade(12), aggTrade(13), aggTrade(14), cut]
        : [aggTrade(17), aggTrade(16), aggTrade(17)],
  })

/** Every candle of the server has the same prices, so they are told apart by their starts. */
const binanceCandles = () =>
  startBinance({
    messages: (connection) =>
      connection === 0 ? [kline(1, false), kline(1, true), kline(1, true), cut] : [kline(5, true)],
  })

/** The last Sunday of October, on which London's clocks are put back from two to one, at one o'clock UTC. */
const CHANGE_S = Date.UTC(2026, 9, 25, 1) / 1000

/** Minutes around the change of the clocks: out of order, again, cut off by 429, one without a trade. */
function yahoo() {
  const answers: (readonly number[] | number)[] = [[-2, -1], 429, [1, -1, 0], [1, 2, 2, 3], 500]
  return startFeedServer({
    onRequest(_, response) {
      const minutes = answers.length > 1 ? answers.shift()! : [1, 2, 3]
      if (typeof minutes === 'number') return response.writeHead(minutes, { 'retry-after': '0' }).end('no')
      const closes = minutes.map((minute) => (minute === 2 ? null : 100 + minute))
      const quote = { open: closes, high: closes, low: closes, close: closes, volume: closes.map(() => 10) }
      const meta = { symbol: '^FTSE', exchangeTimezoneName: 'Europe/London' }
      const timestamp = minutes.map((minute) => CHANGE_S + minute * 60)
      const result = [{ meta, timestamp, indicators: { quote: [quote] } }]
      answer(response, { chart: { result } }, { date: new Date((CHANGE_S + 600) * 1000).toUTCString() })
    },
  })
}

/** Five minutes before and after a weekend on which New York's clocks go forward. */
function alphaVantage() {
  const cells = (close: string) => ({
    ...{ '1. open': '1.0', '2. high': '9.0', '3. low': '0.5', '4. close': close, '5. volume': '1200' },
  })
  const series = { '2026-03-09 09:30:00': cells('2'), '2026-03-06 15:55:00': cells('1') }
  let requests = 0
  return startFeedServer({
    onRequest(_, response) {
      if (requests++ === 1) return answer(response, { 'Meta Data': {} })
      const now = requests === 1 ? Date.UTC(2026, 2, 6, 22) : Date.UTC(2026, 2, 9, 14)
      const meta = { '4. Interval': '5min', '6. Time Zone': 'US/Eastern' }
      const body = { 'Meta Data': meta, 'Time Series (5min)': series }
      answer(response, body, { date: new Date(now).toUTCString() })
    },
  })
}

function finnhub() {
  const trade = (p: number) => ({ s: 'AAPL', p, t: Date.UTC(2026, 10, 26, 15), v: 5 })
  const messages = [
    [trade(1), trade(2)],
    [trade(2), trade(3)],
  ]
  return startFeedServer({
    onText(_, socket, connection) {
      socket.send('{"type":"ping"}')
      socket.send('{"type":"trade","data"')
      socket.send(JSON.stringify({ type: 'trade', data: messages[connection] ?? [] }))
      if (connection === 0) setTimeout(() => socket.terminate(), 20)
    },
  })
}

function events() {
  const event = (id: number) => `id: ${id}\ndata: ${JSON.stringify(tick(id))}\n\n`
  let requests = 0
  return startFeedServer({
    onRequest(_, response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (requests++ > 0) return response.write(event(2) + event(3))
      response.write(`${event(1)}data: {"index":1}\n\n${event(2)}id: 3\ndata: {"ind`, () =>
        response.destroy(),
      )
    },
  })
}

function jsonLines() {
  const text = [1, 2, 3, 4].map((close) => `${JSON.stringify(tick(close))}\n`).join('')
  let requests = 0
  return startFeedServer({
    onRequest(_, response) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
      if (requests++ > 0) return response.end(text)
      response.write(text.slice(0, text.length / 2 + 9), () => setTimeout(() => response.destroy(), 20))
    },
  })
}

function mapped() {
  const trade = (id: number) => ({ s: 'MSFT', p: String(id), v: 1, t: 1_795_683_600 + id, id })
  return startFeedServer({
    onText(_, socket, connection) {
      const [first, second] = connection === 0 ? [trade(1), trade(2)] : [trade(2), trade(3)]
      socket.send(
        JSON.stringify({ data: [first, second, first, { s: 'MSFT', p: 'NaN', v: 1, t: 'x', id: 9 }] }),
      )
      socket.send('no json')
      if (connection === 0) setTimeout(() => socket.terminate(), 20)
    },
  })
}

test('ticks of every source are landed and counted once, whatever their servers do', async (scope) => {
  const folder = mkdtempSync(join(tmpdir(), 'ticklake-landed-'))
  scope.onTestFinished(() => rmSync(folder, { recursive: true }))
  const keyFile = join(folder, 'key')
  writeFileSync(keyFile, 'K3Y\n')
  const withKey = { PRODUCER_FEED_KEY_FILE: keyFile }
  const map = 'index=$.data[*].s,close=$.data[*].p,volume=$.data[*].v,traded_at=$.data[*].t,id=$.data[*].id'
  const own =
    (address: 'wsUrl' | 'httpUrl', more = {}) =>
    (server: FeedServer) => ({
      ...{ PRODUCER_SOURCE: `${server[address]}/feed`, ...more },
    })
  const cases: Case[] = [
    {
      ...{ source: 'coinbase', server: await coinbase() },
      closes: [101.25, 102.25, 103.25, 104.25, 105.25, 106.25, 107.25, 108.25],
      env: (server) => ({ PRODUCER_SOURCE: 'coinbase:BTC-USD', ...exchange(server) }),
    },
    {
      ...{ source: 'binance', server: await binanceTrades() },
      closes: [10, 11, 12, 13, 14, 15, 16, 17],
      env: (server) => ({ PRODUCER_SOURCE: 'binance:btcusdt', ...exchange(server) }),
    },
    {
      ...{ source: 'candles', server: await binanceCandles() },
      closes: [1.25, 1.25, 1.25, 1.25, 1.25],
      env: (server) => ({ PRODUCER_SOURCE: 'binance:btcusdt@1m', ...exchange(server) }),
    },
    {
      ...{ source: 'yahoo', server: await yahoo(), closes: [99, 100, 101, 103] },
      env: ({ httpUrl }) => ({ PRODUCER_SOURCE: 'yahoo:^FTSE', PRODUCER_FEED_REST_URL: httpUrl }),
    },
    {
      ...{ source: 'alphavantage', server: await alphaVantage(), closes: [1, 2] },
      env: ({ httpUrl }) => ({
        ...{ PRODUCER_SOURCE: 'alphavantage:IBM@5min', PRODUCER_FEED_REST_URL: httpUrl, ...withKey },
      }),
    },
    {
      ...{ source: 'finnhub', server: await finnhub(), closes: [1, 2, 3] },
      env: ({ wsUrl }) => ({ PRODUCER_SOURCE: 'finnhub:AAPL', PRODUCER_FEED_URL: wsUrl, ...withKey }),
    },
    { source: 'sse', server: await events(), closes: [1, 2, 3], env: own('httpUrl') },
    { source: 'lines', server: await jsonLines(), closes: [1, 2, 3, 4], env: own('httpUrl') },
    {
      ...{ source: 'websocket', server: await mapped(), closes: [1, 2, 3] },
      env: own('wsUrl', { PRODUCER_MAP: map, PRODUCER_SUBSCRIBE: 'all' }),
    },
  ]
  scope.onTestFinished(async () => {
    for (const { server } of cases) await server[Symbol.asyncDispose]()
  })

  const it = new ConsumerCase(scope, { LOG_LEVEL: 'error' })
  await createTopic(it.env, 2)
  it.consumeHere()
  const producing = cases.map(
    ({ source, server, env }) =>
      new ServiceHere(
        {
          ...{ ...it.env, PRODUCER_HEALTH_PORT: '0', PRODUCER_STOP_LINGER_MS: '0', PRODUCER_RATE: 'max' },
          ...{ PRODUCER_FEED_BACKOFF_MS: '5', PRODUCER_FEED_POLL_MS: '50', ...env(server) },
          PRODUCER_SOURCE_NAME: source,
        },
        'producer',
        ['run'],
      ),
  )
  scope.onTestFinished(async () => {
    for (const producer of producing) await producer.stop()
  })
  const json = `${JSON.stringify(tick(1))}\n{"index":1}\n{"Symbol":"HSI",\n${JSON.stringify(tick(2))}\n`
  const csv = 'Date,Open,High,Low,Close,Volume\n2026-11-25,1,1,1,1,1\n\nno,1,1,1,1,1\n2026-11-26,2,2,2,2,2\n'
  const piped = [
    new ServiceHere(it.env, 'producer', ['run', '--source', '-', '--source-name', 'stdin json'], json),
    new ServiceHere(
      it.env,
      'producer',
      ['run', '--csv', '-', '--index', 'HSI', '--source-name', 'stdin csv'],
      csv,
    ),
  ]
  const expected = new Map<string, readonly number[]>([
    ...cases.map(({ source, closes }) => [source, closes] as const),
    ['stdin json', [1, 2]],
    ['stdin csv', [1, 2]],
  ])
  const total = [...expected.values()].reduce((sum, closes) => sum + closes.length, 0)
  await it.landed(total)
  // What a server sends again is sent again within so many polls and reconnects.
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (const producer of producing) void producer.stop()
  for (const producer of [...producing, ...piped]) expect(await producer.ended(), producer.stderr).toBe(0)

  expect((await catalog(it.env, 'declare')).code).toBe(0)
  const audit = await catalog(it.env, 'audit', '--wait', '60')
  expect(audit.stdout, audit.stderr).toContain(
    `audit: produced ${total}, landed ${total}, dead 0, skipped 0, lost 0, twice 0`,
  )
  const config = catalogConfig(it.env)
  using aws = openAws(config.lake)
  const counted = await aws.athena.rows(
    `SELECT source, count(*), count(DISTINCT (close, traded_at)), array_join(array_agg(close ORDER BY close), ' ')
       FROM ticks GROUP BY source ORDER BY source`,
    {},
  )
  const byClose = (closes: readonly number[]) => closes.map((close) => close.toFixed(2)).join(' ')
  expect(
    counted.map(([source, count, distinct, closes]) => [
      ...[source, Number(count), Number(distinct)],
      byClose(closes!.split(' ').map(Number)),
    ]),
  ).toEqual(
    [...expected]
      .map(([source, closes]) => [source, closes.length, closes.length, byClose(closes)])
      .toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1)),
  )
})
