// The dead-letter topic is deleted or recreated differently while the consumer runs: nothing stalls.
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import type { RunningService } from '@ticklake/testing/service.ts'
import {
  createTopic,
  deleteTopic,
  makeTopic,
  poison,
  produce,
  recordsOf,
  ticks,
} from '@ticklake/testing/topic.ts'
import { test } from 'vitest'

const WAITED_FOR = { timeout: PATIENCE_MS, interval: 500 }

async function health(consumer: RunningService, path: string): Promise<string> {
  const { host, port } = await consumer.logged('health at')
  return await (await fetch(`http://${host}:${port}${path}`)).text()
}

test.concurrent.for([['with as many partitions', 1] as const, ['with fewer partitions', 3] as const])(
  'the dead-letter topic is deleted while the consumer runs: it is recreated %s, and gets the announcements',
  async ([, before], scope) => {
    const { expect } = scope
    const it = new ConsumerCase(scope)
    const letters = `${it.env.KAFKA_TOPIC}-dead-letters`
    await makeTopic(it.env, it.env.KAFKA_TOPIC!, 1)
    await makeTopic(it.env, letters, before)
    const consumer = it.consumeHere()
    await produce(it.env, poison(6, 1))
    await it.landed(6)
    await deleteTopic(it.env, letters)
    await produce(it.env, [...poison(6, 1), ...ticks(10, 1)])
    await it.landed(22)
    await expect.poll(() => recordsOf(it.env, letters), WAITED_FOR).toBeGreaterThanOrEqual(6)
    await expect.poll(() => health(consumer, '/readyz'), WAITED_FOR).toContain('ok')
    await it.expectOnce(10, 12)
  },
)

test.concurrent('a dead-letter topic that refuses every announcement blocks nothing: dead-letter files are written, and the announcements follow when it accepts them again, also after a restart', async (scope) => {
  const { expect } = scope
  const it = new ConsumerCase(scope)
  const letters = `${it.env.KAFKA_TOPIC}-dead-letters`
  await createTopic(it.env, 1)
  await deleteTopic(it.env, letters)
  // No message is that small, not even one without its record.
  await makeTopic(it.env, letters, 1, { 'max.message.bytes': '100' })
  const first = it.consume()
  await produce(it.env, [...poison(6, 1), ...ticks(10, 1)])
  await it.landed(16)
  await expect.poll(() => health(first, '/readyz'), WAITED_FOR).toContain('notify_dead_letters')
  await expect
    .poll(() => health(first, '/metrics'), WAITED_FOR)
    .toMatch(/ticklake_consumer_notices_following\{[^}]*\} [1-9]/)
  await first.stop('SIGKILL')
  await deleteTopic(it.env, letters)
  const second = it.consumeHere(it.heir)
  await expect.poll(() => recordsOf(it.env, letters), WAITED_FOR).toBe(6)
  await expect
    .poll(() => health(second, '/metrics'), WAITED_FOR)
    .toMatch(/ticklake_consumer_notices_following\{[^}]*\} 0/)
  expect(await health(second, '/readyz')).toContain('ok')
  await it.expectOnce(10, 6)
})
