// Changes of the topic and of the group's offsets from outside: claims decide, or a person does.
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { claimText } from '@ticklake/contract/claim.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import { KafkaReader } from '@ticklake/kafka-reader'
import { sleep } from '@ticklake/runtime/process.ts'
import { ConsumerCase, isData, onNth } from '@ticklake/testing/consumer-case.ts'
import { readLake } from '@ticklake/testing/lake-reader.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { createTopic, deleteTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import {
  addPartitions,
  deleteGroup,
  deleteRecordsBefore,
  moveOffset,
  produceInTransaction,
} from '@ticklake/testing/topic-changes.ts'
import { expect, type TestContext, test } from 'vitest'

/** A case in which the first hundred records have landed and the consumer has ended. */
async function landedHundred(scope: TestContext, more: Record<string, string> = {}): Promise<ConsumerCase> {
  const it = new ConsumerCase(scope, more)
  await createTopic(it.env, 1)
  await produce(it.env, ticks(100, 1))
  const consumer = it.consumeHere()
  await it.landed(100)
  await consumer.stop()
  return it
}

test.concurrent('the group’s offsets deleted: the claims say where to continue', async (scope) => {
  const it = await landedHundred(scope)
  await deleteGroup(it.env, it.env.CONSUMER_GROUP_ID!)
  await produce(it.env, ticks(100, 1))
  it.consumeHere()
  await it.expectOnce(200, 0)
})

test.concurrent('the group’s offsets reset to the beginning: nothing is written again', async (scope) => {
  const it = await landedHundred(scope)
  await moveOffset(it.env, it.env.CONSUMER_GROUP_ID!, 0, 0)
  await produce(it.env, ticks(100, 1))
  it.consumeHere()
  await it.expectOnce(200, 0)
})

test.concurrent('an offset moved ahead of the claims: refused with the remedy, after which nothing is skipped', async (scope) => {
  const it = await landedHundred(scope)
  await produce(it.env, ticks(100, 1))
  const group = it.env.CONSUMER_GROUP_ID!
  await moveOffset(it.env, group, 0, 150)
  const refused = it.consumeHere()
  expect(await refused.ended()).toBe(1)
  expect(refused.stderr).toMatch(/COMMITTED_BEYOND_CLAIMS[\s\S]*150[\s\S]*only 100[\s\S]*--to-offset 100/)
  await moveOffset(it.env, group, 0, 100)
  it.consumeHere()
  await it.expectOnce(200, 0)
})

test.concurrent('retention past the chain: it stops with the number lost, or records the loss if so configured', async (scope) => {
  const it = await landedHundred(scope)
  await produce(it.env, ticks(100, 1))
  await deleteRecordsBefore(it.env, 0, 150)
  const stopped = it.consumeHere()
  expect(await stopped.ended()).toBe(1)
  expect(stopped.stderr).toMatch(/RECORDS_LOST_TO_RETENTION[\s\S]*deleted 50 records[\s\S]*\[100,150\)/)
  const recorder = it.consumeHere({ CONSUMER_ON_RETENTION_LOSS: 'record' })
  const { claims } = await it.expectOnce(150, 0)
  expect(claims.filter(({ skipped }) => skipped > 0)).toMatchObject([{ S: 100, E: 150, skipped: 50 }])
  expect(recorder.stderr).toContain('"skipped":50')
})

test.concurrent.for(['client', 'batches'])(
  'offsets without a record, of aborted transactions and markers, are gaps and not losses (%s)',
  async (reader, scope) => {
    const it = new ConsumerCase(scope, { CONSUMER_READER: reader })
    await createTopic(it.env, 1)
    const values = [...ticks(30, 1)].map(({ value }) => value!)
    await produce(it.env, ticks(10, 1))
    await produceInTransaction(it.env, 0, values, 'abort')
    await produceInTransaction(it.env, 0, values, 'commit')
    await produce(it.env, ticks(10, 1))
    it.consumeHere()
    const { claims, rows } = await it.expectOnce(50, 0)
    // 30 aborted records and the marker of each transaction.
    expect(claims.reduce((sum, { gaps }) => sum + gaps, 0)).toBe(32)
    expect(rows).not.toContain('0:10')
    expect(rows).toContain('0:41')
  },
)

