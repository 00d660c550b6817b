// A topic for tests: creates it, fills it with ticks and poison, and reads its end offsets.
import type { IAdminClient } from '@confluentinc/kafka-javascript'
import { canonicalBytes } from '@ticklake/contract/validation.ts'
import { describeTopic, type TopicFacts } from '@ticklake/kafka/topic-facts.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { CALL_WITHIN_MS, called, withAdmin, withProducer } from './kafka-clients.ts'
import { PATIENCE_MS } from './patience.ts'

type Env = Record<string, string>

/** Creates the topic, and its dead-letter topic. */
export async function createTopic(
  env: Env,
  partitions: number,
  config: Record<string, string> = {},
  replicas = 1,
): Promise<void> {
  await makeTopic(env, env.KAFKA_TOPIC!, partitions, config, replicas)
  await makeTopic(env, `${env.KAFKA_TOPIC}-dead-letters`, 1, config, replicas)
}

/** Creates one topic; resolves when the broker knows it, which is later than the controller's answer. */
export async function makeTopic(
  env: Env,
  topic: string,
  partitions: number,
  config: Record<string, string> = {},
  replicas = 1,
): Promise<void> {
  const settings = { 'message.timestamp.type': 'LogAppendTime', ...config }
  const wanted = { topic, num_partitions: partitions, replication_factor: replicas, config: settings }
  await withAdmin(env, async (admin) => {
    await called((done) => admin.createTopic(wanted, CALL_WITHIN_MS, done))
    await untilKnown(admin, topic, (known) => known !== undefined)
  })
}

/** Waits until the broker knows about a change of a topic: the controller answers before the brokers know. */
export async function untilKnown(
  admin: IAdminClient,
  topic: string,
  isWanted: (known: TopicFacts | undefined) => boolean,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const known = await describeTopic(admin, topic)
    if (isWanted(known)) return
    if (Date.now() > deadline) {
      throw new Error(`${PATIENCE_MS} ms after ${topic} was changed the broker has ${JSON.stringify(known)}`)
    }
    await sleep(50)
  }
}

/** The sum of all partitions' end offsets: how many records a topic has received. */
export function recordsOf(env: Env, topic: string, partitions = 1): Promise<number> {
  return withProducer(env, {}, async (producer) => {
    const ends = Array.from(
      { length: partitions },
      (_, partition) =>
        new Promise<number>((resolve) => {
          producer.queryWatermarkOffsets(topic, partition, 5_000, (error, offsets) =>
            resolve(error ? 0 : offsets.highOffset),
          )
        }),
    )
    return (await Promise.all(ends)).reduce((sum, end) => sum + end, 0)
  })
}

/** Deletes the topic; resolves when the broker no longer knows it. */
export function deleteTopic(env: Env, topic = env.KAFKA_TOPIC!): Promise<void> {
  return withAdmin(env, async (admin) => {
    const before = await describeTopic(admin, topic)
    await called((done) => admin.deleteTopic(topic, CALL_WITHIN_MS, done))
    // A consumer may have recreated its dead-letter topic by then.
    await untilKnown(admin, topic, (known) => known?.topicId !== before?.topicId)
  })
}

export interface Produced {
  readonly value: Uint8Array | null
  readonly partition: number
  readonly timestampMs?: number
  readonly key?: Uint8Array
}

/** Sends the messages in order; resolves when the broker has acknowledged all. */
export function produce(env: Env, messages: Iterable<Produced>): Promise<number> {
  const settings = {
    'enable.idempotence': true,
    // For a moment a new partition has no log. Of several requests in flight, the second may be accepted where the first
    // was refused; the first, sent again, is then taken for a duplicate: acknowledged, and lost.
    'max.in.flight.requests.per.connection': 1,
    'linger.ms': 5,
    'message.max.bytes': 16_000_000,
  }
  return withProducer(env, settings, async (producer) => {
    let count = 0
    let sent: Promise<unknown>[] = []
    for (const { value, partition, timestampMs, key } of messages) {
      const bytes = value === null ? null : Buffer.from(value)
      const keyBytes = key ? Buffer.from(key) : null
      sent.push(
        called((done) =>
          producer.produce(env.KAFKA_TOPIC!, partition, bytes, keyBytes, timestampMs ?? null, done),
        ),
      )
      count++
      if (sent.length === 5_000) {
        await Promise.all(sent)
        sent = []
      }
    }
    await Promise.all(sent)
    return count
  })
}

/** Good ticks, spread over the partitions; every `poisonEvery`th message is not one. */
export function* ticks(count: number, partitions: number, poisonEvery = 0): Generator<Produced> {
  for (let i = 0; i < count; i++) {
    const poison = poisonEvery > 0 && i % poisonEvery === poisonEvery - 1
    const day = String(1 + (i % 28)).padStart(2, '0')
    const price = 1000 + (i % 997) / 7
    const value = poison
      ? Buffer.from(`{"poison":${i}`)
      : canonicalBytes({
          index: `I${i % 14}`,
          date: `2021-03-${day}`,
          open: price,
          high: price + 1,
          low: price - 1,
          close: price,
          adj_close: price,
          volume: i,
          close_usd: price / 7,
        })
    yield { value, partition: i % partitions }
  }
}

/** Good ticks of past hours, hour by hour: this many in each partition. The topic must keep producers' timestamps. */
export function* pastTicks(
  hours: number,
  firstHourMs: number,
  perPartition: number,
  partitions: number,
): Generator<Produced> {
  const hourMs = 3_600_000
  for (let hour = 0; hour < hours; hour++) {
    let i = 0
    for (const tick of ticks(perPartition * partitions, partitions))
      yield { ...tick, timestampMs: firstHourMs + hour * hourMs + (i++ % hourMs) }
  }
}

/** Records that are not ticks, each invalid in another way, spread over the partitions. */
export function* poison(count: number, partitions: number): Generator<Produced> {
  const values = [
    null,
    Buffer.from(''),
    Buffer.from('not a tick'),
    Buffer.from('{"index":"HSI","date":"2021-02-30"'),
    Buffer.from([0xff, 0x00, 0x7b]),
    Buffer.from('[]'),
  ]
  for (let i = 0; i < count; i++) yield { value: values[i % values.length]!, partition: i % partitions }
}
