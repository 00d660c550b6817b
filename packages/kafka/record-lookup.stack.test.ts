// Lookups of offsets that Kafka has, has deleted, and does not have yet.
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
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
