// Errors for programs: a code, whether a retry can help, which broker, which partition.

/** This package's own errors; brokers' errors keep Kafka's names (see brokerErrors). */
export type OwnErrorCode =
  /** An option or argument cannot be used. */
  | 'INVALID_ARGUMENT'
  /** The reader was closed. */
  | 'CLOSED'
  /** A connection failed or was lost. */
  | 'CONNECTION_FAILED'
  /** A broker accepted the connection or request, and did not respond in time. */
  | 'TIMED_OUT'
  /** The certificate of the broker is not trusted, or the TLS handshake failed. */
  | 'TLS_FAILED'
  /** The broker supports no version that this package supports. */
  | 'UNSUPPORTED_BROKER'
  /** Bytes that do not follow the protocol. */
  | 'MALFORMED_RESPONSE'
  /** A response announces more than `maxResponseBytes`; often the port is not Kafka's. */
  | 'RESPONSE_TOO_LARGE'
  /** A batch is damaged: its checksum, compression or records are wrong. None of its records were returned. */
  | 'CORRUPT_BATCH'
  /** A batch decompresses to more than `maxBatchBytes`. None of its records were returned. */
  | 'BATCH_TOO_LARGE'
  /** A batch in a format older than Kafka 0.11, or with a codec or an offset that this package does not support. */
  | 'UNSUPPORTED_BATCH'
  /** Records that were read were deleted from the log or replaced: see `divergence`. */
  | 'LOG_TRUNCATED'

/** Kafka's error codes that a reader can get. https://kafka.apache.org/protocol#protocol_error_codes */
const brokerErrors = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  9: 'REPLICA_NOT_AVAILABLE',
  13: 'NETWORK_EXCEPTION',
  17: 'INVALID_TOPIC_EXCEPTION',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  33: 'UNSUPPORTED_SASL_MECHANISM',
  34: 'ILLEGAL_SASL_STATE',
  35: 'UNSUPPORTED_VERSION',
  42: 'INVALID_REQUEST',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  56: 'KAFKA_STORAGE_ERROR',
  58: 'SASL_AUTHENTICATION_FAILED',
  70: 'FETCH_SESSION_ID_NOT_FOUND',
  71: 'INVALID_FETCH_SESSION_EPOCH',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
  78: 'OFFSET_NOT_AVAILABLE',
  89: 'THROTTLING_QUOTA_EXCEEDED',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
  106: 'FETCH_SESSION_TOPIC_ID_ERROR',
} as const

export type BrokerErrorCode = (typeof brokerErrors)[keyof typeof brokerErrors] | `BROKER_ERROR_${number}`
export type ErrorCode = OwnErrorCode | BrokerErrorCode

/** The name of an error code of the protocol. */
export function brokerErrorCode(number: number): BrokerErrorCode {
  return (brokerErrors as Record<number, BrokerErrorCode>)[number] ?? `BROKER_ERROR_${number}`
}

/** Errors for which a retry, mostly with newer metadata, can help. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTION_FAILED',
  'TIMED_OUT',
  'MALFORMED_RESPONSE',
  'UNKNOWN_SERVER_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

/** Where the broker's current log diverges from the log that was read. */
export interface Divergence {
  /** The offset that would have been read next, and the leader epoch of the record before it. */
  readonly offset: number
  readonly leaderEpoch: number
  /**
   * The highest epoch of the broker's log up to the one that was read, and its end: records read beyond it are lost.
   */
  readonly brokerEpoch: number
  readonly brokerEndOffset: number
}

export interface ErrorFacts {
  readonly code: ErrorCode
  readonly message: string
  /** `host:port` */
  readonly broker?: string | undefined
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly offset?: number | undefined
  readonly divergence?: Divergence | undefined
  /** Whether a retry can succeed without a change; by default determined by the code. */
  readonly canRetry?: boolean | undefined
  readonly cause?: unknown
}

/** Everything that this package throws on purpose. */
export class KafkaReaderError extends Error {
  readonly code: ErrorCode
  readonly canRetry: boolean
  readonly broker: string | undefined
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly offset: number | undefined
  readonly divergence: Divergence | undefined

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'KafkaReaderError'
    this.code = facts.code
    this.canRetry = facts.canRetry ?? passing.has(facts.code)
    this.broker = facts.broker
    this.topic = facts.topic
    this.partition = facts.partition
    this.offset = facts.offset
    this.divergence = facts.divergence
  }
}

/** An error that a broker answered with. */
export function brokerError(number: number, facts: Omit<ErrorFacts, 'code'>): KafkaReaderError {
  const code = brokerErrorCode(number)
  return new KafkaReaderError({ ...facts, code, message: `${code}: ${facts.message}` })
}
