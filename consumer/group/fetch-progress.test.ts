// A partition that the client will never read on, told from all that only looks like one.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isHandedOver, type Look, Positions, suspectedSince } from './fetch-progress.ts'

const behind: Look = {
  position: 100,
  low: 150,
  high: 200,
  fetchedLow: undefined,
  shortBatches: 0,
  records: 0,
}

test('what Kafka has is not suspected, its first offset and its end included', () => {
  for (const position of [150, 170, 200]) {
    expect(suspectedSince(undefined, { ...behind, position })).toBeUndefined()
    expect(suspectedSince(behind, { ...behind, position })).toBeUndefined()
  }
})

test.each([
  ['before the first offset', 100],
  ['beyond the end', 201],
])('a position %s is suspected since it was first seen, and anew when it moves', (_name, position) => {
  const first = { ...behind, position }
  const second = { ...first, shortBatches: 30 }
  expect(suspectedSince(undefined, first)).toBe(first)
  expect(suspectedSince(first, second)).toBe(first)
  const moved = { ...second, position: position + (position > 200 ? 1 : -1) }
  expect(suspectedSince(first, moved)).toBe(moved)
})

test('a partition that is fetched is suspected anew: it passes over offsets without a record', () => {
  const told = { ...behind, fetchedLow: 150 }
  expect(suspectedSince(behind, told)).toBe(told)
  const toldBefore = { ...behind, fetchedLow: 90 }
  expect(suspectedSince(behind, toldBefore)).toBe(behind)
})

test('all is handed over once the queue was empty time and again, or more came than it can hold', () => {
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
  const positions = new Positions()
  positions.assigned([{ partition: 0, offset: 100 }])
  const lost: string[] = []
  const kafka = {
    low: 150,
    fetchedLow: undefined as number | undefined,
    answer: async () => ({ low: kafka.low, high: 200 }),
  }
  const stop = positions.watch(
    { watermarks: () => kafka.answer(), fetchedLow: () => kafka.fetchedLow },
    (why) => lost.push(why),
  )
  /** The next look, and what the client hands over until then. */
  const look = async (shortBatches = 100) => {
    for (let i = 0; i < shortBatches; i++) positions.handedOver([], [], false)
    await vi.advanceTimersByTimeAsync(30_000)
  }
  return { positions, lost, kafka, stop, look }
}

test('the second look tells of the partition that stood still, and of what is lost', async () => {
  const { lost, look, positions } = watched()
  positions.assigned([{ partition: 1, offset: 160 }])
  await look()
  expect(lost).toEqual([])
  await look()
  expect(lost).toEqual([
    'partition 0 goes on at offset 100, and Kafka has deleted what lies before 150: 50 offsets that were not read',
  ])
})

test('records, and ends, that are handed over move the position', async () => {
  const { lost, look, positions, kafka } = watched()
  kafka.low = 0
  positions.handedOver([{ partition: 0, offset: 170 }], [], false)
  kafka.low = 171
  for (let i = 0; i < 3; i++) await look()
  positions.handedOver([], [{ partition: 0, offset: 180 }], false)
  kafka.low = 180
  for (let i = 0; i < 3; i++) await look()
  expect(lost).toEqual([])
})

test('while nothing is handed over, as where memory is full, nothing is told', async () => {
  const { lost, look } = watched()
  for (let i = 0; i < 10; i++) await look(0)
  expect(lost).toEqual([])
  await look()
  expect(lost).toHaveLength(1)
})

test('full batches of other partitions tell only after more than the queue can hold', async () => {
  const { lost, look, positions } = watched()
  const full = Array.from({ length: 1_000 }, (_, offset) => ({ partition: 1, offset }))
  await look(0)
  for (let i = 0; i < 50; i++) positions.handedOver(full, [], true)
  await look(0)
  expect(lost).toEqual([])
})

test('an answer counts for nothing when records came while it was on its way', async () => {
  const { lost, look, positions, kafka } = watched()
  await look()
  kafka.answer = async () => {
    positions.handedOver([{ partition: 0, offset: 160 }], [], false)
    return { low: 150, high: 200 }
  }
  await look()
  expect(lost).toEqual([])
})

test('a partition that goes and comes is looked at anew; one that is gone is not asked for', async () => {
  const { lost, look, positions, kafka } = watched()
  for (let i = 0; i < 5; i++) {
    await look()
    positions.unassigned([0])
    positions.assigned([{ partition: 0, offset: 100 }])
  }
  expect(lost).toEqual([])
  positions.unassigned([0])
  kafka.answer = () => expect.unreachable()
  await look()
})

test('a broker that does not answer tells nothing; nor is anything told after the end', async () => {
  const { lost, look, kafka, stop } = watched()
  const { answer } = kafka
  await look()
  kafka.answer = () => Promise.reject(new Error('timed out'))
  for (let i = 0; i < 3; i++) await look()
  expect(lost).toEqual([])
  const late = Promise.withResolvers<{ low: number; high: number }>()
  kafka.answer = () => late.promise
  await look()
  stop()
  late.resolve(await answer())
  await look()
  expect(lost).toEqual([])
})
