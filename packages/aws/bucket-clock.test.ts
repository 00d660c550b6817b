import { expect, test } from 'vitest'
import { BucketClock } from './bucket-clock.ts'

const NOON_MS = Date.UTC(2026, 10, 26, 12)
const at = (ms: number) => new Date(ms).toUTCString()

/** A clock, the local elapsed time, and an answer with these headers, as the client's middleware sees it. */
function start() {
  const here = { ms: 5_000 }
  const clock = new BucketClock(() => here.ms)
  type Middleware = (next: (args: object) => Promise<object>) => (args: object) => Promise<unknown>
  let middleware!: Middleware
  clock.follow({ middlewareStack: { add: (one: Middleware) => (middleware = one) } } as never)
  const answer = async (headers: Record<string, string>, LastModified?: Date) => {
    const output = { LastModified }
    await middleware(async () => ({ response: { headers }, output }))({})
    return output
  }
  return { clock, here, answer }
}

test.each([
  ['one second is allowed for rounding', NOON_MS - 10_000, 9_000],
  ['an object of this second has no age', NOON_MS, 0],
  ['one that is newer than its answer, within the resolution', NOON_MS + 1_000, 0],
  ['an object newer than that contradicts the answer', NOON_MS + 60_000, undefined],
])('an age is never more than it really is: %s', async (_what, writtenMs, ageMs) => {
  const { clock, answer } = start()
  expect(clock.ageMs(await answer({ date: at(NOON_MS) }, new Date(writtenMs)))).toBe(ageMs)
})

test('an answer without LastModified, or of another client, gives no age', async () => {
  const { clock, answer } = start()
  expect(clock.ageMs(await answer({ date: at(NOON_MS) }))).toBeUndefined()
  expect(clock.ageMs({ LastModified: new Date(0) })).toBeUndefined()
})

test.each([
  ['no Date', undefined, 'no Date'],
  ['no time', 'yesterday', '"yesterday"'],
  ['another form', '2026-11-26T12:00:00Z', '"2026-11-26T12:00:00Z"'],
  ['a weekday that does not match the day', 'Mon, 26 Nov 2026 12:00:00 GMT', 'Mon, 26'],
  ['a day that does not exist', 'Mon, 30 Feb 2026 12:00:00 GMT', '30 Feb'],
  ['before there was such a bucket', 'Thu, 01 Jan 1970 00:00:00 GMT', '1970'],
  ['absurdly late', 'Sat, 01 Jan 9999 00:00:00 GMT', '9999'],
])('%s: there is no usable time, and the reason is given', async (_what, date, why) => {
  const { clock, answer } = start()
  const reading = clock.steady()
  expect(() => reading.nowMs()).toThrow('cannot be relied on')
  await answer({ date: at(NOON_MS) })
  expect(reading.nowMs()).toBe(NOON_MS)
  const odd = await answer(date === undefined ? {} : { date }, new Date(0))
  expect(clock.ageMs(odd)).toBeUndefined()
  expect(() => reading.nowMs()).toThrow(
    expect.objectContaining({ code: 'BUCKET_CLOCK', why: expect.stringContaining(why) }),
  )
  await answer({ date: at(NOON_MS) })
  expect(reading.nowMs(), 'the next answer may be right again').toBe(NOON_MS)
})

test.each([
  ['ahead', 2 * 3_600_000],
  ['back', -2 * 3_600_000],
])(
  'a clock that jumps during a series of readings makes it useless, the next one works: %s',
  async (how, byMs) => {
    const { clock, here, answer } = start()
    await answer({ date: at(NOON_MS) })
    const reading = clock.steady()
    here.ms += 30_000
    await answer({ date: at(NOON_MS + 31_000) })
    expect(reading.nowMs()).toBe(NOON_MS + 31_000)
    await answer({ date: at(NOON_MS + 31_000 + byMs) })
    expect(() => reading.nowMs()).toThrow(
      expect.objectContaining({ why: expect.stringContaining(`s ${how}`) }),
    )
    await answer({ date: at(NOON_MS + 31_000 + byMs) })
    expect(() => reading.nowMs(), 'a steady clock afterwards does not repair the series').toThrow()
    expect(clock.steady().nowMs()).toBe(NOON_MS + 31_000 + byMs)
  },
)

test('alternating servers whose clocks differ by hours give no time', async () => {
  const { clock, answer } = start()
  await answer({ date: at(NOON_MS) })
  for (let i = 0; i < 3; i++) {
    const reading = clock.steady()
    await answer({ date: at(NOON_MS + (i % 2 ? 0 : 7_200_000)) })
    expect(() => reading.nowMs()).toThrow('cannot be relied on')
  }
})
