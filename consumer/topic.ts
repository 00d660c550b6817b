// The topic that is landed: waited for when it is not there yet, watched in case it is deleted and made anew.
import { Failure } from '@ticklake/runtime/errors.ts'
import type { KafkaConfig } from '@ticklake/runtime/kafka.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { GroupClient, TopicFacts } from './kafka.ts'
import type { Plan } from './plan.ts'
import { LetGo } from './retry.ts'

const LOOK_EVERY_MS = 30_000

/** The topic's facts. @throws Failure TOPIC_MISSING after KAFKA_CONNECT_TIMEOUT_MS; LetGo */
export async function topicOf(
  client: GroupClient,
  config: KafkaConfig,
  signal: AbortSignal,
): Promise<TopicFacts> {
  const deadline = Date.now() + config.KAFKA_CONNECT_TIMEOUT_MS
  for (;;) {
    if (signal.aborted) throw new LetGo()
    const topic = await client.describeTopic().catch(() => undefined)
    if (topic) return topic
    if (Date.now() > deadline) {
      throw new Failure({
        code: 'TOPIC_MISSING',
        what: `there is no topic ${config.KAFKA_TOPIC} at ${config.KAFKA_BOOTSTRAP_SERVERS}; nothing was read`,
        why: `it was waited for ${config.KAFKA_CONNECT_TIMEOUT_MS / 1000} s`,
        remedy: 'make it with `producer topic create`, or set KAFKA_TOPIC',
      })
    }
    await sleep(500, signal)
  }
}

/**
 * Looks every 30 s whether the topic is still the one that the dataset was begun with.
 * @returns stops looking
 */
export function watchTopic(
  client: GroupClient,
  plan: Plan,
  onReplaced: (error: Failure) => void,
): () => void {
  const timer = setInterval(async () => {
    // A broker that does not answer says nothing about the topic.
    const topic = await client.describeTopic().catch(() => undefined)
    if (topic && topic.topicId !== plan.topicId) {
      onReplaced(
        new Failure({
          code: 'TOPIC_REPLACED',
          what: `the topic ${plan.topic} was deleted and made anew; nothing more is written to the dataset ${plan.lake.dataset}`,
          why: `its id was ${plan.topicId} and is ${topic.topicId}: offsets start at 0 again and mean other records`,
          remedy: 'begin a new dataset with LAKE_DATASET for the new topic',
        }),
      )
    }
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}
