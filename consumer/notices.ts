// Notices of refused records on the dead-letter topic: at least once, the dead file is the record.

import RdKafka from '@confluentinc/kafka-javascript'
import type { Claim } from '@ticklake/contract/claim.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { deadLetterTopic, type KafkaConfig, kafkaClientSettings } from '@ticklake/runtime/kafka.ts'
import type { RefusedRecord } from './record-buffer.ts'

type Producer = InstanceType<typeof RdKafka.HighLevelProducer>

export interface Notices extends AsyncDisposable {
  /** Resolves when the broker has acknowledged a notice of each record. */
  send(claim: Claim, refused: readonly RefusedRecord[]): Promise<void>
}

/** Notices to the dead-letter topic. The connection is opened with the first refused record. */
export function deadLetterNotices(config: KafkaConfig): Notices {
  const topic = deadLetterTopic(config)
  let connecting: Promise<Producer> | undefined

  const connected = (): Promise<Producer> => {
    connecting ??= connect(config).catch((error) => {
      connecting = undefined
      throw error
    })
    return connecting
  }

  return {
    async send(claim, refused) {
      const producer = await connected()
      for (let i = 0; i < refused.length; i += AT_ONCE) {
        await Promise.all(
          refused.slice(i, i + AT_ONCE).map((record) => sendOne(producer, topic, claim, record)),
        )
      }
    },
    async [Symbol.asyncDispose]() {
      const producer = await connecting?.catch(() => undefined)
      if (producer) await new Promise<void>((resolve) => producer.disconnect(2_000, () => resolve()))
    },
  }
}

/**
 * A notice with more than this would be refused by the dead-letter topic, and its range would wait for ever: a
 * topic takes 1 MiB unless told otherwise, headers included. The dead file has the record whole.
 */
const MAX_NOTICE_BYTES = 900_000

/** Below the client's queue, so that a claim full of poison is told in portions. */
const AT_ONCE = 1_000

function sendOne(producer: Producer, topic: string, claim: Claim, record: RefusedRecord): Promise<void> {
  const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
  const whole = bytes <= MAX_NOTICE_BYTES
  const facts = {
    ...(whole ? {} : { 'ticklake-left-out-bytes': String(bytes) }),
    'ticklake-reason': record.reason,
    'ticklake-detail': record.detail,
    'ticklake-topic': claim.topic,
    'ticklake-topic-id': claim.topicId,
    'ticklake-partition': String(claim.partition),
    'ticklake-offset': String(record.offset),
  }
  const headers = Object.entries(facts).map(([name, value]) => ({ [name]: value }))
  return new Promise((resolve, reject) => {
    const key = record.key === null || !whole ? null : Buffer.from(record.key)
    const value = record.value === null || !whole ? null : Buffer.from(record.value)
    producer.produce(topic, null, value, key, null, headers, (error) => (error ? reject(error) : resolve()))
  })
}

async function connect(config: KafkaConfig): Promise<Producer> {
  await ensureTopic(config)

  const producer = new RdKafka.HighLevelProducer({
    ...kafkaClientSettings(config, 'ticklake-consumer-dead-letters'),
    'enable.idempotence': true,
    'message.timeout.ms': 30_000,
    log_level: 4,
  })
  producer.on('event.error', () => {})
  return await new Promise((resolve, reject) => {
    producer.connect({ timeout: 10_000 }, (error) => {
      if (!error) return resolve(producer)
      producer.disconnect()
      reject(
        new Failure({
          code: 'KAFKA_UNREACHABLE',
          what: 'the dead-letter topic cannot be told of refused records; their range waits',
          why: error.message,
          retryable: true,
        }),
      )
    })
  })
}

/** Makes the dead-letter topic where only the topic itself was made by hand. */
function ensureTopic(config: KafkaConfig): Promise<void> {
  const topic = deadLetterTopic(config)
  const admin = RdKafka.AdminClient.create({
    ...kafkaClientSettings(config, 'ticklake-consumer-dead-letters'),
    log_level: 4,
  })
  const wanted = { topic, num_partitions: 1, replication_factor: -1 }
  return new Promise<void>((resolve, reject) => {
    admin.createTopic(wanted, 10_000, (error) => {
      if (!error || error.code === RdKafka.CODES.ERRORS.ERR_TOPIC_ALREADY_EXISTS) return resolve()
      reject(
        new Failure({
          code: 'DEAD_LETTER_TOPIC_MISSING',
          what: `there may be no dead-letter topic ${topic}, and it cannot be made; refused records wait`,
          why: error.message,
          remedy: 'make it with `producer topic create`, or allow this user to',
          retryable: true,
        }),
      )
    })
  }).finally(() => admin.disconnect())
}
