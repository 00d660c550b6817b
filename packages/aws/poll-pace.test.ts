import { expect, test } from 'vitest'
import { pollAfter } from './poll-pace.ts'

/** When a query is asked for its state, in ms after its start. */
function pollsUntil(endMs: number): number[] {
  const at = [0]
  while (at.at(-1)! < endMs) at.push(at.at(-1)! + pollAfter(at.at(-1)!))
  return at
}

test('the end of a query is noticed within an eighth of its time, within 40 ms if it is short', () => {
  for (let endMs = 1; endMs < 8_000; endMs += 7) {
    expect(pollsUntil(endMs).at(-1)! - endMs, `${endMs} ms`).toBeLessThanOrEqual(Math.max(40, endMs / 8))
  }
})

test('a query of a second needs under 20 requests, one of an hour under one a second', () => {
  expect(pollsUntil(1_000).length).toBeLessThan(20)
  expect(pollsUntil(3_600_000).length).toBeLessThan(3_650)
})
