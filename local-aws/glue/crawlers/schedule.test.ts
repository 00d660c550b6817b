import { describe, expect, it } from 'vitest'
import { schedule } from './schedule.ts'

const next = (expression: string, after: string, count = 2) => {
  const times: string[] = []
  let at: number | undefined = Date.parse(after)
  for (let i = 0; i < count; i++) {
    at = schedule(expression).next(at!)
    if (at === undefined) break
    times.push(new Date(at).toISOString().slice(0, 16))
  }
  return times
}

describe('a schedule starts', () => {
  it.each([
    ['cron(15 12 * * ? *)', '2026-03-01T12:15:00Z', ['2026-03-02T12:15', '2026-03-03T12:15']],
    ['cron(0/15 8-9 ? * MON-FRI *)', '2026-02-27T09:31:00Z', ['2026-02-27T09:45', '2026-03-02T08:00']],
    ['cron(0 0 L * ? *)', '2026-02-01T00:00:00Z', ['2026-02-28T00:00', '2026-03-31T00:00']],
    ['cron(0 0 L-1 * ? *)', '2028-02-01T00:00:00Z', ['2028-02-28T00:00', '2028-03-30T00:00']],
    ['cron(0 0 15W * ? *)', '2026-02-01T00:00:00Z', ['2026-02-16T00:00', '2026-03-16T00:00']],
    ['cron(0 0 1W * ? *)', '2026-02-20T00:00:00Z', ['2026-03-02T00:00', '2026-04-01T00:00']],
    ['cron(0 0 LW * ? *)', '2026-02-01T00:00:00Z', ['2026-02-27T00:00', '2026-03-31T00:00']],
    ['cron(0 6 ? * 2#1 *)', '2026-03-01T00:00:00Z', ['2026-03-02T06:00', '2026-04-06T06:00']],
    ['cron(0 6 ? * FRIL *)', '2026-03-01T00:00:00Z', ['2026-03-27T06:00', '2026-04-24T06:00']],
    ['cron(0 6 ? * FRI-MON *)', '2026-03-06T07:00:00Z', ['2026-03-07T06:00', '2026-03-08T06:00']],
    ['cron(0 0 29 2 ? *)', '2026-01-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['cron(5 4 1 JAN,JUL ? 2026-2027)', '2026-06-01T00:00:00Z', ['2026-07-01T04:05', '2027-01-01T04:05']],
    ['cron(0 0 1 1 ? 2020)', '2026-01-01T00:00:00Z', []],
  ])('%s after %s at %j', (expression, after, times) => {
    expect(next(expression, after)).toEqual(times)
  })
})

it.each([
  ['every day', 'six fields'],
  ['cron(15 12 * * *)', 'six fields'],
  ['cron(15 12 * * * *)', 'exactly one of'],
  ['cron(15 12 ? * ? *)', 'exactly one of'],
  ['cron(60 12 * * ? *)', 'minutes: 60 is not between 0 and 59'],
  ['cron(0 12 * FOO ? *)', 'month: FOO'],
  ['cron(0 12 ? * 8 *)', 'day of week: 8'],
  ['cron(9-5 12 * * ? *)', 'ends before it begins'],
  ['rate(5 minutes)', 'six fields'],
])('%s is refused', (expression, reason) => {
  expect(() => schedule(expression)).toThrow(reason)
})
