// What librdkafka's errors mean for the consumer: which are temporary, and what the user reads about the others.
import RdKafka from '@confluentinc/kafka-javascript'
import { Failure } from '@ticklake/runtime/errors.ts'

const { CODES } = RdKafka

/** Errors from which librdkafka recovers by itself, or that only say that nothing came. */
export function isPassing(code: number): boolean {
  const {
    ERR__AUTO_OFFSET_RESET,
    ERR_OFFSET_OUT_OF_RANGE,
    ERR_TOPIC_AUTHORIZATION_FAILED,
    ERR_GROUP_AUTHORIZATION_FAILED,
  } = CODES.ERRORS
  return ![
    ERR__AUTO_OFFSET_RESET,
    ERR_OFFSET_OUT_OF_RANGE,
    ERR_TOPIC_AUTHORIZATION_FAILED,
    ERR_GROUP_AUTHORIZATION_FAILED,
  ].includes(code)
}

export function readFailure(error: { message: string; code: number }): Failure {
  if (
    error.code === CODES.ERRORS.ERR__AUTO_OFFSET_RESET ||
    error.code === CODES.ERRORS.ERR_OFFSET_OUT_OF_RANGE
  ) {
    return offsetOutOfRange(error.message)
  }
  return readFailed(error.message)
}

/** Failure KAFKA_READ_FAILED */
export function readFailed(why: string): Failure {
  return new Failure({
    code: 'KAFKA_READ_FAILED',
    what: 'Kafka refuses to be read; everything that has landed stays landed',
    why,
    remedy: 'check the user’s rights on the topic and the group, then start the consumer again',
  })
}

/** Failure OFFSET_OUT_OF_RANGE */
export function offsetOutOfRange(why: string): Failure {
  return new Failure({
    code: 'OFFSET_OUT_OF_RANGE',
    what: 'Kafka does not have the next offset of the chain of claims; nothing more is written',
    why,
    remedy: 'start the consumer again: it then says how many records are lost and what to do',
  })
}

/** Failure KAFKA_GROUP_FAILED: this client cannot continue, but another one can. */
export function groupFailed(why: string): Failure {
  return new Failure({
    code: 'KAFKA_GROUP_FAILED',
    what: 'the consumer group refused this consumer; everything that has landed stays landed',
    why,
    remedy:
      'check the user’s rights on the group, and that all its consumers have the same KAFKA_GROUP_PROTOCOL; a broker before 4.0 needs classic',
    retryable: true,
  })
}
