// When the dashboard says that nearly everything is rejected, and when it stops saying so.
import { expect, test } from 'vitest'
import { RecentRejections } from './recent-rejections.ts'

const fault = (reason: 'missing_field' | 'not_json', offset = 0) =>
  ({ reason, detail: `${reason} it is`, origin: `partition 0, offset ${offset}` }) as const
const faults = (count: number) => Array.from({ length: count }, (_, offset) => fault('missing_field', offset))

test('a topic with only rejected records is detected at once, with the most common reason and its first example', () => {
  const recent = new RecentRejections()
  expect(recent.nearlyAll()).toBeUndefined()
  recent.add(0, 3, [fault('not_json', 4), fault('missing_field', 5), fault('missing_field', 6)])
  expect(recent.nearlyAll()).toEqual({
    received: 3,
    rejected: 3,
    reason: 'missing_field',
    count: 2,
    example: 'partition 0, offset 5: missing_field it is',
  })
})

test('a few rejected records among accepted ones are not reported', () => {
  const recent = new RecentRejections()
  recent.add(0, 1_000, faults(100))
  recent.add(250, 1, faults(1))
  expect(recent.nearlyAll()).toBeUndefined()
  const slow = new RecentRejections()
  for (let second = 0; second < 60; second++) slow.add(second * 1_000, 1, second % 3 === 0 ? [] : faults(1))
  expect(slow.nearlyAll()).toBeUndefined()
})

test('a sender that breaks is detected within five seconds, and so is its recovery', () => {
  const recent = new RecentRejections()
  recent.add(0, 600, [])
  const noticed = (from: number, wrong: boolean) => {
    for (let ms = from; ; ms += 250) {
      recent.add(ms, 50, wrong ? faults(50) : [])
      if ((recent.nearlyAll() !== undefined) === wrong) return ms - from
    }
  }
  expect(noticed(250, true)).toBeLessThan(5_000)
  expect(recent.nearlyAll()?.rejected).toBeGreaterThan(500)
  recent.add(9_000, 0, [])
  const before = recent.nearlyAll()!.rejected
  recent.add(10_000, 50, faults(50))
  expect(recent.nearlyAll()?.rejected).toBe(before + 50)
  expect(noticed(20_000, false)).toBeLessThan(5_000)
})

test('rejected records at the end of the topic are detected within five seconds', () => {
  const recent = new RecentRejections()
  recent.add(0, 0, [])
  recent.add(100, 1_250, [])
  recent.add(350, 20, faults(20))
  expect(recent.nearlyAll()).toBeUndefined()
  recent.add(4_000, 0, [])
  expect(recent.nearlyAll()).toMatchObject({ received: 20, rejected: 20 })
})
