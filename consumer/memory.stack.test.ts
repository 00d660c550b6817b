// The memory of one consumer at full speed with its defaults, while S3 is fast, down, failing and slow.
import { existsSync, readFileSync } from 'node:fs'
import { ConsumerCase, isData } from '@ticklake/testing/consumer-case.ts'
import { objectKeys, readTails } from '@ticklake/testing/lake-reader.ts'
import type { Rule } from '@ticklake/testing/s3-proxy.ts'
import { Service } from '@ticklake/testing/service.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic } from '@ticklake/testing/topic.ts'
import { beforeAll, expect, type TestContext, test } from 'vitest'

const PARTITIONS = 6
/** 120 MB, and the consumer and its Kafka client may hold 64 and 16: so that memory reaches its limit. */
const ROWS = 600_000
/** Of the consumer's own limit, while S3 is down: less may be held where the next batch would exceed it. */
const FULL_BYTES = 0.9 * 64 * 2 ** 20
/** A third of each partition's share of memory. Full memory must not split batches into small objects. */
const ROWS_AN_OBJECT = 15_000
const SLOW_MS = 1_000
/** How long S3 only returns errors, before it is slow and loses every fifth answer. */
const AWAY_MS = 10_000
const LOSE_EACH = 5
/** Two full runs on a busy machine. */
const PATIENCE = { timeout: 400_000 }

/** All runs read the same records, each into its own dataset. */
let topic: string

beforeAll(async () => {
  const settings = { PRODUCER_ROWS: String(ROWS), PRODUCER_RATE: 'max', PRODUCER_HEALTH_PORT: '0' }
  const env = testEnv(settings)
  topic = env.KAFKA_TOPIC!
  await createTopic(env, PARTITIONS)
  const producer = new Service(['producer/main.ts', 'run'], { env })
  expect(await producer.ended(), producer.stderr).toBe(0)
}, PATIENCE.timeout)

const limitsMb = { parquet: 700, jsonl: 512 } as const

test.for(Object.entries(limitsMb))(
  `%s: peak memory stays below %d MB at full speed, also when S3 is down, loses answers, and takes ${SLOW_MS} ms a write`,
  PATIENCE,
  async ([format, limitMb], scope) => {
    scope.skip(!existsSync('/proc/self/status'), 'peak memory is read from /proc')
    const it = new ConsumerCase(scope, {
      KAFKA_TOPIC: topic,
      LAKE_FORMAT: format,
      CONSUMER_FLUSH_AFTER_MS: '10000',
    })
    const { peakMb: fast } = await land(it, scope, `${format}_fast`, () => undefined)
    const objects = await objectKeys({ ...it.env, LAKE_DATASET: `${format}_fast` })
    expect(objects.length, 'objects').toBeLessThan(ROWS / ROWS_AN_OBJECT)
    const { peakMb: bad, mostBuffered } = await land(it, scope, `${format}_bad`, badDays())
    console.log(
      `memory: ${format}: peak ${fast} MB, with bad S3 ${bad} MB, of ${limitMb} MB; buffered ${mostBuffered}`,
    )
    expect(mostBuffered, 'memory was full').toBeGreaterThan(FULL_BYTES)
    expect(fast).toBeLessThan(limitMb)
    expect(bad).toBeLessThan(limitMb)
  },
)

/** After its first write S3 refuses everything for a while, then answers late or not at all. */
function badDays(): Rule {
  let since: number | undefined
  let writes = 0
  return ({ method, target }) => {
    if (!isData(target, method)) return undefined
    since ??= performance.now()
    if (performance.now() - since < AWAY_MS) return { kind: 'status', status: 503, code: 'SlowDown' }
    return ++writes % LOSE_EACH === 0 ? { kind: 'reset-after' } : { kind: 'delay', ms: SLOW_MS }
  }
}

/** Lands the whole topic into a dataset of its own. @returns the highest resident memory, and the most bytes buffered */
async function land(
  it: ConsumerCase,
  { signal }: TestContext,
  dataset: string,
  rule: Rule,
): Promise<{ peakMb: number; mostBuffered: number }> {
  const env = { ...it.env, LAKE_DATASET: dataset, CONSUMER_GROUP_ID: `${topic}-${dataset}` }
  const consumer = it.consume({ ...env, ...(await it.behindProxy(rule)) })
  const { port } = await consumer.logged('health at')
  let mostBuffered = 0
  for (let landed = 0; landed < ROWS; ) {
    signal.throwIfAborted()
    if (consumer.hasEnded) throw new Error(consumer.stderr)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const [, buffered] = /^ticklake_consumer_buffer_bytes\S* (\d+)/m.exec(metrics)!
    mostBuffered = Math.max(mostBuffered, Number(buffered))
    landed = (await readTails(env)).reduce((sum, { E }) => sum + E, 0)
  }
  const [, kb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${consumer.process.pid}/status`, 'utf8'))!
  expect(await consumer.stop(), 'it stops in order').toBe(0)
  return { peakMb: Math.round(Number(kb) / 1024), mostBuffered }
}
