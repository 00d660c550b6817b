// Connects to the dead-letter topic, and creates it if it is missing.

import RdKafka from '@confluentinc/kafka-javascript'
import { ensureTopic, withAdmin } from '@ticklake/kafka/admin.ts'
import { deadLetterTopic, type KafkaConfig } from '@ticklake/kafka/config.ts'
import { connectProducer, type Producer } from '@ticklake/kafka/producer.ts'
import { describeTopic } from '@ticklake/kafka/topic-facts.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

const { CODES } = RdKafka

/** A connection, and a promise that rejects when it is given up: otherwise pending calls would wait forever. */
export interface Connection {
  readonly producer: Producer
  readonly givenUp: PromiseWithResolvers<never>
}

const CLIENT_ID = 'ticklake-consumer-dead-letters'

/** How long the broker may take to acknowledge a message; after that the topic is looked up again. */
const ANSWER_WITHIN_MS = 10_000

/** Answers of the broker that stay the same until a person changes the topic or the rights on it. */
const permanentCodes: readonly number[] = [
  CODES.ERRORS.ERR_TOPIC_AUTHORIZATION_FAILED,
  CODES.ERRORS.ERR_CLUSTER_AUTHORIZATION_FAILED,
  CODES.ERRORS.ERR_MSG_SIZE_TOO_LARGE,
  CODES.ERRORS.ERR_RECORD_LIST_TOO_LARGE,
  CODES.ERRORS.ERR_INVALID_RECORD,
  CODES.ERRORS.ERR_INVALID_MSG,
  CODES.ERRORS.ERR_POLICY_VIOLATION,
]

/** Whether the broker would answer the same next time. */
export function isPermanent(code: number | undefined): boolean {
  return code !== undefined && permanentCodes.includes(code)
}

/** A client with the topic's current metadata. @throws Failure KAFKA_UNREACHABLE, DEAD_LETTER_TOPIC_MISSING */
export async function connect(config: KafkaConfig): Promise<Connection> {
  const partitions = await ensureDeadLetterTopic(config)
  const producer = await connectProducer(config, {
    clientId: CLIENT_ID,
    logLevel: 4,
    settings: { 'message.timeout.ms': ANSWER_WITHIN_MS },
    connectWithinMs: ANSWER_WITHIN_MS,
  }).catch((error) => {
    throw unreachable(error)
  })
  try {
    // A partition that is just being created may acknowledge a batch without storing it; one that answers with its end
    // has a log.
    const ends = Array.from({ length: partitions }, (_, partition) =>
      endOf(producer, deadLetterTopic(config), partition),
    )
    await Promise.all(ends)
  } catch (error) {
    producer.disconnect()
    throw unreachable(error)
  }
  const givenUp = Promise.withResolvers<never>()
  givenUp.promise.catch(() => {})
  return { producer, givenUp }
}

function unreachable(error: unknown): Failure {
  return kafkaUnreachable({
    what: 'rejected records cannot be announced on the dead-letter topic; they are in dead-letter files, and are announced later',
    why: reasonOf(error),
  })
}

function endOf(producer: Producer, topic: string, partition: number): Promise<void> {
  return new Promise((resolve, reject) => {
    producer.queryWatermarkOffsets(topic, partition, ANSWER_WITHIN_MS, (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

/** Creates the dead-letter topic if it is missing. @returns how many partitions it has */
async function ensureDeadLetterTopic(config: KafkaConfig): Promise<number> {
  const topic = deadLetterTopic(config)
  try {
    return await withAdmin(config, { clientId: CLIENT_ID, logLevel: 4 }, async (admin) => {
      // Checked first: a user who may write to the topic may lack the right to create it.
      const found = await describeTopic(admin, topic)
      if (found) return found.partitions
      const wanted = { topic, num_partitions: 1, replication_factor: -1 }
      await ensureTopic(admin, wanted, ANSWER_WITHIN_MS)
      return wanted.num_partitions
    })
  } catch (error) {
    throw new Failure({
      code: 'DEAD_LETTER_TOPIC_MISSING',
      what: `the dead-letter topic ${topic} may not exist, and cannot be created; rejected records are kept in dead-letter files, and are announced later`,
      why: reasonOf(error),
      remedy: 'create it with `producer topic create`, or allow this user to',
      retryable: !isPermanent((error as { code?: number }).code),
      cause: error,
    })
  }
}
