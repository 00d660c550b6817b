// How every service connects to the broker: the KAFKA_* variables, and librdkafka's settings derived from them.
import { getCACertificates } from 'node:tls'
import {
  type Env,
  integer,
  milliseconds,
  oneOf,
  optional,
  optionalText,
  pattern,
  readEnv,
  text,
  type Values,
} from '@ticklake/runtime/env.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { readNamedFile } from '@ticklake/runtime/named-file.ts'
import { hideSecret } from '@ticklake/runtime/redact.ts'

const topicName = (facts: { doc: string; default?: string }) =>
  pattern(/^[a-zA-Z0-9._-]{1,249}$/, 'a topic name (letters, digits, . _ -)', facts)

export const kafkaSchema = {
  KAFKA_BOOTSTRAP_SERVERS: text({
    doc: 'the brokers to ask first, host:port, comma-separated',
    default: '127.0.0.1:9092',
  }),
  KAFKA_TOPIC: topicName({ doc: 'the topic that carries the ticks', default: 'stock-ticks' }),
  KAFKA_DEAD_LETTER_TOPIC: optional(
    topicName({ doc: 'where rejected records are announced; `<KAFKA_TOPIC>-dead-letters` when unset' }),
  ),
  KAFKA_TICK_ALIASES: oneOf(['on', 'off'], {
    doc: 'messages with other field names (`Index`, `Symbol`, `Vol.`), numbers as strings, or missing nullable fields: `on` makes them canonical, `off` rejects them',
    default: 'on',
  }),
  KAFKA_GROUP_PROTOCOL: oneOf(['consumer', 'classic'], {
    doc: 'how consumers share partitions: `consumer` is KIP-848 (Kafka 4), `classic` is for brokers before 4.0',
    default: 'consumer',
  }),
  KAFKA_SECURITY_PROTOCOL: oneOf(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], {
    doc: 'how connections are secured',
    default: 'PLAINTEXT',
  }),
  KAFKA_SASL_MECHANISM: oneOf(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'], {
    doc: 'the SASL mechanism, if the protocol has SASL',
    default: 'SCRAM-SHA-512',
  }),
  KAFKA_SASL_USERNAME: optionalText({ doc: 'the SASL user' }),
  KAFKA_SASL_PASSWORD_FILE: optionalText({
    doc: 'a file with the SASL password (never the password itself)',
  }),
  KAFKA_SSL_CA_FILE: optionalText({
    doc: "the PEM file of the certificate authority that signed the broker's certificate",
  }),
  KAFKA_CONNECT_TIMEOUT_MS: milliseconds({
    doc: 'how long to wait for an unreachable broker',
    default: 60_000,
    min: 1_000,
  }),
} as const

export const topicSchema = {
  KAFKA_TOPIC_PARTITIONS: integer({
    doc: 'the topic’s number of partitions for `topic create`; rows of one index share a partition',
    default: 3,
    min: 1,
    max: 10_000,
  }),
  KAFKA_TOPIC_REPLICATION: integer({
    doc: 'the topic’s replication factor for `topic create`',
    default: 1,
    min: 1,
    max: 100,
  }),
  KAFKA_TOPIC_RETENTION_MS: integer({
    doc: 'the topic’s retention for `topic create`; -1 is forever',
    default: 604_800_000,
    min: -1,
  }),
} as const

export type KafkaConfig = Values<typeof kafkaSchema>

/** Reads only KAFKA_*. @throws Failure CONFIG_INVALID */
export function kafkaConfig(env: Env): KafkaConfig {
  return readEnv(kafkaSchema, env, ['KAFKA_'], isForeignKafkaName)
}

/**
 * Names in KAFKA_* that are not misspelt settings: those that only `topic create` reads, and those that Kafka's own
 * scripts, the compose files, Docker's links and Kubernetes (for a service named kafka) put into an environment.
 */
export function isForeignKafkaName(name: string): boolean {
  return (
    name in topicSchema ||
    /^KAFKA_(?:PORT|HOME|OPTS|HEAP_OPTS|JVM_PERFORMANCE_OPTS|GC_LOG_OPTS|DEBUG|CLUSTER_ID)$/.test(name) ||
    /^KAFKA_(?:JMX|LOG4J|PORT_\d+|SERVICE_HOST|SERVICE_PORT|ENV|NAME)(?:_|$)/.test(name)
  )
}

/** The dead-letter topic's name. */
export function deadLetterTopic(config: KafkaConfig): string {
  return config.KAFKA_DEAD_LETTER_TOPIC ?? `${config.KAFKA_TOPIC}-dead-letters`
}

/** The topic that records which rejected records were replayed; compacted, so that no line is lost. */
export function ledgerTopic(config: KafkaConfig): string {
  return `${config.KAFKA_TOPIC}-replayed`
}

/**
 * For every service that writes to the dead-letter topic or creates it: if it were the topic itself, each announcement
 * would be read as a record, rejected, and announced again, without end; if it were the ledger, each would count as a
 * replay.
 * @throws Failure CONFIG_INVALID
 */
