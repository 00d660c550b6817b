// Announces rejected records on the dead-letter topic, at least once each; their dead-letter file is authoritative.

import RdKafka from '@confluentinc/kafka-javascript'
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadLetterTopic, type KafkaConfig } from '@ticklake/kafka/config.ts'
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { RejectedRecord } from '../batching/record-buffer.ts'
import { type Connection, connect, isPermanent } from './dead-letter-topic.ts'

const { CODES } = RdKafka
type Producer = Connection['producer']

/** The message about one rejected record. */
export interface DeadLetterMessage extends Pick<DeadLetter, 'topic' | 'topicId' | 'partition' | 'offset'> {
  readonly reason: string
  readonly detail: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

export interface DeadLetterSender extends AsyncDisposable {
  /**
   * Resolves when the broker has acknowledged every message.
   * @throws Failure: not retryable if the broker refuses them until a person changes something
   */
  send(messages: readonly DeadLetterMessage[]): Promise<void>
}

/** The message about a newly rejected record. */
export function messageOf(
  claim: Claim,
  { offset, reason, detail, key, value }: RejectedRecord,
): DeadLetterMessage {
  const { topic, topicId, partition } = claim
  return { topic, topicId, partition, offset, reason, detail, key, value }
}

/** The message about a record in a dead-letter file. */
export function messageOfDeadLetter(letter: DeadLetter): DeadLetterMessage {
  const bytes = (base64: string | null) => (base64 === null ? null : Buffer.from(base64, 'base64'))
  return { ...letter, key: bytes(letter.key), value: bytes(letter.value) }
}

/** A sender to the dead-letter topic. It connects when the first record is rejected. */
export function deadLetterProducer(config: KafkaConfig): DeadLetterSender {
  const topic = deadLetterTopic(config)
  let connecting: Promise<Connection> | undefined
  let current: Connection | undefined

  const connected = (): Promise<Connection> => {
    connecting ??= connect(config).then(
      (connection) => {
        current = connection
        return connection
      },
      (error) => {
        connecting = undefined
        throw error
      },
    )
    return connecting
  }

  /**
   * A client caches facts about a topic: that it is gone, its number of partitions, the sequence numbers of batches.
   * None of them holds for a topic that was deleted and recreated, so a new client is needed.
   */
  const giveUp = (connection: Connection, error: unknown) => {
    if (connection !== current) return
    connecting = current = undefined
    connection.givenUp.reject(error)
    connection.producer.disconnect()
  }

  return {
    async send(messages) {
      const connection = await connected()
      for (let i = 0; i < messages.length; i += AT_ONCE) {
        const sent = Promise.all(
          messages.slice(i, i + AT_ONCE).map((message) => sendOne(connection.producer, topic, message)),
        )
        // The first call that gives up the connection ends the wait of all others that use it.
        sent.catch((error) => giveUp(connection, error))
        await Promise.race([sent, connection.givenUp.promise]).catch((error) => {
          throw sendFailure(error, topic)
        })
      }
    },
    async [Symbol.asyncDispose]() {
      const connection = await connecting?.catch(() => undefined)
      if (connection) {
        await new Promise<void>((resolve) => connection.producer.disconnect(2_000, () => resolve()))
      }
    },
  }
}

/**
 * The dead-letter topic would refuse a larger message: by default a topic accepts 1 MiB, headers included. The
 * dead-letter file has the whole record.
 */
const MAX_MESSAGE_BYTES = 900_000
/** How much of the detail stays in a message that is too large for the topic. */
const SHORT_DETAIL_CHARACTERS = 200

/** Below the size of the client's queue, so that a claim of many rejected records is announced in portions. */
const AT_ONCE = 1_000

/** Sends a message; if it is too large for the topic, sends it without the record. */
async function sendOne(producer: Producer, topic: string, message: DeadLetterMessage): Promise<void> {
  const bytes = (message.key?.length ?? 0) + (message.value?.length ?? 0)
  if (bytes <= MAX_MESSAGE_BYTES) {
    try {
      return await deliver(producer, topic, message, {})
    } catch (error) {
      if ((error as { code?: number }).code !== CODES.ERRORS.ERR_MSG_SIZE_TOO_LARGE) throw error
    }
  }
  const detail = message.detail.slice(0, SHORT_DETAIL_CHARACTERS)
  const leftOut = { 'ticklake-left-out-bytes': String(bytes) }
  await deliver(producer, topic, { ...message, detail, key: null, value: null }, leftOut)
}

function deliver(
  producer: Producer,
  topic: string,
  message: DeadLetterMessage,
  more: Record<string, string>,
): Promise<void> {
  const facts = {
    ...more,
    'ticklake-reason': message.reason,
    'ticklake-detail': message.detail,
    'ticklake-topic': message.topic,
    'ticklake-topic-id': message.topicId,
    'ticklake-partition': String(message.partition),
    'ticklake-offset': String(message.offset),
  }
  const headers = Object.entries(facts).map(([name, value]) => ({ [name]: value }))
  const buffer = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part))
  return new Promise((resolve, reject) => {
    producer.produce(topic, null, buffer(message.value), buffer(message.key), null, headers, (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

function sendFailure(error: unknown, topic: string): Failure {
  const refused = isPermanent((error as { code?: number }).code)
  return new Failure({
    code: refused ? 'DEAD_LETTERS_REFUSED' : 'DEAD_LETTERS_UNTOLD',
    what: `the dead-letter topic ${topic} did not accept the message about a rejected record; the record is in its dead-letter file, and the message is sent later`,
    why: reasonOf(error),
    remedy: refused
      ? `allow this user to write to ${topic}, and give the topic the defaults of max.message.bytes and cleanup.policy`
      : `check that the broker has the topic ${topic}`,
    retryable: !refused,
    cause: error,
  })
}
