// The committed offsets of a consumer group, read by a client that does not join it.
import { RdKafka } from '@confluentinc/kafka-javascript'
import type { Task } from './contenders.ts'

const WITHIN_MS = 5_000

export interface CommittedOffsets extends AsyncDisposable {
  /** The sum of the committed offsets of all partitions. */
  sum(): Promise<number>
}

/** Connects to the brokers of the run. */
export async function committedOffsets(
  { env, topic }: Pick<Task, 'env' | 'topic'>,
  groupId: string,
  partitions: number,
): Promise<CommittedOffsets> {
  const client = new RdKafka.KafkaConsumer(
    { 'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS!, 'group.id': groupId, 'enable.auto.commit': false },
    {},
  )
  await new Promise<void>((resolve, reject) => {
    client.connect({ timeout: WITHIN_MS }, (error) => (error ? reject(error) : resolve()))
  })
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  return {
    sum: () =>
      new Promise((resolve) => {
        client.committed(all, WITHIN_MS, (error, answered) => {
          // While the coordinator is being elected, there is no answer yet: try again.
          const offsets = error ? [] : (answered as readonly { offset?: number }[])
          resolve(offsets.reduce((sum, { offset = 0 }) => sum + Math.max(0, offset), 0))
        })
      }),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => client.disconnect(resolve))
    },
  }
}
