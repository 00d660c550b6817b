// Kafka clients for tests, each closed when its work is done.

import RdKafka, { type IAdminClient } from '@confluentinc/kafka-javascript'
import { sleep } from '@ticklake/runtime/process.ts'

type Env = Readonly<Record<string, string>>
type Done = (error: unknown) => void

export const CALL_WITHIN_MS = 60_000
const RETRY_MS = 250

export async function withAdmin<T>(env: Env, work: (admin: IAdminClient) => Promise<T>): Promise<T> {
  const admin = RdKafka.AdminClient.create({ 'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS! })
  try {
    return await work(admin)
  } finally {
    admin.disconnect()
  }
}

/** @param settings of librdkafka, in addition to the broker's address */
export async function withProducer<T>(
  env: Env,
  settings: Record<string, unknown>,
  work: (producer: RdKafka.HighLevelProducer) => Promise<T>,
): Promise<T> {
  const producer = await connectedProducer({
    'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS!,
    ...settings,
  })
  try {
    return await work(producer)
  } finally {
    await new Promise<void>((resolve) => producer.disconnect(() => resolve()))
  }
}

/** A broker that the fault campaign has killed is back soon; a client that failed to connect cannot be reused. */
async function connectedProducer(settings: Record<string, unknown>): Promise<RdKafka.HighLevelProducer> {
  const deadline = Date.now() + CALL_WITHIN_MS
  for (;;) {
    const producer = new RdKafka.HighLevelProducer(settings)
    try {
      await called((done) => producer.connect({ timeout: CALL_WITHIN_MS }, done))
      return producer
    } catch (error) {
      if (Date.now() >= deadline) throw error
      await sleep(RETRY_MS)
    }
  }
}

/** A call of the client as a promise. */
export function called(call: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
}
