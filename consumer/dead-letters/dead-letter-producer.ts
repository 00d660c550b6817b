// Notices of refused records on the dead-letter topic: each at least once, the dead file is the record.

import RdKafka from '@confluentinc/kafka-javascript'
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadLetterTopic, type KafkaConfig } from '@ticklake/kafka/config.ts'
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { RefusedRecord } from '../batching/record-buffer.ts'
import { type Connection, connect, isRefusal } from './dead-letter-topic.ts'

const { CODES } = RdKafka
type Producer = Connection['producer']

/** What the dead-letter topic is told of one refused record. */
export interface Notice extends Pick<DeadLetter, 'topic' | 'topicId' | 'partition' | 'offset'> {
  readonly reason: string
  readonly detail: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

export interface Notices extends AsyncDisposable {
  /**
   * Resolves when the broker has acknowledged every notice.
   * @throws Failure: not retryable where the broker refuses them and will do so until a person changes something
   */
  send(notices: readonly Notice[]): Promise<void>
}

/** The notice of a record that was just refused. */
export function noticeOf(claim: Claim, { offset, reason, detail, key, value }: RefusedRecord): Notice {
  const { topic, topicId, partition } = claim
  return { topic, topicId, partition, offset, reason, detail, key, value }
}

/** The notice of a record that is in a dead file. */
export function noticeOfLetter(letter: DeadLetter): Notice {
  const bytes = (base64: string | null) => (base64 === null ? null : Buffer.from(base64, 'base64'))
  return { ...letter, key: bytes(letter.key), value: bytes(letter.value) }
}

/** Notices to the dead-letter topic. The connection is opened with the first refused record. */
export function deadLetterNotices(config: KafkaConfig): Notices {
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
   * A client keeps what it knows of a topic: that it is gone, how many partitions it has, the numbers of its batches.
   * A topic that was deleted and made again has none of that, so a new client asks anew.
   */
  const giveUp = (connection: Connection, error: unknown) => {
    if (connection !== current) return
    connecting = current = undefined
    connection.givenUp.reject(error)
    connection.producer.disconnect()
  }

  return {
    async send(notices) {
      const connection = await connected()
      for (let i = 0; i < notices.length; i += AT_ONCE) {
        const sent = Promise.all(
          notices.slice(i, i + AT_ONCE).map((notice) => sendOne(connection.producer, topic, notice)),
        )
        // Whoever gives the connection up first tells all others that use it.
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
 * A notice with more than this would be refused by the dead-letter topic: a topic takes 1 MiB unless told otherwise,
 * headers included. The dead file has the record whole.
 */
const MAX_NOTICE_BYTES = 900_000
/** Of a notice that the topic finds too large, so much is left of what is wrong with the record. */
const SHORT_DETAIL_CHARACTERS = 200

/** Below the client's queue, so that a claim full of poison is told in portions. */
const AT_ONCE = 1_000

/** Sends a notice; where the topic finds it too large, one without the record. */
async function sendOne(producer: Producer, topic: string, notice: Notice): Promise<void> {
  const bytes = (notice.key?.length ?? 0) + (notice.value?.length ?? 0)
  if (bytes <= MAX_NOTICE_BYTES) {
    try {
      return await deliver(producer, topic, notice, {})
    } catch (error) {
      if ((error as { code?: number }).code !== CODES.ERRORS.ERR_MSG_SIZE_TOO_LARGE) throw error
    }
  }
  const detail = notice.detail.slice(0, SHORT_DETAIL_CHARACTERS)
  const leftOut = { 'ticklake-left-out-bytes': String(bytes) }
  await deliver(producer, topic, { ...notice, detail, key: null, value: null }, leftOut)
}

function deliver(
  producer: Producer,
  topic: string,
  notice: Notice,
  more: Record<string, string>,
): Promise<void> {
  const facts = {
    ...more,
    'ticklake-reason': notice.reason,
    'ticklake-detail': notice.detail,
    'ticklake-topic': notice.topic,
    'ticklake-topic-id': notice.topicId,
    'ticklake-partition': String(notice.partition),
    'ticklake-offset': String(notice.offset),
  }
  const headers = Object.entries(facts).map(([name, value]) => ({ [name]: value }))
  const buffer = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part))
  return new Promise((resolve, reject) => {
    producer.produce(topic, null, buffer(notice.value), buffer(notice.key), null, headers, (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

function sendFailure(error: unknown, topic: string): Failure {
  const refused = isRefusal((error as { code?: number }).code)
  return new Failure({
    code: refused ? 'DEAD_LETTERS_REFUSED' : 'DEAD_LETTERS_UNTOLD',
    what: `the dead-letter topic ${topic} did not take the notice of a refused record; the record is kept in its dead file, and the notice follows`,
    why: reasonOf(error),
    remedy: refused
      ? `allow this user to write to ${topic}, and give the topic the defaults of max.message.bytes and cleanup.policy`
      : `see that the broker has the topic ${topic}`,
    retryable: !refused,
    cause: error,
  })
}
