import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { canonicalBytes, validate } from '@ticklake/contract/validation.ts'
import { expect, test, vi } from 'vitest'
import { csvLines, interleavedTicks, ROWS, ticksByIndex } from './generate.ts'
import { markets } from './markets.ts'

// Each test iterates over 104,224 rows, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

test('the same seed gives the same bytes, everywhere and for ever', () => {
  const hash = createHash('sha256')
  for (const line of csvLines()) hash.update(line)
  expect(hash.digest('hex')).toBe('7c11083b67c641f007bdf775d0b7ba991a38bd1cb0902ae89247dbf995703412')
})

test('another seed gives other bytes', () => {
  const [, first] = csvLines()
  const [, other] = csvLines(7)
  expect(other).not.toBe(first)
})

test('the file is as large as the real one: 104,224 rows of 14 indices, each since its own first day', () => {
  expect(ROWS).toBe(104_224)
  const seen = new Map<string, { rows: number; first: string; last: string }>()
  for (const { index, date } of ticksByIndex()) {
    const market = seen.get(index) ?? { rows: 0, first: date, last: '' }
    expect(date > market.last, `${index} ${date} comes after ${market.last}`).toBe(true)
    seen.set(index, { rows: market.rows + 1, first: market.first, last: date })
  }
  expect([...seen.keys()].join(' ')).toBe(
    'HSI NYA IXIC 000001.SS N225 N100 399001.SZ GSPTSE NSEI GDAXI KS11 SSMI TWII J203.JO',
  )
  for (const { index, firstDay, rows } of markets)
    expect(seen.get(index)).toMatchObject({ first: firstDay, rows })
  expect(Math.min(...[...seen.values()].map((market) => Number(market.first.slice(0, 4))))).toBe(1965)
  expect([...seen.values()].every((market) => market.last.startsWith('2021-05'))).toBe(true)
})

test('header and numbers are written as in the real file', () => {
  const [header, first] = csvLines()
  const [realHeader] = readFileSync(new URL('./sample.csv', import.meta.url), 'utf8').split('\n')
  expect(header).toBe(`${realHeader}\n`)
  expect(first).toMatch(
    /^HSI,1986-12-31,2568\.300049,\d+\.\d{1,6},\d+\.\d{1,6},2568\.300049,2568\.300049,0\.0,\d+\.\d+\n$/,
  )
})

test('every row is one that the contract accepts, on a weekday, its prices in order', () => {
  let largest = 0
  let fractions = 0
  for (const tick of ticksByIndex()) {
    const { open, high, low, close, volume, date } = tick
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
    const sound =
      validate(canonicalBytes(tick)).accepted &&
      weekday > 0 &&
      weekday < 6 &&
      low > 0 &&
      low <= Math.min(open, close) &&
      high >= Math.max(open, close)
    if (!sound) expect.fail(JSON.stringify(tick))
    largest = Math.max(largest, volume)
    if (!Number.isInteger(volume)) fractions++
  }
  expect(largest).toBeGreaterThan(9e9)
  expect(fractions).toBeGreaterThan(1_000)
})

test('interleaved, the same rows come, all indices from the start', () => {
  const rows = [...interleavedTicks()]
  expect(new Set(rows.slice(0, 14).map((tick) => tick.index)).size).toBe(14)
  const byIndex = rows.filter((tick) => tick.index === 'KS11')
  expect(byIndex).toEqual([...ticksByIndex()].filter((tick) => tick.index === 'KS11'))
  expect(rows).toHaveLength(ROWS)
})
