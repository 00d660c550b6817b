// The consumer as users run it, with a real Kafka and S3: killed, frozen, doubled, and with a failing S3.

import { sleep } from '@ticklake/runtime/process.ts'
import { ConsumerCase, expectOnce, isClaim, isData, isDead, onNth } from '@ticklake/testing/consumer-case.ts'
import { objectKeys, readLake } from '@ticklake/testing/lake-reader.ts'
import type { Fault } from '@ticklake/testing/s3-proxy.ts'
import { createTopic, type Produced, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

test.concurrent.for([
  { format: 'parquet', reader: 'client' },
  { format: 'parquet', reader: 'batches' },
  { format: 'jsonl', reader: 'batches' },
  { format: 'json-object', reader: 'client' },
])(
  '$format, read by $reader: every record is in exactly one object or dead file',
  async ({ format, reader }, scope) => {
    const it = new ConsumerCase(scope, { LAKE_FORMAT: format, CONSUMER_READER: reader })
    await createTopic(it.env, 3)
    await produce(it.env, ticks(600, 3, 50))
    const consumer = it.consumeHere()
    expectOnce(await it.landed(600), 588, 12)
    expect(await consumer.stop(), 'it stops in order').toBe(0)
  },
)

const killPoints: Record<
  string,
  {
    at: (target: string, method: string) => boolean
    fault: Fault
    nth?: number
    /** Every claim has an object in each of them. */
    hours?: number
  }
> = {
  'before the claim': { at: isClaim, fault: { kind: 'reset-before' } },
  'after the claim, before its answer arrives': { at: isClaim, fault: { kind: 'reset-after' } },
  'before the first object': { at: isData, fault: { kind: 'reset-before' } },
  'between objects': { at: isData, fault: { kind: 'reset-before' }, nth: 2, hours: 2 },
  'after an object, before its answer arrives, and before the commit': {
    at: isData,
    fault: { kind: 'reset-after' },
  },
  'between the dead-letter message and its file': { at: isDead, fault: { kind: 'reset-before' } },
}

test.concurrent.for(Object.entries(killPoints))(
  'kill -9 %s: the next consumer continues, nothing lost, no duplicates',
  async ([_, point], scope) => {
    const it = new ConsumerCase(scope)
    const { hours = 1 } = point
    await createTopic(it.env, 2, { 'message.timestamp.type': 'CreateTime' })
    await produce(it.env, inHours(hours, ticks(2_000, hours > 1 ? 1 : 2, 100)))
    const reached = Promise.withResolvers<void>()
    const rule = onNth(point.nth ?? 1, point.at, point.fault)
    const first = it.consume(
      await it.behindProxy(async (request) => {
        const fault = await rule(request)
        if (!fault) return undefined
        // The objects of a claim are sent at the same time.
        while (hours > 1 && (await objectKeys(it.env)).length === 0) await sleep(20)
        // The process dies exactly here; the fault decides how much of this request was sent.
        if (fault.kind === 'reset-before') await first.stop('SIGKILL')
        else setTimeout(() => void first.stop('SIGKILL'), 50)
        reached.resolve()
        return fault
      }),
    )
    await reached.promise
    await first.stop('SIGKILL')
    if (hours > 1) {
      const { claims, objects } = await readLake(it.env)
      expect([claims.length, claims[0]!.files.length, objects.length], 'half of a claim').toEqual([1, 2, 1])
    }
    it.consumeHere(it.heir)
    await it.expectOnce(1_980, 20)
  },
)

/** Messages of the current and of earlier hours, alternating. */
function* inHours(hours: number, messages: Iterable<Produced>): Generator<Produced> {
  let i = 0
  for (const message of messages) yield { ...message, timestampMs: Date.now() - (i++ % hours) * 3_600_000 }
}

test.concurrent('kill -9 at full speed, three times: nothing lost, no duplicates', async (scope) => {
  const it = new ConsumerCase(scope, { CONSUMER_FLUSH_ROWS: '2000' })
  await createTopic(it.env, 3)
  await produce(it.env, ticks(60_000, 3, 1_000))
  for (const [i, aliveMs] of [100, 300, 600].entries()) {
    const consumer = it.consume({ CONSUMER_GROUP_ID: `${it.env.KAFKA_TOPIC}-${i}` })
    await consumer.logged('partitions assigned')
    await new Promise((resolve) => setTimeout(resolve, aliveMs))
    await consumer.stop('SIGKILL')
  }
  it.consumeHere(it.heir)
  await it.expectOnce(59_940, 60)
})

const outages: Record<string, Fault> = {
  '503 SlowDown': { kind: 'status', status: 503, code: 'SlowDown' },
  '500': { kind: 'status', status: 500, code: 'InternalError' },
  '403': { kind: 'status', status: 403, code: 'AccessDenied' },
  '409': { kind: 'status', status: 409, code: 'ConditionalRequestConflict' },
  'lost answers': { kind: 'reset-after' },
  'truncated uploads': { kind: 'truncate' },
}

test.concurrent.for(Object.entries(outages))(
  'S3 answers half of the writes with %s: nothing lost, no duplicates',
  async ([_, fault], scope) => {
    const it = new ConsumerCase(scope, { CONSUMER_FLUSH_ROWS: '100' })
    await createTopic(it.env, 2)
    await produce(it.env, ticks(600, 2, 100))
    let seen = 0
    const consumer = it.consume(
      await it.behindProxy(({ method }) => (method === 'PUT' && ++seen % 2 === 0 ? fault : undefined)),
    )
    expectOnce(await it.landed(600), 594, 6)
    expect(await consumer.stop(), 'it still stops in order').toBe(0)
  },
)

test.concurrent('S3 that does not answer for longer than the client waits: nothing lost, no duplicates', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  await produce(it.env, ticks(200, 1))
  let seen = 0
  // The first write arrives long after its sender has given up and retried it.
  const beyondTheTimeoutMs = 33_000
  it.consume(
    await it.behindProxy(({ method, target }) =>
      isData(target, method) && ++seen === 1 ? { kind: 'delay', ms: beyondTheTimeoutMs } : undefined,
    ),
  )
  await it.expectOnce(200, 0)
  expect(seen).toBeGreaterThan(1)
})

