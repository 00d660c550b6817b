// A dependency of a running service fails and comes back: the log, /readyz and metrics meanwhile.
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { startS3Proxy } from '@ticklake/testing/s3-proxy.ts'
import { Service } from '@ticklake/testing/service.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

interface Line {
  readonly msg: string
  readonly level: string
  readonly attempt?: string
  readonly port?: number
}

test('S3 is down for several attempts: one line that it fails, one that it works again, whatever the number of attempts', async () => {
  const env = testEnv({ CONSUMER_HEALTH_PORT: '0', CONSUMER_FLUSH_AFTER_MS: '300', AWS_MAX_ATTEMPTS: '1' })
  await using s3 = await startS3Proxy(env.AWS_ENDPOINT_URL!)
  await createTopic(env, 1)
  const consumer = new Service(['consumer/main.ts', 'run'], { env: { ...env, AWS_ENDPOINT_URL: s3.url } })
  try {
    const { port } = (await consumer.logged('health at')) as unknown as Line
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
    const numberOf = async (name: string) =>
      [...(await (await ask('/metrics')).text()).matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'gm'))]
        .map(([, value]) => Number(value))
        .reduce((sum, value) => sum + value, 0)
    const landed = () => numberOf('ticklake_consumer_rows_landed_total')
    await produce(env, ticks(50, 1))
    await expect.poll(landed, { timeout: PATIENCE_MS }).toBe(50)

    s3.rule = () => ({ kind: 'reset-before' })
    await produce(env, ticks(50, 1))
    const failing = await consumer.logged('failed and is tried again')
    await expect
      .poll(() => numberOf('ticklake_consumer_failures_total'), { timeout: PATIENCE_MS })
      .toBeGreaterThanOrEqual(4)
    const ready = await ask('/readyz')
    expect(ready.status).toBe(503)
    expect(await ready.text()).toContain(failing.attempt)
    expect((await ask('/livez')).status).toBe(200)
    expect(await landed()).toBe(50)

    s3.rule = () => undefined
    await consumer.logged('works again')
    await expect.poll(landed, { timeout: PATIENCE_MS }).toBe(100)
    expect((await ask('/readyz')).status).toBe(200)
    const logged = consumer.stderr
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
      .filter(({ attempt }) => attempt !== undefined)
    expect(logged.map(({ level, attempt }) => [level, attempt])).toEqual([
      ['warn', failing.attempt],
      ['info', failing.attempt],
    ])
    expect(logged[1]!.msg).toMatch(/ works again after \d+ s$/)
  } finally {
    await consumer.stop('SIGKILL')
  }
})
