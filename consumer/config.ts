// The settings of the consumer: CONSUMER_* beside KAFKA_* and LAKE_*.

import { type LakeConfig, lakeOf, lakeSchema } from '@ticklake/aws/config.ts'
import {
  isForeignKafkaName,
  type KafkaConfig,
  kafkaSchema,
  requireOwnDeadLetterTopic,
} from '@ticklake/kafka/config.ts'
import {
  type Env,
  integer,
  milliseconds,
  oneOf,
  optionalText,
  readEnv,
  text,
  type Values,
} from '@ticklake/runtime/env.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { hostNames } from '@ticklake/runtime/request-guard.ts'
import { stopLinger } from '@ticklake/runtime/stop-reason.ts'
import type { FlushPace } from './batching/flush-pace.ts'
import { parseStartPoint, type StartPoint } from './group/start-point.ts'

const MIB = 1024 * 1024

export const consumerSchema = {
  CONSUMER_GROUP_ID: optionalText({
    doc: 'the consumer group; `ticklake-<dataset>` when unset. Claims, not the group, say what has landed',
  }),
  CONSUMER_FLUSH_AFTER_MS: milliseconds({
    doc: 'a record waits at most this long before it is written to S3',
    default: 10_000,
    min: 100,
  }),
  CONSUMER_FLUSH_SLOWS_TO_MS: milliseconds({
    doc: 'the value that CONSUMER_FLUSH_AFTER_MS grows to, a sixtieth of the running time, so that a stream that is fresh at first writes fewer small objects later; 0: it does not grow',
    default: 0,
  }),
  CONSUMER_FLUSH_BYTES: integer({
    doc: 'a partition’s batch is flushed when it has this many bytes',
    default: 64 * MIB,
    min: 1024,
    max: 512 * MIB,
  }),
  CONSUMER_FLUSH_ROWS: integer({
    doc: 'a partition’s batch is flushed when it has this many rows',
    default: 250_000,
    min: 1,
    max: 5_000_000,
  }),
  CONSUMER_BUFFER_BYTES: integer({
    doc: 'about the most bytes that all partitions hold in memory; then Kafka is not read until S3 has taken some',
    default: 64 * MIB,
    min: 1024 * 1024,
  }),
  CONSUMER_UPLOADS: integer({
    doc: 'how many partitions are written to S3 at the same time',
    default: 4,
    min: 1,
    max: 64,
  }),
  CONSUMER_READER: oneOf(['batches', 'client'], {
    doc: 'what reads the records: `batches` reads record batches as bytes, with half the CPU or less; `client` is the Confluent client, which makes an object for each record. The Confluent client is the group member in both cases',
    default: 'batches',
  }),
  CONSUMER_ON_RETENTION_LOSS: oneOf(['stop', 'record'], {
    doc: 'what to do when Kafka has deleted records before they landed: `stop` and say how many, or `record` the loss in a claim and continue',
    default: 'stop',
  }),
  CONSUMER_ON_TRUNCATION: oneOf(['stop', 'record'], {
    doc: 'what to do when Kafka has lost landed records and given their offsets to others: `stop` until someone decides, or `record` the loss in a claim and continue in a new era of the partition, where offsets in the lake are above those in Kafka',
    default: 'stop',
  }),
  CONSUMER_HEALTH_HOST: text({ doc: 'where /livez, /readyz and /metrics listen', default: '127.0.0.1' }),
  CONSUMER_HEALTH_PORT: integer({ doc: 'their port; 0 picks a free one', default: 9102, max: 65_535 }),
  CONSUMER_STOP_LINGER_MS: stopLinger,
  CONSUMER_HEALTH_ALLOWED_HOSTS: hostNames({
    doc: 'host names under which they answer, in addition to localhost and CONSUMER_HEALTH_HOST, for a Prometheus that scrapes `consumer:9102`',
  }),
} as const

export interface ConsumerConfig {
  readonly kafka: KafkaConfig
  readonly lake: LakeConfig
  readonly groupId: string
  readonly pace: FlushPace
  readonly flushBytes: number
  readonly flushRows: number
  readonly bufferBytes: number
  readonly uploads: number
  readonly reader: 'batches' | 'client'
  readonly onRetentionLoss: 'stop' | 'record'
  readonly onTruncation: 'stop' | 'record'
  readonly healthHost: string
  readonly healthPort: number
  readonly stopLingerMs: number
  readonly healthAllowedHosts: readonly string[] | undefined
  /** Where a new dataset begins; undefined: at offset 0, or where an existing one began. */
  readonly from: StartPoint | undefined
  /** Ends when the records that the topic had at the start have landed. */
  readonly untilEnd: boolean
}

/** What the command line adds to the environment. */
export interface RunFlags {
  readonly from?: string | undefined
  /** Replaces LAKE_DATASET, with its own group. */
  readonly dataset?: string | undefined
  readonly untilEnd?: boolean | undefined
}

/**
 * Reads CONSUMER_*, KAFKA_* and LAKE_*, and the flags.
 * @throws Failure CONFIG_INVALID that lists every problem; USAGE for a flag that cannot be understood
 */
export function consumerConfig(env: Env, flags: RunFlags = {}): ConsumerConfig {
  const values: Values<typeof consumerSchema> & Values<typeof lakeSchema> & KafkaConfig = readEnv(
    { ...kafkaSchema, ...lakeSchema, ...consumerSchema },
    flags.dataset === undefined ? env : { ...env, LAKE_DATASET: flags.dataset },
    ['CONSUMER_', 'LAKE_', 'KAFKA_'],
    isForeignKafkaName,
  )
  requireOwnDeadLetterTopic(values)
  const lake = lakeOf(values)
  return Object.freeze({
    kafka: values,
    lake,
    // A dataset that is named here shares nothing with another, not even its group.
    groupId:
      (flags.dataset === undefined ? values.CONSUMER_GROUP_ID : undefined) ?? `ticklake-${lake.dataset}`,
    pace: {
      flushAfterMs: values.CONSUMER_FLUSH_AFTER_MS,
      flushSlowsToMs: values.CONSUMER_FLUSH_SLOWS_TO_MS,
    },
    flushBytes: values.CONSUMER_FLUSH_BYTES,
    flushRows: values.CONSUMER_FLUSH_ROWS,
    bufferBytes: values.CONSUMER_BUFFER_BYTES,
    uploads: values.CONSUMER_UPLOADS,
    reader: values.CONSUMER_READER,
    onRetentionLoss: values.CONSUMER_ON_RETENTION_LOSS,
    onTruncation: values.CONSUMER_ON_TRUNCATION,
    healthHost: values.CONSUMER_HEALTH_HOST,
    healthPort: values.CONSUMER_HEALTH_PORT,
    stopLingerMs: values.CONSUMER_STOP_LINGER_MS,
    healthAllowedHosts: values.CONSUMER_HEALTH_ALLOWED_HOSTS,
    from: flags.from === undefined ? undefined : startPointOf(flags.from),
    untilEnd: flags.untilEnd === true,
  })
}

function startPointOf(text: string): StartPoint {
  try {
    return parseStartPoint(text)
  } catch (error) {
    throw new Failure({
      code: 'USAGE',
      what: `--from ${text} cannot be understood; nothing was started`,
      why: `it ${reasonOf(error)}`,
      remedy: 'see `consumer run --help`',
    })
  }
}
