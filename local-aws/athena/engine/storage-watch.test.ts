import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchStorage } from './storage-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('S3 that does not answer twice is away; a single late answer is not', async () => {
  const answers = [true, false, true, false, false]
  const lost = vi.fn()
  using _watch = watchStorage({ answers: async () => answers.shift()! }, lost)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(lost).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(lost).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(lost).toHaveBeenCalledOnce()
})
