// Parts that need no server: specs, maps, back-off, sequences and exchanges' time zones.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantOf, zonedDay } from '../zoned-time.ts'
import { retryAfterMs } from './http.ts'
import { mapped, parseMap } from './json-map.ts'
import { backoffMs } from './reconnect.ts'
import { Sequence } from './sequence.ts'
import { parseFeed } from './spec.ts'

test('the name of a feed is case-insensitive, and other sources are left to other readers', () => {
  expect(parseFeed('coinbase:btc-usd, ETH-USD')).toEqual({
    kind: 'coinbase',
    symbols: ['BTC-USD', 'ETH-USD'],
  })
  expect(parseFeed('Binance:BTCUSDT@1m,ethusdt')).toEqual({
    kind: 'binance',
    streams: [
      { symbol: 'btcusdt', interval: '1m' },
      { symbol: 'ethusdt', interval: undefined },
    ],
  })
  expect(parseFeed('yahoo:^HSI,^GSPC@5m')).toMatchObject({ symbols: ['^HSI', '^GSPC'], interval: '5m' })
  expect(parseFeed('alphavantage:IBM')).toMatchObject({ interval: undefined })
  expect(parseFeed('finnhub:BINANCE:BTCUSDT')).toMatchObject({ symbols: ['BINANCE:BTCUSDT'] })
  expect(parseFeed('wss://host/path?a=b')).toMatchObject({ kind: 'websocket' })
  expect(parseFeed('HTTPS://host')).toMatchObject({ kind: 'http' })
  expect(parseFeed('nasdaq:AAPL')).toBeUndefined()
  expect(parseFeed('generated')).toBeUndefined()
})

test.each([
  ['coinbase:', 'BTC-USD, not ""'],
  ['coinbase:BTC', 'BTC-USD, not "BTC"'],
  ['coinbase:BTC-USD,btc-usd', 'BTC-USD is there twice'],
  ['binance:btcusdt@7m', 'not 7m'],
  ['yahoo:^HSI@1m,^GSPC@5m', 'one interval for all symbols, not 1m and 5m'],
  ['wss://user:pass@host/', 'PRODUCER_FEED_KEY_FILE'],
  ['http://', 'a whole address'],
])('%s is refused with its reason', (spec, message) => {
  expect(() => parseFeed(spec)).toThrow(message)
})

test.each([
  ['close=$.p', 'where the index is'],
  ['index=$.s,close=$.p,volume=0', 'must say when'],
  ['index=$.s,prise=$.p', '"prise=$.p" has none'],
  ['index=$.s,close=p', '"p" does not begin with $'],
  ['index=$.s,close=$..p', 'is not a path'],
  ['index=$.a[*].s,close=$.b[*].p,volume=0,date=$.d', 'the same list in every path'],
  ['index=$.a[*][*],close=$.p', 'more than one [*]'],
  ['index=$.s,index=$.t', 'index is there twice'],
])('the map %s is refused with its reason', (map, message) => {
  expect(() => parseMap(map)).toThrow(message)
})

test('a map reads names, positions, lists and constants, and times of every unit', () => {
  const map = parseMap("index='HSI',close=$['last price'],volume=0,traded_at=$.t[1],high=$.h")
  const at = (t: unknown) => mapped(map, { 'last price': '7', t: [0, t], h: 8 })[0]!.fields
  for (const t of [1_795_683_600, 1_795_683_600_000, 1_795_683_600_000_000, '1795683600', '1795683600.0']) {
    expect(at(t)).toEqual({
      ...{ index: 'HSI', date: '2026-11-26', open: 7, high: 8, low: 7, close: 7, adj_close: null, volume: 0 },
      ...{ close_usd: null, traded_at: '2026-11-26T09:00:00.000Z' },
    })
  }
  expect(at('soon')).toMatchObject({ traded_at: 'soon' })
  // No path matches: a greeting, not a bad tick.
  for (const other of [{ type: 'hello' }, null, 7, [], { t: 'text' }]) expect(mapped(map, other)).toEqual([])
  // Inherited members are not read.
  expect(mapped(parseMap('index=$.constructor,close=$.__proto__,volume=0,date=$.d'), {})).toEqual([])
})

test('pauses grow to a minute, with jitter', () => {
  const pauses = [0, 1, 2, 3, 10, 1e6].map((attempt) => backoffMs(attempt, 1_000, () => 1))
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000])
  expect(backoffMs(0, 1_000, () => 0)).toBe(500)
})

test('Retry-After is seconds or a date', () => {
  expect(retryAfterMs('7')).toBe(7_000)
  expect(retryAfterMs('Thu, 26 Nov 2026 09:00:30 GMT', Date.UTC(2026, 10, 26, 9))).toBe(30_000)
  expect([retryAfterMs('soon'), retryAfterMs(''), retryAfterMs(null)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('in any order and with duplicates, each number is accepted once, and none is lost', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(ids, (all) => {
      const sequence = new Sequence()
      const taken: number[] = []
      for (const id of all) {
        const range = sequence.missingBefore(id)
        if (range) sequence.giveUp(range, new Set())
        if (sequence.take(id)) taken.push(id)
      }
      expect(new Set(taken).size).toBe(taken.length)
      expect([...taken].sort((a, b) => a - b)).toEqual(
        [...new Set(all)].filter((id) => id >= all[0]!).sort((a, b) => a - b),
      )
    }),
  )
})

test('local times become instants on both sides of a clock change', () => {
  const utc = (text: string, zone: string) => new Date(instantOf(text, zone)).toISOString().slice(0, 16)
  expect(utc('2026-03-06 16:00:00', 'America/New_York')).toBe('2026-03-06T21:00')
  expect(utc('2026-03-09 16:00:00', 'America/New_York')).toBe('2026-03-09T20:00')
  // A repeated hour, and a skipped one.
  expect(utc('2026-11-01 01:30:00', 'America/New_York')).toBe('2026-11-01T05:30')
  expect(utc('2026-03-08 02:30:00', 'America/New_York')).toBe('2026-03-08T07:30')
  expect(utc('2026-03-29 12:00:00', 'Europe/London')).toBe('2026-03-29T11:00')
  expect(zonedDay(Date.UTC(2026, 10, 27, 3), 'America/New_York')).toBe('2026-11-26')
  expect(zonedDay(Date.UTC(2026, 10, 26, 20), 'Asia/Hong_Kong')).toBe('2026-11-27')
})
