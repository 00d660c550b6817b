// When `catalog serve` audits, and what of it counts: no clock but a fake one, no server.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AuditReport } from './audit.ts'
import { AuditJob } from './job.ts'
import type { AuditOptions, AuditOutcome } from './run.ts'

const MINUTE_MS = 60_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const outcome = (lost: number) =>
  ({
    reached: true,
    report: { lost, twice: 0, findings: lost > 0 ? [{ kind: 'chain', lost }] : [] } as unknown as AuditReport,
  }) as AuditOutcome

/** @param verdicts what each audit says, in turn: the lost rows, or that it fails; the last one for good */
function start(
  verdicts: (number | 'fails')[],
  config: { auditEveryMs?: number; compactEveryMs?: number } = {},
) {
  const asked: { minute: number; options: AuditOptions }[] = []
  const told: { minute: number; verdict: boolean | 'failed' }[] = []
  const stop = new AbortController()
  const startedAt = Date.now()
  const minute = () => (Date.now() - startedAt) / MINUTE_MS
  const job = new AuditJob({
    config: { auditEveryMs: 60 * MINUTE_MS, compactEveryMs: 0, registerEveryMs: 5_000, ...config },
    async audit(options) {
      asked.push({ minute: minute(), options })
      const next = verdicts.length > 1 ? verdicts.shift()! : verdicts[0]!
      if (next === 'fails') throw new Error('no broker')
      return outcome(next)
    },
    attempt: (work) =>
      work().then(
        () => true,
        () => false,
      ),
    onVerdict: (_, isGood) => told.push({ minute: minute(), verdict: isGood }),
    onFailed: () => told.push({ minute: minute(), verdict: 'failed' }),
  })
  void job.run(stop.signal)
  const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * MINUTE_MS)
  return { job, asked, told, stop, minutes, askedAt: () => asked.map((one) => one.minute) }
}

test('one five minutes after the start, then one an hour', async () => {
  const { askedAt, told, minutes } = start([0])
  await minutes(200)
  expect(askedAt()).toEqual([5, 65, 125, 185])
  expect(told.map(({ verdict }) => verdict)).toEqual([true, true, true, true])
})

test('0 is never, not after a compaction either', async () => {
  const { job, asked, minutes } = start([0], { auditEveryMs: 0 })
  await minutes(100)
  job.compactionPassed(true)
  await minutes(100)
  expect(asked).toEqual([])
})

test('a compaction that changed something is audited at once, one that did not is not, and the hour begins anew', async () => {
  const { job, askedAt, minutes } = start([0], { compactEveryMs: 5 * MINUTE_MS })
  await minutes(1)
  job.compactionPassed(false)
  await minutes(1)
  job.compactionPassed(true)
  await minutes(1)
  expect(askedAt()).toEqual([2])
  for (let minute = 3; minute < 70; minute += 5) {
    job.compactionPassed(false)
    await minutes(5)
  }
  expect(askedAt()).toEqual([2, 63])
})

test('when the hour is over the pass that comes next is waited for, but not for ever', async () => {
  const { job, askedAt, minutes } = start([0], { compactEveryMs: 5 * MINUTE_MS })
  await minutes(7)
  expect(askedAt()).toEqual([])
  job.compactionPassed(false)
  await minutes(1)
  expect(askedAt()).toEqual([7])
  await minutes(120)
  expect(askedAt()).toEqual([7, 72])
})

test('what a compaction changes while an audit runs is audited after it', async () => {
  const { job, askedAt, told, minutes } = start([3, 0, 0], { compactEveryMs: 1 * MINUTE_MS })
  await minutes(5.5)
  job.compactionPassed(false)
  await minutes(0.7)
  expect([askedAt(), told]).toEqual([[5.5], []])
  job.compactionPassed(true)
  await minutes(1)
  expect(askedAt()).toEqual([5.5, 6.5, 6.5])
})

test('a finding counts when a second look a minute later has one too', async () => {
  const { askedAt, told, minutes } = start([3, 0, 0])
  await minutes(10)
  expect(askedAt()).toEqual([5, 6])
  expect(told).toEqual([{ minute: 6, verdict: true }])
  const lasting = start([3])
  await lasting.minutes(10)
  expect(lasting.told).toEqual([{ minute: 6, verdict: false }])
})

test('an audit without a verdict says so, and is tried again in five minutes', async () => {
  const { told, minutes } = start(['fails', 'fails', 0])
  await minutes(30)
  expect(told).toEqual([
    { minute: 5, verdict: 'failed' },
    { minute: 10, verdict: 'failed' },
    { minute: 15, verdict: true },
  ])
})

test('a claim that a consumer left begun is no loss for an hour, and is waited for a few seconds only', async () => {
  const { asked, minutes } = start([0])
  await minutes(6)
  expect(asked[0]!.options).toMatchObject({ deep: false, tail: { inFlightMs: 3_600_000, waitMs: 5_000 } })
})

test('a stop ends the waiting, and what it interrupts counts as nothing', async () => {
  const { told, stop, minutes } = start([3])
  await minutes(5.5)
  stop.abort()
  await minutes(100)
  expect(told).toEqual([])
})
