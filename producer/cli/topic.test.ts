import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TopicState, TopicWanted } from '../topic.ts'
import { makeTopic } from './topic.ts'

const wanted: TopicWanted = { partitions: 1, replication: 1, retentionMs: 1, timestampType: 'LogAppendTime' }
const config = { KAFKA_BOOTSTRAP_SERVERS: 'broker:9092', KAFKA_CONNECT_TIMEOUT_MS: 60_000 }
const out = new PassThrough()
const state = { name: 'ticks' } as TopicState

/** A broker that knows a topic some time after it was asked to create it. */
function brokerThatKnowsAfter(ms: number) {
  let madeAt = Number.POSITIVE_INFINITY
  return {
    async create() {
      madeAt = Date.now()
    },
    async describe() {
      return Date.now() >= madeAt + ms ? state : undefined
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('a topic that a busy broker knows only 50 s after its creation is waited for', async () => {
  const made = makeTopic(
    brokerThatKnowsAfter(50_000),
    'ticks',
    wanted,
    config,
    new AbortController().signal,
    out,
  )
  await vi.advanceTimersByTimeAsync(51_000)
  expect(await made).toBe(state)
})

test('a topic that never becomes known is reported as created but not ready', async () => {
  const broker = brokerThatKnowsAfter(3_600_000)
  const made = makeTopic(broker, 'ticks', wanted, config, new AbortController().signal, out)
  const failure = expect(made).rejects.toMatchObject({ code: 'TOPIC_NOT_READY' })
  await vi.advanceTimersByTimeAsync(61_000)
  await failure
})

test('the broker’s error is reported if the topic does not exist', async () => {
  const refused = new Error('replication 3 of 1')
  const broker = { create: () => Promise.reject(refused), describe: async () => undefined }
  await expect(makeTopic(broker, 'ticks', wanted, config, new AbortController().signal, out)).rejects.toBe(
    refused,
  )
})
