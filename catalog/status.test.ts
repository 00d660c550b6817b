// What the lag's numbers say of a topic that has lost records, and not of one that has only moved on meanwhile.

import type { Aws } from '@ticklake/aws/clients.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import type { Broker, TopicState } from '@ticklake/kafka/topic.ts'
import { expect, test } from 'vitest'
import type { CatalogConfig } from './config.ts'
import { measureLag } from './status.ts'

const config = { lake: { prefix: 'lake', dataset: 'ticks' } } as CatalogConfig
const topicId = '0123456789abcdef0123456789abcdef'

/** A bucket in which partition 0 is claimed up to 50. */
const bucket = {
  async *list() {
    yield { key: claimKey(config.lake, topicId, 0, 0) }
  },
  text: async () => ({
    text: JSON.stringify({
      v: 1,
      topic: 't',
      topicId,
      partition: 0,
      S: 0,
      E: 50,
      nonce: 'n',
      encoder: 'parquet/1',
      contract: 1,
      files: [],
      dead: 0,
      gaps: 0,
      skipped: 50,
      reason: 'test',
    }),
  }),
} as unknown as Aws['bucket']

/** A broker that says these ends, one after the other. */
function broker(...ends: number[]): Broker {
  const topicOnce = async (): Promise<TopicState> => ({
    topic: 't',
    topicId,
    partitions: [{ partition: 0, low: 0, end: ends.length > 1 ? ends.shift()! : ends[0]! }],
  })
  return { topicOnce } as unknown as Broker
}

test('a topic that ends before its claims lacks what lies between', async () => {
  const { truncatedByPartition } = await measureLag({ bucket }, broker(10), config)
  expect([...truncatedByPartition]).toEqual([[0, 40]])
})

test('claims that came after the topic was read are no loss', async () => {
  const { truncatedByPartition, records } = await measureLag({ bucket }, broker(45, 60), config)
  expect([...truncatedByPartition]).toEqual([])
  expect(records).toBe(0)
})