export function requireOwnDeadLetterTopic(config: KafkaConfig): void {
  const name = deadLetterTopic(config)
  const isTopic = name === config.KAFKA_TOPIC
  if (!isTopic && name !== ledgerTopic(config)) return
  throw new Failure({
    code: 'CONFIG_INVALID',
    what: `the dead-letter topic is the ${isTopic ? 'topic itself' : 'ledger of replays'}; nothing was started`,
    why: isTopic
      ? `KAFKA_DEAD_LETTER_TOPIC and KAFKA_TOPIC are both ${name}: rejected records would come back forever`
      : `KAFKA_DEAD_LETTER_TOPIC is ${name}, where replays record what they have sent`,
    remedy: 'set KAFKA_DEAD_LETTER_TOPIC to another topic, or leave it unset',
  })
}

/**
 * librdkafka's global settings for connecting to the broker; a client adds its own. @throws Failure CONFIG_INVALID if
 * SASL lacks a user, or a named file cannot be read.
 */
export function kafkaClientSettings(
  config: KafkaConfig,
  clientId: string,
): Record<string, string | number | boolean> {
  const settings: Record<string, string | number | boolean> = {
    'bootstrap.servers': config.KAFKA_BOOTSTRAP_SERVERS,
    'client.id': clientId,
    'security.protocol': config.KAFKA_SECURITY_PROTOCOL.toLowerCase(),
    // As in Java clients. With librdkafka's own 10 s, clients find a broker that is back late, and in that time some of
    // its threads connect without a pause: a core is busy in every process while the broker is away.
    'reconnect.backoff.max.ms': 1_000,
  }
  if (config.KAFKA_SECURITY_PROTOCOL.startsWith('SASL_')) {
    const { KAFKA_SASL_USERNAME: user, KAFKA_SASL_PASSWORD_FILE: passwordFile } = config
    if (!user || !passwordFile) {
      throw new Failure({
        code: 'CONFIG_INVALID',
        what: `KAFKA_SECURITY_PROTOCOL=${config.KAFKA_SECURITY_PROTOCOL} needs a user and a password; nothing was started`,
        why: `${user ? 'KAFKA_SASL_PASSWORD_FILE' : 'KAFKA_SASL_USERNAME'} is not set`,
        remedy: 'set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE',
      })
    }
    settings['sasl.mechanism'] = config.KAFKA_SASL_MECHANISM
    settings['sasl.username'] = user
    const password = readNamedFile('KAFKA_SASL_PASSWORD_FILE', passwordFile).trim()
    hideSecret(password)
    settings['sasl.password'] = password
  }
  if (config.KAFKA_SECURITY_PROTOCOL.endsWith('SSL') && config.KAFKA_SSL_CA_FILE) {
    readNamedFile('KAFKA_SSL_CA_FILE', config.KAFKA_SSL_CA_FILE)
    settings['ssl.ca.location'] = config.KAFKA_SSL_CA_FILE
  }
  return settings
}

/**
 * Options with which the reader of record batches (packages/kafka-reader) connects to the same broker in the same way.
 */
export interface ReaderSettings {
  readonly brokers: string[]
  readonly clientId: string
  readonly tls?: { ca: string[] }
  readonly sasl?: {
    readonly mechanism: KafkaConfig['KAFKA_SASL_MECHANISM']
    readonly username: string
    readonly password: () => string
  }
}

/** @throws Failure CONFIG_INVALID as kafkaClientSettings() */
export function readerSettings(config: KafkaConfig, clientId: string): ReaderSettings {
  const client = kafkaClientSettings(config, clientId)
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SSL_CA_FILE: caFile } = config
  return {
    brokers: config.KAFKA_BOOTSTRAP_SERVERS.split(',').map(brokerAddress),
    clientId,
    // Without a file librdkafka trusts the system's authorities, and Node.js its own list.
    ...(protocol.endsWith('SSL') && {
      tls: {
        ca: caFile
          ? [readNamedFile('KAFKA_SSL_CA_FILE', caFile)]
          : [...getCACertificates('default'), ...getCACertificates('system')],
      },
    }),
    ...(protocol.startsWith('SASL_') && {
      sasl: {
        mechanism: config.KAFKA_SASL_MECHANISM,
        username: String(client['sasl.username']),
        // Read again at each authentication: a changed password needs no restart.
        password: () => {
          const password = readNamedFile('KAFKA_SASL_PASSWORD_FILE', config.KAFKA_SASL_PASSWORD_FILE!).trim()
          hideSecret(password)
          return password
        },
      },
    }),
  }
}

/** librdkafka accepts a protocol before the host, and a missing port. */
function brokerAddress(text: string): string {
  const address = text.trim().replace(/^[A-Z_]+:\/\//, '')
  return /:\d+$/.test(address) ? address : `${address}:9092`
}

/** host:port of the broker that a FAIL line of librdkafka's log is about, unless it is known from the settings alone. */
export function advertisedAddress(logged: string): string | undefined {
  return /^\[thrd:[^\]]*\]: ([^ /]+)\/\d+: /.exec(logged)?.[1]
}

/** The reason in a FAIL line of librdkafka's log, which its errors lack, without the client's internal names. */
export function brokerReason(logged: string): string {
  const reason = logged
    .replace(/^\[thrd:[^\]]*\]: /, '')
    .replace(/^[^ ]*\/(bootstrap|\d+): /, '')
    .replace(/ipv[46]#/g, '')
  const state = reason.endsWith(')') ? reason.lastIndexOf(' (after ') : -1
  return state < 0 ? reason : reason.slice(0, state)
}