test.concurrent('a compacted topic: what Kafka removed before it landed is a gap, the rest lands once', async (scope) => {
  // Not the one of vitest, which does not know of which of the tests that run it is.
  const { expect } = scope
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1, {
    'cleanup.policy': 'compact',
    'segment.ms': '200',
    'min.cleanable.dirty.ratio': '0.001',
    'max.compaction.lag.ms': '500',
  })
  const sameKey = (count: number) =>
    [...ticks(count, 1)].map((tick) => ({ ...tick, key: Buffer.from('HSI') }))
  await produce(it.env, sameKey(300))
  // A record in a newer segment lets the older ones be compacted; the cleaner runs every 15 s.
  let produced = 300
  for (; (await recordsLeft(it.env)) > 100; produced++) {
    await sleep(1_000)
    await produce(it.env, sameKey(1))
  }
  it.consumeHere()
  const landed = async () => {
    const { rows, claims } = await readLake(it.env)
    return { rows, gaps: claims.reduce((sum, claim) => sum + claim.gaps, 0) }
  }
  await expect
    .poll(async () => landed().then(({ rows, gaps }) => rows.length + gaps), { timeout: PATIENCE_MS })
    .toBe(produced)
  const { rows, gaps } = await landed()
  expect(gaps, 'the broker did compact').toBeGreaterThan(200)
  expect(new Set(rows).size).toBe(rows.length)
})

/** How many records the broker still has of the topic's one partition. */
async function recordsLeft({
  KAFKA_BOOTSTRAP_SERVERS,
  KAFKA_TOPIC,
}: Record<string, string>): Promise<number> {
  await using reader = new KafkaReader({ brokers: [KAFKA_BOOTSTRAP_SERVERS!] })
  const at = { topic: KAFKA_TOPIC!, partition: 0 }
  const [end] = await reader.listOffsets([{ ...at, at: 'latest' }])
  await reader.assign([{ ...at, offset: 0 }])
  let left = 0
  while (reader.fetchProgress()[0]!.offset < end!.offset) {
    const records = await reader.fetch()
    left += records.offsets.length
    records.release()
  }
  return left
}

test.concurrent('partitions added while it runs are landed from their first record', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  await produce(it.env, ticks(100, 1))
  it.consumeHere()
  await it.landed(100)
  await addPartitions(it.env, 4)
  await produce(it.env, ticks(400, 4))
  await it.expectOnce(500, 0)
})

test.concurrent('a deleted and recreated topic is another topic: the consumer refuses it, and names the dataset', async (scope) => {
  const it = await landedHundred(scope)
  await deleteTopic(it.env)
  await createTopic(it.env, 1).catch((error: Error) => {
    // The dead-letter topic is still there from before; the topic itself is made first.
    if (!/already exists/i.test(error.message)) throw error
  })
  await produce(it.env, ticks(10, 1))
  const second = it.consumeHere()
  expect(await second.ended()).toBe(1)
  expect(second.stderr).toMatch(/DATASET_DIFFERS[\s\S]*topicId[\s\S]*LAKE_DATASET/)
  expect((await readLake(it.env)).rows).toHaveLength(100)
})

