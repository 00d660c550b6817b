// A broker that loses its unflushed records in a power cut, and gives their offsets to others.
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { readLake } from '@ticklake/testing/lake-reader.ts'
import { OwnBroker } from '@ticklake/testing/own-broker.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

/** A topic of which 100 records have landed, 60 of them flushed to the broker's disk. */
async function landedHundred(it: ConsumerCase, broker: OwnBroker): Promise<{ flushedBytes: number }> {
  await createTopic(it.env, 1)
  await produce(it.env, ticks(60, 1))
  const flushedBytes = broker.logBytes(it.env.KAFKA_TOPIC!, 0)
  await produce(it.env, ticks(40, 1))
  return { flushedBytes }
}

test.for(['client', 'batches'])(
  'new records under the offsets of landed ones are never taken for them: the consumer stops, and every later one (%s)',
  async (reader, scope) => {
    await using broker = await OwnBroker.start()
    const env = { KAFKA_BOOTSTRAP_SERVERS: broker.address, CONSUMER_READER: reader }
    const it = new ConsumerCase(scope, env)
    const running = new ConsumerCase(scope, env)
    const [stoppedLog, runningLog] = [await landedHundred(it, broker), await landedHundred(running, broker)]
    const first = it.consume()
    const second = running.consume()
    await Promise.all([it.landed(100), running.landed(100)])
    await first.stop()

    await broker.kill()
    broker.loseTail(it.env.KAFKA_TOPIC!, 0, stoppedLog.flushedBytes)
    broker.loseTail(running.env.KAFKA_TOPIC!, 0, runningLog.flushedBytes)
    await broker.begin()
    await Promise.all([produce(it.env, ticks(90, 1)), produce(running.env, ticks(90, 1))])

    const refused = it.consume()
    expect(await refused.ended()).toBe(1)
    expect(refused.stderr).toMatch(/TOPIC_TRUNCATED[\s\S]*offset 99[\s\S]*another one[\s\S]*LAKE_DATASET/)
    const again = it.consume()
    expect(await again.ended()).toBe(1)
    expect(again.stderr, 'no restart clears it').toMatch(/TOPIC_TRUNCATED[\s\S]*found 20/)
    // By the comparison, or by the reader, to which the offset or its leader epoch is unknown.
    expect([1, null]).toContain(await second.ended())
    expect(second.stderr).toMatch(/TOPIC_TRUNCATED|OFFSET_OUT_OF_RANGE/)

    const restarted = running.consume()
    expect(await restarted.ended()).toBe(1)
    expect(restarted.stderr).toMatch(/TOPIC_TRUNCATED/)
    for (const { env } of [it, running]) {
      const { rows, claims } = await readLake(env)
      expect(rows).toHaveLength(100)
      expect(claims.at(-1)!.E).toBe(100)
      expect(claims.at(-1)!.last).toMatchObject({ offset: 99, leaderEpoch: 0 })
    }
    // In a dataset of its own everything lands that Kafka has.
    const fresh = new ConsumerCase(scope, { ...it.env, LAKE_DATASET: 'ticks_2' })
    fresh.consume({ CONSUMER_GROUP_ID: 'fresh' })
    await fresh.landed(150)
  },
)
