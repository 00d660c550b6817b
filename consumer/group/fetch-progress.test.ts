// A partition that the client will never read again is distinguished from those that only look stalled.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FetchProgress, isHandedOver, type ProgressSample, suspectedSince } from './fetch-progress.ts'

const behind: ProgressSample = {
  nextOffset: 100,
  low: 150,
  high: 200,
  fetchedLow: undefined,
  shortBatches: 0,
  records: 0,
}

test('an offset that Kafka has is not suspected, including its first offset and its end', () => {
  for (const nextOffset of [150, 170, 200]) {
    expect(suspectedSince(undefined, { ...behind, nextOffset })).toBeUndefined()
    expect(suspectedSince(behind, { ...behind, nextOffset })).toBeUndefined()
  }
})

test.each([
  ['before the first offset', 100],
  ['beyond the end', 201],
])(
  'an offset %s is suspected from when it was first seen, and from the start again when it moves',
  (_name, nextOffset) => {
    const first = { ...behind, nextOffset }
    const second = { ...first, shortBatches: 30 }
    expect(suspectedSince(undefined, first)).toBe(first)
    expect(suspectedSince(first, second)).toBe(first)
    const moved = { ...second, nextOffset: nextOffset + (nextOffset > 200 ? 1 : -1) }
    expect(suspectedSince(first, moved)).toBe(moved)
  },
)

test('suspicion of a partition starts over after a fetch, which may skip offsets without a record', () => {
  const fetched = { ...behind, fetchedLow: 150 }
  expect(suspectedSince(behind, fetched)).toBe(fetched)
  const fetchedBefore = { ...behind, fetchedLow: 90 }
  expect(suspectedSince(behind, fetchedBefore)).toBe(behind)
})

test('everything is handed over once the queue was empty several times, or more came than it can hold', () => {
  expect(isHandedOver(behind, { ...behind, shortBatches: 19, records: 9_999_999 })).toBe(false)
  expect(isHandedOver(behind, { ...behind, shortBatches: 20 })).toBe(true)
  expect(isHandedOver(behind, { ...behind, records: 10_000_000 })).toBe(true)
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Partition 0, read from 100, of which Kafka has [150,200). */
function watched() {
  const progress = new FetchProgress()
  progress.assigned([{ partition: 0, offset: 100 }])
  const lost: string[] = []
  const kafka = {
    low: 150,
    fetchedLow: undefined as number | undefined,
    answer: async () => ({ low: kafka.low, high: 200 }),
  }
  const stop = progress.watch(
    { watermarks: () => kafka.answer(), fetchedLow: () => kafka.fetchedLow },
    (why) => lost.push(why),
  )
  /** The next check, and what the client returns until then. */
  const check = async (shortBatches = 100) => {
    for (let i = 0; i < shortBatches; i++) progress.handedOver([], [], false)
    await vi.advanceTimersByTimeAsync(30_000)
  }
  return { progress, lost, kafka, stop, check }
}

test('the second check reports the partition that stalled, and what is lost', async () => {
  const { lost, check, progress } = watched()
  progress.assigned([{ partition: 1, offset: 160 }])
  await check()
  expect(lost).toEqual([])
  await check()
  expect(lost).toEqual([
    'partition 0 continues at offset 100, and Kafka has deleted what lies before 150: 50 offsets that were not read',
  ])
})

test('records and partition ends that are returned move the next offset', async () => {
  const { lost, check, progress, kafka } = watched()
  kafka.low = 0
  progress.handedOver([{ partition: 0, offset: 170 }], [], false)
  kafka.low = 171
  for (let i = 0; i < 3; i++) await check()
  progress.handedOver([], [{ partition: 0, offset: 180 }], false)
  kafka.low = 180
  for (let i = 0; i < 3; i++) await check()
  expect(lost).toEqual([])
})

test('while nothing is returned, for example because memory is full, nothing is reported', async () => {
  const { lost, check } = watched()
  for (let i = 0; i < 10; i++) await check(0)
  expect(lost).toEqual([])
  await check()
  expect(lost).toHaveLength(1)
})

test('full batches of other partitions count only after more than the queue can hold', async () => {
  const { lost, check, progress } = watched()
  const full = Array.from({ length: 1_000 }, (_, offset) => ({ partition: 1, offset }))
  await check(0)
  for (let i = 0; i < 50; i++) progress.handedOver(full, [], true)
  await check(0)
  expect(lost).toEqual([])
})

test('an answer is ignored if records came while it was pending', async () => {
  const { lost, check, progress, kafka } = watched()
  await check()
  kafka.answer = async () => {
    progress.handedOver([{ partition: 0, offset: 160 }], [], false)
    return { low: 150, high: 200 }
  }
  await check()
  expect(lost).toEqual([])
})

test('a reassigned partition is checked from the start; a revoked one is not asked about', async () => {
  const { lost, check, progress, kafka } = watched()
  for (let i = 0; i < 5; i++) {
    await check()
    progress.unassigned([0])
    progress.assigned([{ partition: 0, offset: 100 }])
  }
  expect(lost).toEqual([])
  progress.unassigned([0])
  kafka.answer = () => expect.unreachable()
  await check()
})

test('a broker that does not answer proves nothing; after the end nothing is reported', async () => {
  const { lost, check, kafka, stop } = watched()
  const { answer } = kafka
  await check()
  kafka.answer = () => Promise.reject(new Error('timed out'))
  for (let i = 0; i < 3; i++) await check()
  expect(lost).toEqual([])
  const late = Promise.withResolvers<{ low: number; high: number }>()
  kafka.answer = () => late.promise
  await check()
  stop()
  late.resolve(await answer())
  await check()
  expect(lost).toEqual([])
})
