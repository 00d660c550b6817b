import { expect, test } from 'vitest'
import { TopicEnd, type TopicEndFacts } from './topic-end.ts'

/** Two partitions with 10 records each; the second belongs to another consumer. */
class World implements TopicEndFacts {
  readonly kafka = [10, 10]
  readonly own = { landedOffset: 0, shift: 0, pending: { nextOffset: 0, seal: () => this.sealed++ } }
  readonly other = { landedOffset: 0, shift: 0 }
  sealed = 0

  endOffset = async (partition: number) => this.kafka[partition]!
  writerOf = (partition: number) => (partition === 0 ? this.own : undefined)
  chainEnd = async () => this.other
}

/** Waits for a few of its checks. @returns whether the end was reached */
async function isReached(end: TopicEnd, world: World): Promise<boolean> {
  await end.wait(2, world, AbortSignal.timeout(50))
  return end.reached.aborted
}

test('it is reached when all partitions have landed, those of other consumers included', async () => {
  const end = new TopicEnd()
  const world = new World()
  expect(await isReached(end, world)).toBe(false)
  world.own.landedOffset = 10
  expect(await isReached(end, world)).toBe(false)
  world.other.landedOffset = 10
  expect(await isReached(end, world)).toBe(true)
})

test('records that come after the start are not waited for', async () => {
  const end = new TopicEnd()
  const world = new World()
  await isReached(end, world)
  world.kafka.fill(20)
  world.own.landedOffset = 10
  world.other.landedOffset = 12
  expect(await isReached(end, world)).toBe(true)
})

test('what is read up to the end is flushed, and nothing before', async () => {
  const end = new TopicEnd()
  const world = new World()
  world.own.pending.nextOffset = 9
  await isReached(end, world)
  expect(world.sealed).toBe(0)
  world.own.pending.nextOffset = 11
  await isReached(end, world)
  expect(world.sealed).toBe(1)
})

test('offsets of a new era are above Kafka’s', async () => {
  const end = new TopicEnd()
  const world = new World()
  world.own.landedOffset = 14
  Object.assign(world.own, { shift: 5 })
  world.other.landedOffset = 10
  expect(await isReached(end, world)).toBe(false)
  world.own.landedOffset = 15
  expect(await isReached(end, world)).toBe(true)
})

test('a log that Kafka has cut back ends earlier', async () => {
  const end = new TopicEnd()
  const world = new World()
  await isReached(end, world)
  world.kafka.fill(4)
  world.own.landedOffset = 4
  world.other.landedOffset = 4
  expect(await isReached(end, world)).toBe(true)
})

test('an empty topic has landed', async () => {
  const world = new World()
  world.kafka.fill(0)
  expect(await isReached(new TopicEnd(), world)).toBe(true)
})
