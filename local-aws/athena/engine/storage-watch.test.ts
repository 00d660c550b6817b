import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { storageWatch } from './storage-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('S3 that does not answer twice is away; a single late answer is not', async () => {
  const answers = [true, false, true, false, false]
  const lost = vi.fn()
  using _watch = storageWatch({ answers: async () => answers.shift()! }).watch(lost)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(lost).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(lost).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(lost).toHaveBeenCalledOnce()
})

test('an answer may take seconds; S3 that is silent for seven is away', async () => {
  const late = (ms: number, answered: boolean) => async () => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return answered
  }
  const probes = [late(5_000, true), late(5_000, true), late(7_000, false)]
  const lost = vi.fn()
  using _watch = storageWatch({ answers: () => probes.shift()!() }).watch(lost)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(lost).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(lost).toHaveBeenCalledOnce()
})

test('queries that run at the same time share the probes; without any there is none', async () => {
  let probes = 0
  const { watch } = storageWatch({ answers: async () => ++probes < 3 })
  const [first, ended, second] = [vi.fn(), vi.fn(), vi.fn()]
  watch(first)
  const watched = watch(ended)
  watch(second)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(probes).toBe(2)
  watched[Symbol.dispose]()
  await vi.advanceTimersByTimeAsync(4_000)
  expect([first, ended, second].map((lost) => lost.mock.calls.length)).toEqual([1, 0, 1])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(probes).toBe(4)
  const again = vi.fn()
  watch(again)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(again).toHaveBeenCalledOnce()
})
