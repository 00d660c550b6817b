// When `catalog serve` audits, and which results count, with a fake clock and no server.
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

/** @param results of each audit, in order: the lost rows, or that it fails; the last one stays */
function start(
  results: (number | 'fails')[],
  config: { auditEveryMs?: number; compactEveryMs?: number } = {},
) {
  const started: { minute: number; options: AuditOptions }[] = []
  const reported: { minute: number; result: boolean | 'failed' }[] = []
  const stop = new AbortController()
  const startedAt = Date.now()
  const minute = () => (Date.now() - startedAt) / MINUTE_MS
  const job = new AuditJob({
    config: { auditEveryMs: 60 * MINUTE_MS, compactEveryMs: 0, registerEveryMs: 5_000, ...config },
    async audit(options) {
      started.push({ minute: minute(), options })
      const next = results.length > 1 ? results.shift()! : results[0]!
      if (next === 'fails') throw new Error('no broker')
      return outcome(next)
    },
    attempt: (work) =>
      work().then(
        () => true,
        () => false,
      ),
    onResult: (_, isGood) => reported.push({ minute: minute(), result: isGood }),
    onFailed: () => reported.push({ minute: minute(), result: 'failed' }),
  })
  void job.run(stop.signal)
  const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * MINUTE_MS)
  return { job, started, reported, stop, minutes, startMinutes: () => started.map((one) => one.minute) }
}

test('one five minutes after the start, then one an hour', async () => {
  const { startMinutes, reported, minutes } = start([0])
  await minutes(200)
  expect(startMinutes()).toEqual([5, 65, 125, 185])
  expect(reported.map(({ result }) => result)).toEqual([true, true, true, true])
})

test('0 is never, not even after a compaction', async () => {
  const { job, started, minutes } = start([0], { auditEveryMs: 0 })
  await minutes(100)
  job.compactionPassed(true)
  await minutes(100)
  expect(started).toEqual([])
})

test('a compaction that changed something is audited at once, and the hour starts again; one that changed nothing is not audited', async () => {
  const { job, startMinutes, minutes } = start([0], { compactEveryMs: 5 * MINUTE_MS })
  await minutes(1)
  job.compactionPassed(false)
  await minutes(1)
  job.compactionPassed(true)
  await minutes(1)
  expect(startMinutes()).toEqual([2])
  for (let minute = 3; minute < 70; minute += 5) {
    job.compactionPassed(false)
    await minutes(5)
  }
  expect(startMinutes()).toEqual([2, 63])
})

test('when the hour is over the next pass is waited for, but not forever', async () => {
  const { job, startMinutes, minutes } = start([0], { compactEveryMs: 5 * MINUTE_MS })
  await minutes(7)
  expect(startMinutes()).toEqual([])
  job.compactionPassed(false)
  await minutes(1)
  expect(startMinutes()).toEqual([7])
  await minutes(120)
  expect(startMinutes()).toEqual([7, 72])
})

test('what a compaction changes while an audit runs is audited after it', async () => {
  const { job, startMinutes, reported, minutes } = start([3, 0, 0], { compactEveryMs: 1 * MINUTE_MS })
  await minutes(5.5)
  job.compactionPassed(false)
  await minutes(0.7)
  expect([startMinutes(), reported]).toEqual([[5.5], []])
  job.compactionPassed(true)
  await minutes(1)
  expect(startMinutes()).toEqual([5.5, 6.5, 6.5])
})

test('a finding counts when a second audit a minute later has one too', async () => {
  const { startMinutes, reported, minutes } = start([3, 0, 0])
  await minutes(10)
  expect(startMinutes()).toEqual([5, 6])
  expect(reported).toEqual([{ minute: 6, result: true }])
  const lasting = start([3])
  await lasting.minutes(10)
  expect(lasting.reported).toEqual([{ minute: 6, result: false }])
})

test('an audit that fails is reported, and tried again in five minutes', async () => {
  const { reported, minutes } = start(['fails', 'fails', 0])
  await minutes(30)
  expect(reported).toEqual([
    { minute: 5, result: 'failed' },
    { minute: 10, result: 'failed' },
    { minute: 15, result: true },
  ])
})

test('a claim that a consumer left incomplete is no loss for an hour, and is waited for only a few seconds', async () => {
  const { started, minutes } = start([0])
  await minutes(6)
  expect(started[0]!.options).toMatchObject({ deep: false, tail: { inFlightMs: 3_600_000, waitMs: 5_000 } })
})

test('a stop ends the waiting, and an interrupted audit does not count', async () => {
  const { reported, stop, minutes } = start([3])
  await minutes(5.5)
  stop.abort()
  await minutes(100)
  expect(reported).toEqual([])
})
