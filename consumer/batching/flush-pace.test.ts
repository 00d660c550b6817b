import { expect, test } from 'vitest'
import { flushAfter } from './flush-pace.ts'

const MINUTE_MS = 60_000

test('a flush stays as short as it was set, where it may not grow', () => {
  for (const ageMs of [0, MINUTE_MS, 1_000 * MINUTE_MS])
    expect(flushAfter({ flushAfterMs: 10_000, flushSlowsToMs: 0 }, ageMs)).toBe(10_000)
})

test('a flush of 2 s that may grow to 10 s: 2 s for two minutes, 5 s after five, 10 s from ten on', () => {
  const pace = { flushAfterMs: 2_000, flushSlowsToMs: 10_000 }
  expect([0, 2, 5, 10, 600].map((minutes) => flushAfter(pace, minutes * MINUTE_MS))).toEqual([
    2_000, 2_000, 5_000, 10_000, 10_000,
  ])
})

test('a flush that was set longer than what it may grow to stays as it is', () => {
  expect(flushAfter({ flushAfterMs: 60_000, flushSlowsToMs: 10_000 }, 600 * MINUTE_MS)).toBe(60_000)
})

test('what is open at worst at this pace, two partitions for 70 minutes, are some thousand objects', () => {
  // So many are counted in under 5 s: see docs/compaction.md.
  const pace = { flushAfterMs: 2_000, flushSlowsToMs: 10_000 }
  const flushes = (minutes: number) => {
    let count = 0
    for (let ageMs = 0; ageMs < minutes * MINUTE_MS; ageMs += flushAfter(pace, ageMs)) count++
    return count
  }
  expect(flushes(10)).toBe(158)
  expect(2 * flushes(70)).toBeLessThan(1_100)
})
