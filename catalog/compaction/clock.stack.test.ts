// Compaction on a machine whose clock is wrong by hours: nothing is closed or deleted before the bucket's clock says so.
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { runHere } from '@ticklake/testing/in-process.ts'
import { Service } from '@ticklake/testing/service.ts'
import { shiftedClock } from '@ticklake/testing/shifted-clock.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

const HOUR_MS = 3_600_000
const AHEAD = shiftedClock(2 * HOUR_MS)
const BEHIND = shiftedClock(-2 * HOUR_MS)
const ROWS = 40

test('a machine whose clock is hours ahead or behind closes no hour and deletes no object too early or too late', async (scope) => {
  const it = new ConsumerCase(scope, { CONSUMER_FLUSH_ROWS: '10' })
  const thisHourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const hours = [thisHourMs - 24 * HOUR_MS, thisHourMs, thisHourMs + HOUR_MS]
  await createTopic(it.env, 1, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' })
  // Small objects of two consumers in each of a past hour, this one, and the next.
  for (const hourMs of hours) {
    await produce(
      it.env,
      [...ticks(ROWS, 1)].map((tick, i) => ({ ...tick, timestampMs: hourMs + i })),
    )
  }
  it.consumeHere()
  await it.expectOnce(hours.length * ROWS, 0)

  const s3 = s3Client({ s3PathStyle: true })
  const objectsOf = async (hourMs: number) => {
    const [dt, hour] = new Date(hourMs).toISOString().split(/[T:]/)
    const Prefix = `${it.env.LAKE_PREFIX}/ticks/dt=${dt}/hour=${hour}/`
    return (await s3.send(new ListObjectsV2Command({ Bucket: it.env.LAKE_BUCKET!, Prefix }))).KeyCount ?? 0
  }
  const catalog = async (args: string[], env: Record<string, string>) => {
    const service = new Service(['catalog/main.ts', ...args], { env: { ...it.env, ...env } })
    expect(await service.ended(), service.stderr).toBe(0)
    return service.stdout
  }
  expect((await runHere(it.env, 'catalog', 'declare')).code).toBe(0)
  const [past, now] = [await objectsOf(hours[0]!), await objectsOf(hours[1]!)]
  expect(past).toBeGreaterThan(1)

  // Hours that a chain has passed, and that only a clock can keep from being closed.
  expect(await catalog(['compact'], AHEAD)).toContain('compact: 1 hour compacted')
  expect(await objectsOf(hours[1]!), 'this hour is still open').toBe(now)

  // Just switched: an hour must pass before anything is deleted.
  expect(await catalog(['compact'], AHEAD)).toContain('compact: 0 hours compacted')
  expect(await objectsOf(hours[0]!), 'a query may still read them').toBe(past)

  // A clock that is behind does not delay deletion either.
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const soon = { CATALOG_COMPACT_DELETE_AFTER_MS: '1000' }
  expect(await catalog(['compact'], { ...BEHIND, ...soon })).toContain(`${past} old objects deleted`)
  expect(await objectsOf(hours[0]!)).toBe(0)
})
