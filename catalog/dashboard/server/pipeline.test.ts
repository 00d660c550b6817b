// The states of the pipeline's stages: what flows, what is quiet, what is red and with which text.
import { expect, test } from 'vitest'
import { type PipelineFacts, pipelineOf } from './pipeline.ts'
import type { Polled } from './poller.ts'
import type { Problem } from './wire.ts'

const now = Date.UTC(2026, 10, 21, 10)
const ok = <T>(value: T): Polled<T> => ({ value, at: now, problem: undefined })
const failed = (code: string): Polled<never> => ({ value: undefined, at: 0, problem: problem(code) })
const problem = (code: string): Problem => ({ code, what: `${code} happened`, why: 'so', remedy: 'fix it' })

const partitions = [
  { partition: 0, low: 0, end: 100 },
  { partition: 1, low: 20, end: 50 },
]
const tails = [
  { partition: 0, landedOffset: 90, newest: undefined, newestAtMs: undefined, complete: undefined, shift: 0 },
  { partition: 1, landedOffset: 0, newest: undefined, newestAtMs: undefined, complete: undefined, shift: 0 },
]

const well: PipelineFacts = {
  nowMs: now,
  config: {
    lake: { bucket: 'b', prefix: 'lake', dataset: 'ticks', database: 'd', table: 't' },
    kafka: { KAFKA_TOPIC: 'stock-ticks' },
    crawler: 'c',
    watchEveryMs: 1000,
  } as never,
  topic: ok({ topic: 'stock-ticks', topicId: 'x', partitions }),
  tails: ok(tails),
  objects: ok({ objects: 3, bytes: 300 }),
  glue: ok({ table: true, partitions: 50, crawler: undefined }),
  count: ok({ rows: 90, newestMs: now - 2000, queryMs: 100, scannedBytes: 10 }),
  producer: undefined,
  consumer: undefined,
  producedPerSecond: 200,
  claimedPerSecond: 190,
  stalledSinceMs: undefined,
  countGrew: true,
  rejections: undefined,
}

const healths = (facts: Partial<PipelineFacts>) => {
  const { producer, topic, consumer, s3, glue, athena } = pipelineOf({ ...well, ...facts })
  return [producer, topic, consumer, s3, glue, athena].map(({ health }) => health).join(' ')
}

test('what moves flows', () => {
  expect(healths({})).toBe('flow flow flow flow flow flow')
})

test('an idle stage is quiet, and before the first answer nothing is known', () => {
  expect(healths({ producedPerSecond: 0, claimedPerSecond: 0, countGrew: false })).toBe(
    'quiet quiet quiet quiet quiet quiet',
  )
  const nothing = { value: undefined, at: 0, problem: undefined }
  expect(healths({ topic: nothing, tails: nothing, objects: nothing, glue: nothing, count: nothing })).toBe(
    'waiting waiting waiting waiting waiting waiting',
  )
})

test('the lag counts unclaimed records that Kafka still has', () => {
  const { topic, consumer } = pipelineOf(well)
  expect(topic.partitions.map(({ lag }) => lag)).toEqual([10, 30])
  expect(consumer.lag).toBe(40)
})

test('an unreachable broker is red at the topic, and at no other stage', () => {
  const away = failed('KAFKA_UNREACHABLE')
  expect(healths({ topic: away, tails: away, producedPerSecond: null, claimedPerSecond: null })).toBe(
    'waiting broken waiting quiet quiet flow',
  )
})

test('a service whose metrics do not answer is red', () => {
  const away = failed('METRICS_UNREACHABLE')
  expect(healths({ producer: away })).toBe('broken flow flow flow flow flow')
  expect(healths({ consumer: away })).toBe('flow flow broken flow flow flow')
})

test('a producer that waits for its broker is red', () => {
  const { producer } = pipelineOf({ ...well, producer: ok(new Map([['ticklake_producer_broker_up', 0]])) })
  expect(producer.problem?.code).toBe('PRODUCER_WAITS')
})

test('a consumer that lands nothing while records wait is red, with the number and the time', () => {
  expect(pipelineOf({ ...well, stalledSinceMs: now - 60_000 }).consumer.health).toBe('flow')
  const waiting = { ...well, claimedPerSecond: 0, stalledSinceMs: now - 30_000 }
  expect(pipelineOf(waiting).consumer.health).toBe('behind')
  const { consumer } = pipelineOf({ ...well, stalledSinceMs: now - 120_000 })
  expect(consumer.health).toBe('broken')
  expect(consumer.problem?.why).toBe('no new claim for 120 s while 40 records wait')
})

test('a consumer that rejects nearly everything is red: how many, the most common reason, an example, `dlq list`', () => {
  const example = 'partition 0, offset 3: index is missing; there is `Foo`'
  const rejections = { received: 50, rejected: 50, reason: 'missing_field', count: 48, example }
  expect(pipelineOf({ ...well, rejections }).consumer).toMatchObject({
    health: 'broken',
    problem: {
      code: 'RECORDS_REJECTED',
      what: expect.stringContaining('50 of the newest 50 records'),
      why: `48 for missing_field, such as ${example}`,
      remedy: expect.stringContaining('`node consumer/main.ts dlq list`'),
    },
  })
})

test('S3, Glue and Athena are red with their own messages', () => {
  expect(healths({ objects: failed('S3_ERROR') })).toBe('flow flow flow broken flow flow')
  expect(healths({ glue: failed('GLUE_ERROR') })).toBe('flow flow flow flow broken flow')
  expect(healths({ count: failed('QUERY_FAILED') })).toBe('flow flow flow flow flow broken')
})

test('a table that is not declared, and a crawl that failed, are red at Glue', () => {
  const { glue } = pipelineOf({ ...well, glue: ok({ table: false, partitions: 0, crawler: undefined }) })
  expect(glue.problem?.remedy).toContain('catalog declare')
  const crawler = { State: 'READY', LastCrawl: { Status: 'FAILED', ErrorMessage: 'no role' } } as const
  const crawled = pipelineOf({ ...well, glue: ok({ table: true, partitions: 1, crawler }) })
  expect(crawled.glue.problem?.why).toBe('no role')
})
