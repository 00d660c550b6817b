// How much memory one consumer takes at full speed with its defaults, with S3 fast and with S3 slow.
import { existsSync, readFileSync } from 'node:fs'
import { ConsumerCase, isData } from '@ticklake/faults/consumer-case.ts'
import { readTails } from '@ticklake/faults/lake-reader.ts'
import { Service } from '@ticklake/faults/service.ts'
import { createTopic } from '@ticklake/faults/topic.ts'
import { expect, type TestContext, test } from 'vitest'

const PARTITIONS = 6
/** More than the consumer and its Kafka client may hold, so that memory is at its limit. */
const ROWS = 1_000_000
const SLOW_MS = 3_000
/** Two full runs on a busy machine. */
const PATIENCE = { timeout: 400_000 }

const limitsMb = { parquet: 700, jsonl: 512 } as const

test.for(Object.entries(limitsMb))(
  `%s: peak memory stays below %d MB at full speed, also when every write takes ${SLOW_MS} ms`,
  PATIENCE,
  async ([format, limitMb], scope) => {
    scope.skip(!existsSync('/proc/self/status'), 'peak memory is read from /proc')
    const it = new ConsumerCase(scope, { LAKE_FORMAT: format, CONSUMER_FLUSH_AFTER_MS: '10000' })
    await createTopic(it.env, PARTITIONS)
    const settings = { PRODUCER_ROWS: String(ROWS), PRODUCER_RATE: 'max', PRODUCER_HEALTH_PORT: '0' }
    const producer = new Service(['producer/main.ts', 'run'], { env: { ...it.env, ...settings } })
    expect(await producer.ended()).toBe(0)
    const fast = await peakMb(it, scope, 0)
    const slow = await peakMb(it, scope, SLOW_MS)
    console.log(`memory: ${format}: peak ${fast} MB, with slow S3 ${slow} MB, of ${limitMb} MB`)
    expect(fast).toBeLessThan(limitMb)
    expect(slow).toBeLessThan(limitMb)
  },
)

/** Lands the whole topic into a dataset of its own. @returns the highest resident memory */
async function peakMb(it: ConsumerCase, { signal }: TestContext, slowMs: number): Promise<number> {
  const env = { ...it.env, LAKE_DATASET: `slow_${slowMs}` }
  const consumer = it.consume({
    ...env,
    ...(await it.behindProxy(({ method, target }) =>
      slowMs > 0 && isData(target, method) ? { kind: 'delay', ms: slowMs } : undefined,
    )),
  })
  for (let landed = 0; landed < ROWS; ) {
    signal.throwIfAborted()
    if (consumer.hasEnded) throw new Error(consumer.stderr)
    await new Promise((resolve) => setTimeout(resolve, 500))
    landed = (await readTails(env)).reduce((sum, { E }) => sum + E, 0)
  }
  const [, kb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${consumer.process.pid}/status`, 'utf8'))!
  expect(await consumer.stop(), 'it stops in order').toBe(0)
  return Math.round(Number(kb) / 1024)
}
