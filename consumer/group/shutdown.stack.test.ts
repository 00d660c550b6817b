// How members end, and why, on real brokers.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConsumerCase, expectOnce } from '@ticklake/testing/consumer-case.ts'
import { OwnBroker } from '@ticklake/testing/own-broker.ts'
import type { Service } from '@ticklake/testing/service.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

const PARTITIONS = 3
const ROWS = 300
const END_WITHIN_MS = 10_000

test.concurrent.for(['classic', 'consumer'])(
  'a member may query the broker during and after leaving: no query reaches a closed client (%s protocol)',
  async (protocol) => {
    const env = testEnv({ KAFKA_GROUP_PROTOCOL: protocol })
    await createTopic(env, PARTITIONS)
    await produce(env, ticks(ROWS, PARTITIONS))
    const program = join(import.meta.dirname, '../../packages/testing/join-and-leave.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [program, '10'], { env })
    expect(stdout).toBe('left 10 times\n')
  },
)

test('a fatal error of its client does not end a consumer, and a consumer stops even if the broker is down or frozen', async (scope) => {
  await using broker = await OwnBroker.start()
  const it = new ConsumerCase(scope, { KAFKA_BOOTSTRAP_SERVERS: broker.address })
  await createTopic(it.env, PARTITIONS)
  await produce(it.env, ticks(ROWS, PARTITIONS))
  const first = it.consume()
  await it.landed(ROWS)

  await broker.kill()
  broker.forgetGroups()
  await broker.begin()
  const fatal = await first.logged('join group failed')
  expect(fatal.why).toContain('group id does not exist')
  await produce(it.env, ticks(ROWS, PARTITIONS))
  expectOnce(await it.landed(2 * ROWS), 2 * ROWS, 0)
  expect(first.hasEnded).toBe(false)

  // Members join and leave while the broker is killed.
  const others = [it.consume(), it.consume({ KAFKA_GROUP_PROTOCOL: 'classic', CONSUMER_GROUP_ID: 'classic' })]
  await Promise.all(others.map((other) => other.logged('partitions assigned')))
  await Promise.all([broker.kill(), expectStop(others[0]!)])
  await expectStop(others[1]!)
  await broker.begin()
  await produce(it.env, ticks(ROWS, PARTITIONS))
  expectOnce(await it.landed(3 * ROWS), 3 * ROWS, 0)

  const frozenOut = it.consume({ KAFKA_GROUP_PROTOCOL: 'classic', CONSUMER_GROUP_ID: 'classic' })
  await frozenOut.logged('partitions assigned')
  broker.signal('SIGSTOP')
  await Promise.all([expectStop(first), expectStop(frozenOut)])
  broker.signal('SIGCONT')
})

async function expectStop(service: Service): Promise<void> {
  const begun = performance.now()
  expect(await service.stop(), service.stderr).toBe(0)
  expect(performance.now() - begun).toBeLessThan(END_WITHIN_MS)
}
