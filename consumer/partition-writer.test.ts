import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { expect, test } from 'vitest'
import { consumerEvents } from './events.ts'
import type { LandingPort } from './landing.ts'
import { PartitionWriter } from './partition-writer.ts'

/** As much of S3 as claims without objects need. */
const landing = {
  store: { firstKey: async () => undefined, putIfAbsent: async () => 'stored' },
} as unknown as LandingPort

test('a range that is left out is counted as completed, but not as a flush: nothing was frozen', async () => {
  const registry = makeRegistry('consumer')
  const writer = new PartitionWriter({
    plan: { lake: { prefix: 'p', dataset: 'd' }, format: 'parquet', topic: 't', topicId: '0'.repeat(32) },
    partition: 0,
    flushAfterMs: () => 1_000,
    flushBytes: 1_000,
    flushRows: 1_000,
    landing,
    events: consumerEvents(makeLogger('consumer', { LOG_LEVEL: 'silent' }), registry),
    confirmTopic: async () => {},
    commit: async () => {},
    onProgress: () => {},
  })
  expect(await writer.recover()).toBe(0)
  expect(await writer.skipTo(7, 'the test leaves it out')).toBe(7)
  const counted = async (name: string) =>
    (await registry.getSingleMetric(name)!.get()).values.map(({ value }) => value)
  expect(await counted('ticklake_consumer_claims_completed_total')).toEqual([1])
  expect((await counted('ticklake_consumer_flush_seconds')).every((value) => value === 0)).toBe(true)
})
