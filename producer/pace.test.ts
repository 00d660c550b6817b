import { expect, test } from 'vitest'
import { makePace } from './pace.ts'

/** Runs for a while with timers late by up to `lateMs`, and counts the rows. */
function rowsIn(seconds: number, rate: number, lateMs: (pass: number) => number, batch = 500): number {
  let now = 1_000
  const pace = makePace(rate, () => now)
  let rows = 0
  for (let pass = 0; ; pass++) {
    const taken = pace.take(batch)
    rows += taken
    if (taken > 0) continue
    now += Math.ceil(pace.waitMs()) + lateMs(pass)
    if (now >= 1_000 + seconds * 1_000) return rows
  }
}

test.each([[0.5], [1], [3], [200], [777.7], [50_000]])(
  '%d rows a second are exact over a minute, even with late timers',
  (rate) => {
    const late = [() => 0, (pass: number) => pass % 7, (pass: number) => (pass % 100 === 0 ? 900 : 1)]
    for (const lateMs of late) {
      const rows = rowsIn(60, rate, lateMs)
      // The first row is due at once; the last pass may end after the minute.
      expect(Math.abs(rows - rate * 60)).toBeLessThanOrEqual(1 + rate * 1)
      expect(rows / 60).toBeGreaterThan(rate * 0.98)
    }
  },
)

test('rows are spread over the second, not sent at its start', () => {
  let now = 0
  const pace = makePace(200, () => now)
  expect(pace.take(500)).toBe(1)
  expect(pace.waitMs()).toBe(5)
  now = 50
  expect(pace.take(500)).toBe(10)
  expect(pace.take(500)).toBe(0)
})

test('rows missed in a stall of more than ten seconds are not made up for', () => {
  let now = 0
  const pace = makePace(100, () => now)
  pace.take(1)
  now = 3_600_000
  expect(pace.take(1_000_000)).toBeLessThanOrEqual(1_001)
  now += 1_000
  expect(pace.take(1_000_000)).toBe(100)
})

test('max does not limit', () => {
  const pace = makePace('max', () => 0)
  expect([pace.take(500), pace.take(500), pace.waitMs()]).toEqual([500, 500, 0])
})
