// Lookups of offsets that Kafka has, has deleted, and does not have yet.
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { deleteRecordsBefore, produceInTransaction } from '@ticklake/testing/topic-changes.ts'
import { expect, test } from 'vitest'
import { kafkaConfig } from './config.ts'
import { RecordLookup } from './record-lookup.ts'
import { Broker } from './topic.ts'

const ROWS = 10

test('an offset at or after the end of a partition is beyond it, even if nothing more is written; one before it is found', async () => {
  const env = testEnv()
  await createTopic(env, 2)
  await produce(env, ticks(2 * ROWS, 2))
  const config = kafkaConfig(env)
  using broker = new Broker(config)
  const { topicId } = await broker.topic()
  using lookup = new RecordLookup(config, topicId, 'test')
  const [last, atEnd, behindEnd] = await Promise.all([
    lookup.find(0, ROWS - 1),
    lookup.find(0, ROWS),
    lookup.find(1, ROWS + 1),
  ])
  expect(last).toMatchObject({ timestampMs: expect.any(Number), value: expect.any(Uint8Array) })
  expect([atEnd, behindEnd]).toEqual(['beyond-end', 'beyond-end'])
}, 20_000)

test('the first record of a range is found, and none where there are only aborted ones and markers', async () => {
  const env = testEnv()
  await createTopic(env, 1)
  await produce(env, ticks(2, 1))
  await produceInTransaction(env, 0, [Buffer.from('a'), Buffer.from('b')], 'abort')
  await produceInTransaction(env, 0, [Buffer.from('c')], 'commit')
  const config = kafkaConfig(env)
  using broker = new Broker(config)
  const { topicId, partitions } = await broker.topic()
  expect(partitions[0]!.end, 'two records, two aborted ones and a marker, one record and a marker').toBe(7)
  using lookup = new RecordLookup(config, topicId, 'test')
  expect(await lookup.find(0, 2, 5)).toBe('absent')
  expect(await lookup.find(0, 2, 6)).toMatchObject({ offset: 5, value: Uint8Array.of(99) })
  expect(await lookup.find(0, 6, 7)).toBe('absent')
  expect(await lookup.find(0, 6, 8)).toBe('beyond-end')
}, 20_000)

test('of a range whose beginning Kafka has deleted, the first record that is left is found', async () => {
  const env = testEnv()
  await createTopic(env, 1)
  await produce(env, ticks(ROWS, 1))
  await deleteRecordsBefore(env, 0, 5)
  const config = kafkaConfig(env)
  using broker = new Broker(config)
  const { topicId } = await broker.topic()
  using lookup = new RecordLookup(config, topicId, 'test')
  expect(await lookup.find(0, 2, 8)).toMatchObject({ offset: 5 })
  expect(await lookup.find(0, 2, 5)).toBe('absent')
}, 20_000)