test.concurrent('a LIST that fails at assignment is retried, and no partition is forgotten', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 3)
  await produce(it.env, ticks(300, 3))
  let failures = 0
  it.consume(
    await it.behindProxy(({ method, target }) =>
      method === 'GET' && target.includes('list-type=2') && ++failures <= 12
        ? { kind: 'status', status: 500, code: 'InternalError' }
        : undefined,
    ),
  )
  await it.expectOnce(300, 0)
  expect(failures).toBeGreaterThan(12)
})

test.concurrent.for(['classic', 'consumer'])(
  'a frozen consumer that resumes after its partitions were reassigned does no harm (%s protocol)',
  async (protocol, scope) => {
    const it = new ConsumerCase(scope, { KAFKA_GROUP_PROTOCOL: protocol, CONSUMER_FLUSH_AFTER_MS: '1500' })
    await createTopic(it.env, 2)
    await produce(it.env, ticks(5_000, 2))
    const zombie = it.consume()
    await zombie.logged('partitions assigned')
    await new Promise((resolve) => setTimeout(resolve, 700))
    zombie.process.kill('SIGSTOP')
    const heir = it.consumeHere()
    await heir.logged('partitions assigned')
    await produce(it.env, ticks(5_000, 2))
    zombie.process.kill('SIGCONT')
    await it.expectOnce(10_000, 0)
  },
)

test.concurrent('two consumers of one dataset that share no group write every record once', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 2)
  it.consumeHere({ CONSUMER_GROUP_ID: `${it.env.KAFKA_TOPIC}-one`, CONSUMER_FLUSH_ROWS: '300' })
  it.consumeHere({ CONSUMER_GROUP_ID: `${it.env.KAFKA_TOPIC}-two`, CONSUMER_FLUSH_ROWS: '700' })
  await produce(it.env, ticks(10_000, 2, 100))
  await it.expectOnce(9_900, 100)
})

test.concurrent('revoked during an upload: the claim is finished, nothing is duplicated', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 4)
  await produce(it.env, ticks(2_000, 4, 200))
  const uploading = Promise.withResolvers<void>()
  const first = it.consume(
    await it.behindProxy(({ method, target }) => {
      if (!isData(target, method)) return undefined
      uploading.resolve()
      return { kind: 'delay', ms: 2_500 }
    }),
  )
  await uploading.promise
  const second = it.consumeHere()
  await second.logged('partitions assigned')
  await first.logged('partitions revoked')
  await produce(it.env, ticks(2_000, 4, 200))
  await it.expectOnce(3_980, 20)
})

test.concurrent('an idle topic is still written: age alone triggers a flush', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  const consumer = it.consumeHere()
  await consumer.logged('partitions assigned')
  await produce(it.env, ticks(1, 1))
  await it.expectOnce(1, 0)
})

test.concurrent('stopped while it still waits for the broker, a consumer ends normally', async (scope) => {
  const it = new ConsumerCase(scope, { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' })
  const consumer = it.consume()
  await consumer.logged('health')
  expect(await consumer.stop()).toBe(0)
})

test.concurrent.for(['classic', 'consumer'])(
  'stopped while partitions are being assigned to it, a consumer ends normally and quickly (%s protocol)',
  async (protocol, scope) => {
    const it = new ConsumerCase(scope, { KAFKA_GROUP_PROTOCOL: protocol })
    await createTopic(it.env, 3)
    const consumer = it.consume(
      await it.behindProxy(({ method, target }) =>
        method === 'GET' && target.includes('list-type=2')
          ? { kind: 'status', status: 500, code: 'InternalError' }
          : undefined,
      ),
    )
    await consumer.logged('find tail failed')
    const stoppedAt = performance.now()
    expect(await consumer.stop()).toBe(0)
    expect(performance.now() - stoppedAt).toBeLessThan(10_000)
  },
)

test.concurrent('a bucket that ignores conditional writes is refused at the start', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  const consumer = it.consume(
    await it.behindProxy((request) => {
      delete request.headers['if-none-match']
      return undefined
    }),
  )
  expect(await consumer.ended()).toBe(1)
  expect(consumer.stderr).toMatch(/CONDITIONAL_WRITES_IGNORED[\s\S]*If-None-Match/)
  expect((await readLake(it.env)).claims, 'nothing was consumed').toEqual([])
})
