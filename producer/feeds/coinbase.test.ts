import { type CoinbaseScript, match, startCoinbase } from '@ticklake/testing/feeds/coinbase-server.ts'
import { expect, test } from 'vitest'
import { type FeedRead, readFeed } from './read-feed.ts'

const heartbeat = (last_trade_id: number) => ({
  ...{ type: 'heartbeat', sequence: 1, last_trade_id, product_id: 'BTC-USD', time: '2026-11-26T09:00:00Z' },
})
const cut = (socket: { terminate(): void }) => setTimeout(() => socket.terminate(), 20)

async function run(script: CoinbaseScript, until: (read: FeedRead) => boolean, env = {}) {
  await using server = await startCoinbase(script)
  const addresses = { PRODUCER_FEED_URL: server.wsUrl, PRODUCER_FEED_REST_URL: server.httpUrl }
  const read = await readFeed({ PRODUCER_SOURCE: 'coinbase:BTC-USD', ...addresses, ...env }, until)
  const ids = read.ticks.map(({ close }) => Math.floor(close as number) - 100)
  return { ...read, ids, requests: server.requests, received: server.received }
}
const count = (ticks: number) => (read: FeedRead) => read.ticks.length >= ticks

test('a trade is a tick, with the exchange’s clock and name', async () => {
  const { ticks, received } = await run({ messages: () => [match(7)] }, count(1))
  expect(ticks).toEqual([
    {
      ...{ index: 'BTC-USD', date: '2026-11-26', open: 107.25, high: 107.25, low: 107.25, close: 107.25 },
      ...{ adj_close: null, volume: 0.5, close_usd: null, source: 'coinbase' },
      traded_at: '2026-11-26 09:00:00.007',
    },
  ])
  expect(JSON.parse(received[0]!)).toEqual({
    ...{ type: 'subscribe', product_ids: ['BTC-USD'], channels: ['matches', 'heartbeat'] },
  })
})

test('after a lost connection it subscribes again, and fetches the missed trades, each once', async () => {
  const { ids, gaps, received, failures } = await run(
    {
      trades: [1, 2, 3, 4, 5, 6, 7, 8],
      messages: (connection) =>
        connection === 0
          ? [{ ...match(1), type: 'last_match' }, match(2), match(3), cut]
          : [{ ...match(6), type: 'last_match' }, match(6), match(7)],
    },
    count(6),
  )
  expect(ids).toEqual([2, 3, 4, 5, 6, 7])
  expect(gaps).toEqual([{ what: 'BTC-USD trades 4 to 5', missed: 2, filled: 2 }])
  expect(received).toHaveLength(2)
  expect(failures[0]).toContain('closed the connection')
})

test('duplicates are dropped; late trades, and those known only from a heartbeat, are sent once', async () => {
  const { ids, duplicates, gaps } = await run(
    {
      trades: [1, 2, 3, 6],
      messages: () => [match(1), match(1), match(3), match(2), heartbeat(6), match(4)],
    },
    (read) => read.ticks.length >= 5,
  )
  expect(ids).toEqual([1, 2, 3, 6, 4])
  expect(duplicates).toBe(2)
  expect(gaps[1]).toEqual({
    ...{ what: 'BTC-USD trades 4 to 6', missed: 3, filled: 1, why: 'the server does not have them' },
  })
})

test('malformed messages are skipped with their text and stop nothing', async () => {
  const { ids, skipped } = await run(
    {
      messages: () => [
        ...['{"type":"match"', 'null', '[]', '"x"', { type: 'match', product_id: 'BTC-USD' }],
        ...[{ ...match(1), price: 'much' }, match(2)],
      ],
    },
    count(1),
  )
  expect(ids).toEqual([2])
  expect(skipped.map(({ reason }) => reason)).toEqual([
    ...Array.from({ length: 5 }, () => 'unknown_message'),
    'wrong_type',
  ])
})

test('a rate limit of the REST API is obeyed; trades that it never returns are reported as missing', async () => {
  const script: CoinbaseScript = {
    trades: [1, 2, 3],
    messages: () => [match(1), match(3)],
    refuse: (request) => (request === 0 ? { status: 429, headers: { 'retry-after': '1' } } : undefined),
  }
  const begun = performance.now()
  const { ids, requests } = await run(script, count(3))
  expect(ids).toEqual([1, 2, 3])
  expect(requests).toHaveLength(2)
  expect(performance.now() - begun).toBeGreaterThan(990)
  const never = await run({ ...script, refuse: () => ({ status: 404 }) }, count(2))
  expect(never.ids).toEqual([1, 3])
  expect(never.gaps).toMatchObject([{ missed: 1, filled: 0, why: 'HTTP 404: {"message":"slow down"}' }])
})

test('a silent connection is pinged, and reopened if it does not answer', async () => {
  const { failures, received } = await run(
    {
      // The server stops reading, so no ping is answered.
      messages: (connection) => (connection === 0 ? [match(1), (socket) => socket.pause()] : [match(2)]),
    },
    count(2),
    { PRODUCER_FEED_SILENCE_MS: '100' },
  )
  expect(failures).toEqual([expect.stringMatching(/^the server was silent for \d+\.\d s$/)])
  expect(received).toHaveLength(2)
})

test('a connection without trades stays open while the server answers pings', async () => {
  const later = (socket: { send(text: string): void }) =>
    setTimeout(() => socket.send(JSON.stringify(match(2))), 1_600)
  const { failures } = await run({ messages: () => [match(1), later] }, count(2), {
    PRODUCER_FEED_SILENCE_MS: '1200',
  })
  expect(failures).toEqual([])
})

test('a refusal by the exchange ends the run, and so does an unreachable server', async () => {
  const error = { type: 'error', message: 'Failed to subscribe', reason: 'NO-COIN is not a valid product' }
  await expect(run({ messages: () => [error] }, () => false)).rejects.toMatchObject({
    ...{ code: 'FEED_REFUSED', why: 'Failed to subscribe: NO-COIN is not a valid product' },
  })
  const nobody = { PRODUCER_FEED_URL: 'ws://127.0.0.1:1', PRODUCER_FEED_CONNECT_TIMEOUT_MS: '30' }
  await expect(
    readFeed({ PRODUCER_SOURCE: 'coinbase:BTC-USD', ...nobody }, () => false),
  ).rejects.toMatchObject({ code: 'FEED_UNREACHABLE', why: expect.stringContaining('ECONNREFUSED') })
  const noInternet = { ...nobody, PRODUCER_FEED_URL: 'ws://feed.invalid' }
  await expect(
    readFeed({ PRODUCER_SOURCE: 'coinbase:BTC-USD', ...noInternet }, () => false),
  ).rejects.toMatchObject({ why: expect.stringContaining('no internet here') })
})