test.concurrent.for(['classic', 'consumer'])(
  'the topic is deleted and recreated while it is read: the consumer stops, and mistakes no record of the new topic for one of the old (%s protocol)',
  async (protocol, scope) => {
    const it = new ConsumerCase(scope, { KAFKA_GROUP_PROTOCOL: protocol })
    await createTopic(it.env, 1)
    await produce(it.env, ticks(100, 1))
    const consumer = it.consume()
    await it.landed(100)
    await deleteTopic(it.env)
    await createTopic(it.env, 1).catch((error: Error) => {
      if (!/already exists/i.test(error.message)) throw error
    })
    // More than before: the chain's next offset exists too, and is another record.
    await produce(it.env, ticks(500, 1))
    // It ends normally, or kills itself if the client does not close.
    expect([1, null]).toContain(await consumer.ended())
    expect(consumer.stderr).toMatch(/TOPIC_REPLACED[\s\S]*deleted and recreated[\s\S]*LAKE_DATASET/)
    const lake = await readLake(it.env)
    expect(lake.rows).toHaveLength(100)
    expect(lake.claims.at(-1)!.E).toBe(100)
  },
)

test.concurrent('two consumers with different settings for a dataset that is new: one creates it, the other names the setting', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 2)
  await produce(it.env, ticks(200, 2))
  const group = (name: string) => `${it.env.KAFKA_TOPIC}-${name}`
  const both = [
    it.consumeHere({ LAKE_FORMAT: 'parquet', CONSUMER_GROUP_ID: group('parquet') }),
    it.consumeHere({ LAKE_FORMAT: 'jsonl', CONSUMER_GROUP_ID: group('jsonl') }),
  ]
  const refused = await Promise.race(both.map(async (one) => ((await one.ended()) === 1 ? one : undefined)))
  expect(refused?.stderr).toMatch(
    /DATASET_DIFFERS[\s\S]*format: the dataset has \w+, this consumer \w+ \(LAKE_FORMAT\)/,
  )
  const { objects } = await it.expectOnce(200, 0)
  expect(new Set(objects.map((key) => /\.[a-z.]+$/.exec(key)![0])).size, 'one format').toBe(1)
})

test.concurrent('a consumer with another format for the same dataset refuses and names the setting', async (scope) => {
  const it = await landedHundred(scope, { LAKE_DATASET: 'ticks' })
  const second = it.consumeHere({ LAKE_FORMAT: 'jsonl' })
  expect(await second.ended()).toBe(1)
  expect(second.stderr).toMatch(
    /DATASET_DIFFERS[\s\S]*format: the dataset has parquet, this consumer jsonl \(LAKE_FORMAT\)/,
  )
})

test.concurrent('an unfinished claim of a newer contract: refused, naming the release to run, which then finishes it', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  await produce(it.env, ticks(100, 1))
  const reached = Promise.withResolvers<void>()
  const rule = onNth(1, isData, { kind: 'reset-before' })
  const first = it.consume(
    await it.behindProxy(async (request) => {
      const fault = await rule(request)
      if (fault) {
        await first.stop('SIGKILL')
        reached.resolve()
      }
      return fault
    }),
  )
  await reached.promise
  const [claim] = (await readLake(it.env)).claims
  const s3 = s3Client({ s3PathStyle: true })
  const lake = { prefix: it.env.LAKE_PREFIX!, dataset: 'ticks' }
  const at = { Bucket: it.env.LAKE_BUCKET!, Key: claimKey(lake, claim!.topicId, 0, 0) }
  const ours = await (await s3.send(new GetObjectCommand(at))).Body!.transformToString()
  const theirs = { ...claim!, contract: 99, encoder: 'parquet/9' }
  await s3.send(new PutObjectCommand({ ...at, Body: claimText(theirs as typeof claim & object) }))
  const refused = it.consumeHere(it.heir)
  expect(await refused.ended()).toBe(1)
  expect(refused.stderr).toMatch(/UNKNOWN_ENCODER[\s\S]*\[0,\d+\)[\s\S]*parquet\/9[\s\S]*contract 99/)
  expect((await readLake(it.env)).rows, 'nothing was written').toEqual([])
  await s3.send(new PutObjectCommand({ ...at, Body: ours }))
  it.consumeHere(it.heir)
  await it.expectOnce(100, 0)
})
