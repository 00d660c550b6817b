import { expect, test } from 'vitest'
import { flushAfter } from './flush-pace.ts'

const MINUTE_MS = 60_000

test('the flush age stays as set if it may not grow', () => {
  for (const ageMs of [0, MINUTE_MS, 1_000 * MINUTE_MS])
    expect(flushAfter({ flushAfterMs: 10_000, flushSlowsToMs: 0 }, ageMs)).toBe(10_000)
})

test('a flush age of 2 s that may grow to 10 s: 2 s for two minutes, 5 s after five, 10 s after ten', () => {
  const pace = { flushAfterMs: 2_000, flushSlowsToMs: 10_000 }
  expect([0, 2, 5, 10, 600].map((minutes) => flushAfter(pace, minutes * MINUTE_MS))).toEqual([
    2_000, 2_000, 5_000, 10_000, 10_000,
  ])
})

test('a flush age longer than the one that it may grow to stays unchanged', () => {
  expect(flushAfter({ flushAfterMs: 60_000, flushSlowsToMs: 10_000 }, 600 * MINUTE_MS)).toBe(60_000)
})

test('two partitions write at most about a thousand objects in 70 minutes', () => {
  // A count of that many takes under 5 s: see docs/compaction.md.
  const pace = { flushAfterMs: 2_000, flushSlowsToMs: 10_000 }
  const flushes = (minutes: number) => {
    let count = 0
    for (let ageMs = 0; ageMs < minutes * MINUTE_MS; ageMs += flushAfter(pace, ageMs)) count++
    return count
  }
  expect(flushes(10)).toBe(158)
  expect(2 * flushes(70)).toBeLessThan(1_100)
})
