import { expect, test, vi } from 'vitest'
import { RejectionWatch } from './rejection-watch.ts'

function setUp() {
  const lines: string[] = []
  const clock = { now: 0 }
  const watch = new RejectionWatch(
    { warn: (_: unknown, line: string) => lines.push(line) } as never,
    () => clock.now,
  )
  return { lines, clock, watch }
}

test('a topic with nothing but rejected records is reported within five seconds, with the most common reason', () => {
  vi.useFakeTimers()
  const { lines, watch } = setUp()
  watch.received(3)
  watch.rejected('wrong_type', 0, 7, 'open is a string, not a number')
  watch.rejected('missing_field', 1, 0, 'index is missing; there is `Index`')
  watch.rejected('missing_field', 1, 1, 'index is missing')
  vi.advanceTimersByTime(5_000)
  vi.useRealTimers()
  expect(lines).toEqual([
    'rejected 3 of 3 records: 2 for missing_field, such as partition 1, offset 0: index is missing; there is `Index`; they are kept as dead letters: node consumer/main.ts dlq list',
  ])
})

test('a few rejected records among many are not reported, and a topic that stays bad is reported once a minute', () => {
  const { lines, clock, watch } = setUp()
  const check = (received: number, rejected: number) => {
    watch.received(received)
    for (let i = 0; i < rejected; i++) watch.rejected('not_json', 0, i, 'no JSON')
    watch.check()
    watch[Symbol.dispose]()
  }
  check(1_000, 100)
  expect(lines).toEqual([])
  check(100, 100)
  check(100, 100)
  expect(lines).toHaveLength(1)
  clock.now = 60_000
  check(100, 100)
  expect(lines[1]).toContain('rejected 200 of 200 records')
})

test('records that were accepted earlier hide no burst of rejected ones, and one bad record of a slow topic is no burst', () => {
  const { lines, clock, watch } = setUp()
  watch.received(5_000)
  clock.now = 30_000
  watch.received(800)
  for (let i = 0; i < 800; i++) watch.rejected('missing_field', 0, i, 'index is missing')
  watch.check()
  expect(lines).toEqual([expect.stringContaining('rejected 800 of 800 records')])
  clock.now = 200_000
  watch.received(20)
  clock.now = 230_000
  watch.received(1)
  watch.rejected('not_json', 0, 0, 'no JSON')
  watch.check()
  watch[Symbol.dispose]()
  expect(lines).toHaveLength(1)
})
