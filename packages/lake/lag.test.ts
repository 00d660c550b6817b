// The lag of a topic that has lost records, and of one that has only grown meanwhile.

import { claimKey } from '@ticklake/contract/keys.ts'
import { expect, test } from 'vitest'
import { ChainTails } from './chain-tail.ts'
import { measureLag } from './lag.ts'
import type { ObjectSource } from './object-source.ts'

const lake = { prefix: 'lake', dataset: 'ticks' }
const topicId = '0123456789abcdef0123456789abcdef'

/** A bucket in which partition 0 is claimed up to 50. */
const bucket = {
  async *list() {
    yield { key: claimKey(lake, topicId, 0, 0) }
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
} as unknown as ObjectSource

const tails = new ChainTails(bucket, lake)

/** A topic that ends at these offsets, one after the other. */
function topicEnding(...ends: number[]) {
  return async () => ({
    topicId,
    partitions: [{ partition: 0, low: 0, end: ends.length > 1 ? ends.shift()! : ends[0]! }],
  })
}

test('a topic that ends before its claims lacks the records in between', async () => {
  const { truncatedByPartition } = await measureLag(tails, topicEnding(10))
  expect([...truncatedByPartition]).toEqual([[0, 40]])
})

test('claims that came after the topic was read are not a loss', async () => {
  const { truncatedByPartition, records } = await measureLag(tails, topicEnding(45, 60))
  expect([...truncatedByPartition]).toEqual([])
  expect(records).toBe(0)
})
