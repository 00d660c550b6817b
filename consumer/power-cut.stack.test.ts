// A broker loses its unflushed records in a power cut, and gives their offsets to others.

import { sleep } from '@ticklake/runtime/process.ts'
import { run } from '@ticklake/testing/catalog-commands.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { catalog } from '@ticklake/testing/in-process.ts'
import { readLake } from '@ticklake/testing/lake-reader.ts'
import { OwnBroker } from '@ticklake/testing/own-broker.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

/** Produces 100 records, 60 of which survive a power cut. @returns the length of the surviving log */
async function produceHundred(it: ConsumerCase, broker: OwnBroker): Promise<number> {
  await createTopic(it.env, 1)
  await produce(it.env, ticks(60, 1))
  const bytes = broker.logBytes(it.env.KAFKA_TOPIC!, 0)
  await produce(it.env, ticks(40, 1))
  return bytes
}

/** Each produced record is in the lake once, and equals Kafka's. */
async function expectSound({ env }: ConsumerCase, produced: number): Promise<void> {
  expect((await catalog(env, 'declare')).code).toBe(0)
  const audit = await catalog(env, 'audit', '--deep')
  expect(audit.code, audit.stdout + audit.stderr).toBe(0)
  expect(audit.stdout).toContain(
    `produced ${produced}, landed ${produced}, dead 0, skipped 0, lost 0, twice 0\n`,
  )
  expect((await catalog(env, 'doctor')).stdout).not.toContain('TOPIC_TRUNCATED')
}

test('new records under the offsets of landed ones are never taken for them: the consumer stops, and every later one', async (scope) => {
  await using broker = await OwnBroker.start()
  const env = { KAFKA_BOOTSTRAP_SERVERS: broker.address }
  const it = new ConsumerCase(scope, env)
  const byClient = new ConsumerCase(scope, { ...env, CONSUMER_READER: 'client' })
  const byBatches = new ConsumerCase(scope, { ...env, CONSUMER_READER: 'batches' })
  const recording = new ConsumerCase(scope, { ...env, CONSUMER_ON_TRUNCATION: 'record' })
  const all = [it, byClient, byBatches, recording]
  const flushed = await Promise.all(all.map((one) => produceHundred(one, broker)))
  const [first, ...running] = all.map((one) => one.consume())
  const goesOn = running.pop()!
  await Promise.all(all.map((one) => one.landed(100)))
  await first!.stop()

  await broker.kill()
  for (const [i, one] of all.entries()) broker.loseTail(one.env.KAFKA_TOPIC!, 0, flushed[i]!)
  await broker.begin()
  // Kafka ends before what has landed: an audit that may wait gives the consumer time to notice.
  expect((await catalog(it.env, 'declare')).code).toBe(0)
  const waiting = catalog(it.env, 'audit', '--wait', '240')
  await sleep(3_000)
  await Promise.all(all.map((one) => produce(one.env, ticks(90, 1))))

  const refused = it.consume()
  expect(await refused.ended()).toBe(1)
  expect(refused.stderr).toMatch(/TOPIC_TRUNCATED[\s\S]*offset 99[\s\S]*another one[\s\S]*LAKE_DATASET/)
  const again = it.consume()
  expect(await again.ended()).toBe(1)
  expect(again.stderr, 'no restart clears it').toMatch(/TOPIC_TRUNCATED[\s\S]*found 20/)
  const withdrawing = await run(it.env, 'consumer', 'withdraw')
  expect(withdrawing.stdout).toMatch(
    /partition 0: stays refused: .*offset 99.*another one[\s\S]*staying 1\n$/,
  )
  expect(withdrawing.code, 'nor does the command').toBe(1)
  for (const service of running) {
    // Found by the comparison, or by the reader, which finds its offset or leader epoch missing.
    expect([1, null]).toContain(await service.ended())
    expect(service.stderr).toMatch(/TOPIC_TRUNCATED|OFFSET_OUT_OF_RANGE/)
  }
  // What Kafka has lost stays in the lake, and what it has now lands after it, from a running consumer and a new one.
  const after = it.consume({ CONSUMER_ON_TRUNCATION: 'record' })
  for (const one of [recording, it]) {
    const { rows, claims } = await one.landed(190)
    const offsets = rows.map((row) => Number(row.split(':')[1]))
    expect(new Set(offsets).size, 'no row of one era has the identity of a row of the other').toBe(190)
    expect(Math.max(...offsets)).toBe(100 + 90)
    expect(claims.find(({ begins }) => begins)).toMatchObject({
      v: 3,
      S: 100,
      E: 101,
      era: { number: 1, shift: 41, landedBefore: 100 },
      begins: { kafkaOffset: 60, replacedTo: 100 },
    })
    await expectSound(one, 190)
  }
  const waited = await waiting
  expect(waited.stdout).toContain('audit: produced 190, landed 190, dead 0, skipped 0, lost 0, twice 0')
  expect(waited.code).toBe(0)
  expect(goesOn.hasEnded).toBe(false)
  await after.stop()
  const stopping = it.consume()
  await produce(it.env, ticks(10, 1))
  await it.landed(200)
  await stopping.stop()
  await goesOn.stop()

  for (const { env } of [byClient, byBatches]) {
    const { rows, claims } = await readLake(env)
    expect(rows).toHaveLength(100)
    expect(claims.at(-1)).toMatchObject({ E: 100, last: { offset: 99, leaderEpoch: 0 } })
  }

  expect((await catalog(byBatches.env, 'declare')).code).toBe(0)
  const audit = await catalog(byBatches.env, 'audit')
  expect(audit.code).toBe(1)
  expect(audit.stdout).toMatch(/produced 190, landed 100, dead 0, skipped 0, lost 40, twice 0/)
  // In a new dataset, everything in Kafka lands.
  const fresh = new ConsumerCase(scope, { ...byBatches.env, LAKE_DATASET: 'ticks_2' })
  fresh.consume({ CONSUMER_GROUP_ID: 'fresh' })
  await fresh.landed(150)
})
