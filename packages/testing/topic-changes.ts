// What people and tools do to a topic and its group while a consumer relies on them.
import RdKafka from '@confluentinc/kafka-javascript'
import { CALL_WITHIN_MS, called, withAdmin } from './kafka-clients.ts'
import { untilKnown } from './topic.ts'

type Env = Readonly<Record<string, string>>

/** The calls that the binding's types omit or narrow. */
interface Admin {
  createPartitions(topic: string, total: number, timeoutMs: number, done: Done): void
  deleteGroups(
    groups: string[],
    options: object,
    done: (error: unknown, reports?: { error?: Error }[]) => void,
  ): void
  deleteRecords(
    records: { topic: string; partition: number; offset: number }[],
    options: object,
    done: Done,
  ): void
}
type Done = (error: unknown) => void

/** Gives the topic more partitions; resolves when the broker has them, so that clients see them at once. */
export function addPartitions(env: Env, total: number): Promise<void> {
  const topic = env.KAFKA_TOPIC!
  return withAdmin(env, async (client) => {
    const admin = client as unknown as Admin
    await called((done) => admin.createPartitions(topic, total, CALL_WITHIN_MS, done))
    await untilKnown(client, topic, (known) => known?.partitions === total)
  })
}

/** Deletes the records of a partition below an offset, as retention does. */
export function deleteRecordsBefore(env: Env, partition: number, offset: number): Promise<void> {
  const records = [{ topic: env.KAFKA_TOPIC!, partition, offset }]
  return ask(env, (admin, done) => admin.deleteRecords(records, { timeout: CALL_WITHIN_MS }, done))
}

/** Deletes a group and its offsets. It must have no members. */
export function deleteGroup(env: Env, group: string): Promise<void> {
  return ask(env, (admin, done) =>
    admin.deleteGroups([group], { timeout: CALL_WITHIN_MS }, (error, reports) =>
      done(error ?? reports?.[0]?.error),
    ),
  )
}

/** Commits an offset for a group that has no members, as kafka-consumer-groups.sh --reset-offsets does. */
export async function moveOffset(env: Env, group: string, partition: number, offset: number): Promise<void> {
  const consumer = new RdKafka.KafkaConsumer(
    { 'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS!, 'group.id': group, 'enable.auto.commit': false },
    {},
  )
  await called((done) => consumer.connect({ timeout: CALL_WITHIN_MS }, done))
  try {
    consumer.commitSync({ topic: env.KAFKA_TOPIC!, partition, offset })
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()))
  }
}

/** Sends values to a partition in one transaction, which is then committed or aborted. */
export async function produceInTransaction(
  env: Env,
  partition: number,
  values: readonly Uint8Array[],
  end: 'commit' | 'abort',
): Promise<void> {
  const producer = new RdKafka.Producer({
    'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS!,
    'transactional.id': `${env.KAFKA_TOPIC}-test`,
  })
  await called((done) => producer.connect({ timeout: CALL_WITHIN_MS }, done))
  try {
    await called((done) => producer.initTransactions(CALL_WITHIN_MS, done))
    await called((done) => producer.beginTransaction(done))
    for (const value of values) producer.produce(env.KAFKA_TOPIC!, partition, Buffer.from(value))
    await called((done) => producer.flush(CALL_WITHIN_MS, done))
    await called((done) =>
      end === 'commit'
        ? producer.commitTransaction(CALL_WITHIN_MS, done)
        : producer.abortTransaction(CALL_WITHIN_MS, done),
    )
  } finally {
    await new Promise<void>((resolve) => producer.disconnect(() => resolve()))
  }
}

function ask(env: Env, call: (admin: Admin, done: Done) => void): Promise<void> {
  return withAdmin(env, (client) => called((done) => call(client as unknown as Admin, done)))
}
