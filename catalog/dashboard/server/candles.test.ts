// However fast ticks arrive, a browser gets few candles, all correct.
import { expect, test } from 'vitest'
import { CandleBook } from './candles.ts'

function tick(date: string, open: number, high: number, low: number, close: number, index = 'HSI') {
  return { index, date, open, high, low, close, adj_close: close, volume: 0, close_usd: null }
}

test('ticks between two flushes share a candle: first open, last close, extremes of all', () => {
  const book = new CandleBook()
  book.add(tick('2021-01-04', 10, 12, 9, 11), false)
  book.add(tick('2021-01-05', 11, 15, 10, 14), false)
  book.add(tick('2021-01-06', 14, 14, 7, 8), false)
  book.add(tick('2021-01-04', 1, 2, 1, 2, 'NYA'), false)
  expect(book.flush()).toEqual([
    { index: 'HSI', from: '2021-01-04', to: '2021-01-06', open: 10, high: 15, low: 7, close: 8, ticks: 3 },
    { index: 'NYA', from: '2021-01-04', to: '2021-01-04', open: 1, high: 2, low: 1, close: 2, ticks: 1 },
  ])
  expect(book.flush()).toEqual([])
})

test('slow ticks are a candle each', () => {
  const book = new CandleBook()
  book.add(tick('2021-01-04', 10, 12, 9, 11), true)
  book.add(tick('2021-01-05', 11, 15, 10, 14), true)
  expect(book.flush().map(({ ticks }) => ticks)).toEqual([1, 1])
})

test('intraday ticks of a minute are one candle, which is sent again while it grows, at any rate', () => {
  for (const single of [true, false]) {
    const book = new CandleBook()
    const trade = (traded_at: string, price: number) =>
      book.add({ ...tick('2026-11-26', price, price, price, price), traded_at }, single)
    trade('2026-11-26 09:30:10.000', 10)
    trade('2026-11-26 09:30:20.500', 12)
    expect(book.flush()).toMatchObject([
      { from: '2026-11-26 09:30', open: 10, high: 12, close: 12, ticks: 2 },
    ])
    trade('2026-11-26 09:30:59.999', 9)
    trade('2026-11-26 09:31:00.000', 11)
    expect(book.flush()).toMatchObject([
      { from: '2026-11-26 09:30', open: 10, high: 12, low: 9, close: 9, ticks: 3 },
      { from: '2026-11-26 09:31', open: 11, close: 11, ticks: 1 },
    ])
    expect(book.all()).toHaveLength(2)
  }
})

test('memory is bounded by the number of indices and of candles of each', () => {
  const book = new CandleBook()
  for (let i = 0; i < 1000; i++) book.add(tick('2021-01-04', 1, 1, 1, 1, `I${i}`), true)
  for (let i = 0; i < 1000; i++) book.add(tick('2021-01-04', i, i, i, i), true)
  book.flush()
  for (let i = 0; i < 1000; i++) book.add(tick('2021-01-04', i, i, i, i, 'I0'), true)
  book.flush()
  const all = book.all()
  expect(new Set(all.map(({ index }) => index)).size).toBeLessThanOrEqual(200)
  expect(all.filter(({ index }) => index === 'I0')).toHaveLength(240)
  expect(all.at(-1)).toBeDefined()
})
