import { expect, test } from 'vitest'
import { demoConfig } from './config.ts'

test('without anything it loops generated rows, 200 a second, until Ctrl-C', () => {
  expect(demoConfig({})).toEqual({ csv: undefined, mode: 'loop', rate: '200', runMs: 0 })
})

test('a CSV file is replayed once, unless MODE says otherwise', () => {
  const CSV = import.meta.filename
  expect(demoConfig({ CSV })).toMatchObject({ csv: CSV, mode: 'replay' })
  expect(demoConfig({ CSV, MODE: 'sample' })).toMatchObject({ mode: 'sample' })
})

test('a live feed is sent as it comes, and not beside a file', () => {
  const SOURCE = 'coinbase:BTC-USD'
  expect(demoConfig({ SOURCE })).toMatchObject({ source: SOURCE, mode: 'replay', rate: 'max' })
  expect(demoConfig({ SOURCE, RATE: '5' })).toMatchObject({ rate: '5' })
  expect(() => demoConfig({ SOURCE, CSV: import.meta.filename })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', why: 'SOURCE and CSV are two sources' }),
  )
})

test('every wrong word is named before anything starts', () => {
  expect(() => demoConfig({ MODE: 'fast', RATE: 'quick', SECONDS_TO_RUN: 'soon' })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      why: expect.stringMatching(/MODE.*RATE.*SECONDS_TO_RUN/s),
    }),
  )
  expect(() => demoConfig({ CSV: '/nowhere/prices.csv' })).toThrow(
    expect.objectContaining({ code: 'CSV_UNREADABLE' }),
  )
})
