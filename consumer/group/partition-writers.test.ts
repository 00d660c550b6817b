// Writers of assigned and of revoked partitions, with an in-memory S3.
import { claimsPrefix } from '@ticklake/contract/keys.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'
import { TruncationGuard } from '../claims/truncation-guard.ts'
import type { ConsumerConfig } from '../config.ts'
import { consumerEvents } from '../events.ts'
import type { Landing } from './landing-setup.ts'
import { PartitionWriters } from './partition-writers.ts'

test('a revoked partition, too, claims nothing that Kafka has replaced since it was read', async () => {
  const store = memoryStore(new Map<string, string>())
  const events = consumerEvents(makeLogger('consumer', { LOG_LEVEL: 'silent' }), makeRegistry('consumer'))
  const target = {
    lake: { prefix: 'p', dataset: 'd' },
    format: 'jsonl',
    topic: 't',
    topicId: '0'.repeat(32),
  } as const
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const landing = {
    target,
    port: { store },
    client: { commit: async () => {} },
    guard: {
      confirm() {
        asked.resolve()
        return answered.promise
      },
    },
    confirmDataset: async () => {},
    truncation: new TruncationGuard({
      store,
      target,
      events,
      find: async () => ({ timestampMs: 0, value: Buffer.from('another record') }),
      epochEnd: async () => -1,
    }),
  } as unknown as Landing
  const pace = { flushAfterMs: 60_000, flushSlowsToMs: 0 }
  const config = { pace, flushBytes: 1e6, flushRows: 1e6, onTruncation: 'stop' } as unknown as ConsumerConfig
  const failures: unknown[] = []
  const writers = new PartitionWriters({
    config,
    events,
    startedAtMs: performance.now(),
    onFailure: (error) => failures.push(error),
  })
  const writer = writers.add(landing, 0)
  await writer.recover()
  writers.start(writer)
  writer.sink.push({ partition: 0, offset: 0, timestamp: 0, value: ticks(1, 1).next().value!.value })

  const finished = writers.finish(writers.remove([0]), 60_000)
  await asked.promise
  writers.connectionLost()
  answered.resolve()
  await finished
  expect(failures).toMatchObject([{ code: 'TOPIC_TRUNCATED', retryable: true }])
  const claims = claimsPrefix(target.lake, target.topicId, 0)
  expect([...store.objects.keys()].filter((key) => key.startsWith(claims))).toEqual([])
})
