// The health of each stage from the measurements: flowing, quiet, behind or broken, and what to do about it. Pure.
import type { Crawler } from '@aws-sdk/client-glue'
import type { TopicState } from '@ticklake/kafka/topic.ts'
import type { ChainTail } from '@ticklake/lake/chain-tail.ts'
import { inLakeOffsets, shiftsOf } from '@ticklake/lake/era-offsets.ts'
import { partitionLag } from '@ticklake/lake/lag.ts'
import type { ObjectTotals } from '@ticklake/lake/object-totals.ts'
import type { RowCount } from '@ticklake/lake/row-count.ts'
import type { CatalogConfig } from '../../config.ts'
import type { Metrics } from './metrics-text.ts'
import type { Polled } from './poller.ts'
import type { Rejections } from './recent-rejections.ts'
import type { Health, PartitionOffsets, Pipeline, Problem, Stage } from './wire.ts'

export interface GlueState {
  /** false: Glue knows no such table */
  readonly table: boolean
  readonly partitions: number
  readonly crawler: Crawler | undefined
}

export interface PipelineFacts {
  readonly nowMs: number
  readonly config: Pick<CatalogConfig, 'lake' | 'kafka' | 'crawler' | 'watchEveryMs'>
  readonly topic: Polled<TopicState>
  readonly tails: Polled<readonly ChainTail[]>
  readonly objects: Polled<ObjectTotals>
  readonly glue: Polled<GlueState>
  readonly count: Polled<RowCount>
  /** undefined: no address of its metrics is set */
  readonly producer: Polled<Metrics> | undefined
  readonly consumer: Polled<Metrics> | undefined
  readonly producedPerSecond: number | null
  readonly claimedPerSecond: number | null
  /** Since when records have been waiting without a new claim; undefined: they are not. */
  readonly stalledSinceMs: number | undefined
  readonly countGrew: boolean
  /** undefined: the newest records are accepted, or could not be read */
  readonly rejections: Rejections | undefined
}

/** Longer than a usual flush takes. */
const BEHIND_AFTER_MS = 15_000
/** Longer than the longest usual flush (a minute, on AWS): nothing is claimed although records wait. */
const STALLED_AFTER_MS = 90_000

export function pipelineOf(facts: PipelineFacts): Omit<Pipeline, 'alerts'> {
  const partitions = partitionOffsets(facts)
  return {
    at: facts.nowMs,
    producer: producerStage(facts),
    topic: {
      ...stage(facts.topic, isMoving(facts.producedPerSecond)),
      name: facts.config.kafka.KAFKA_TOPIC,
      records: facts.topic.value ? partitions.reduce((sum, { end }) => sum + end, 0) : null,
      partitions,
    },
    consumer: consumerStage(facts, partitions),
    s3: s3Stage(facts),
    glue: glueStage(facts),
    athena: {
      ...stage(facts.count, facts.countGrew),
      count: facts.count.value?.rows ?? null,
      countedAt: facts.count.value ? facts.count.at : null,
      everyMs: facts.config.watchEveryMs,
      elapsedMs: facts.count.value?.queryMs ?? null,
      scannedBytes: facts.count.value?.scannedBytes ?? null,
      newestMs: facts.count.value?.newestMs ?? null,
    },
  }
}

/** Broken when the newest attempt failed, waiting before the first answer. */
function stage(polled: Polled<unknown>, moving: boolean): Stage {
  if (polled.problem) return { health: 'broken', problem: polled.problem }
  return { health: polled.value === undefined ? 'waiting' : moving ? 'flow' : 'quiet' }
}

function partitionOffsets({ topic, tails }: PipelineFacts): PartitionOffsets[] {
  const landed = new Map(tails.value?.map((tail) => [tail.partition, tail.landedOffset]))
  const partitions = inLakeOffsets(topic.value?.partitions ?? [], shiftsOf(tails.value ?? []))
  return partitions.map(({ partition, low, end }) => {
    const landedOffset = landed.get(partition) ?? null
    return {
      partition,
      low,
      end,
      claimed: landedOffset,
      lag: landedOffset === null ? null : partitionLag({ low, end }, landedOffset),
    }
  })
}

function producerStage(facts: PipelineFacts): Pipeline['producer'] {
  const { producer, topic, producedPerSecond } = facts
  const metrics = producer?.value
  const numbers = {
    rowsPerSecond: producedPerSecond,
    delivered: metrics?.get('ticklake_producer_rows_delivered_total') ?? null,
    skipped: metrics ? (metrics.get('ticklake_producer_rows_skipped_total') ?? 0) : null,
  }
  if (producer?.problem) return { health: 'broken', problem: producer.problem, ...numbers }
  if (metrics?.get('ticklake_producer_broker_up') === 0) {
    const problem = {
      code: 'PRODUCER_WAITS',
      what: 'the producer waits for the broker; no row is lost, none is sent',
      why: topic.problem?.why ?? 'its metrics say that the broker does not answer',
      remedy: topic.problem?.remedy ?? 'start the broker',
    }
    return { health: 'broken', problem, ...numbers }
  }
  // Without its metrics, the producer's rate is the topic's growth; the rest is unknown.
  const health: Health = topic.problem ? 'waiting' : stage(topic, isMoving(producedPerSecond)).health
  return { health, ...numbers }
}

function consumerStage(facts: PipelineFacts, partitions: readonly PartitionOffsets[]): Pipeline['consumer'] {
  const { consumer, tails, claimedPerSecond, stalledSinceMs, nowMs, rejections } = facts
  const metrics = consumer?.value
  const lags = partitions.map(({ lag }) => lag)
  const numbers = {
    rowsPerSecond: claimedPerSecond,
    lag: lags.length === 0 || lags.includes(null) ? null : lags.reduce<number>((sum, lag) => sum + lag!, 0),
    refused: metrics ? (metrics.get('ticklake_consumer_records_refused_total') ?? 0) : null,
    bufferBytes: metrics?.get('ticklake_consumer_buffer_bytes') ?? null,
  }
  if (consumer?.problem) return { health: 'broken', problem: consumer.problem, ...numbers }
  if (stalledSinceMs !== undefined && nowMs - stalledSinceMs > STALLED_AFTER_MS) {
    const seconds = Math.round((nowMs - stalledSinceMs) / 1000)
    const problem = {
      code: 'CONSUMER_STALLED',
      what: 'records wait, and nothing lands; they are safe in Kafka until its retention deletes them',
      why: `no new claim for ${seconds} s while ${numbers.lag} records wait`,
      remedy: 'check that a consumer runs (`consumer run`), and read its log',
    }
    return { health: 'broken', problem, ...numbers }
  }
  if (rejections) return { health: 'broken', problem: nearlyAllRejected(rejections), ...numbers }
  const { health } = stage(tails, isMoving(claimedPerSecond))
  if (tails.problem) return { health: 'waiting', ...numbers }
  const waits = stalledSinceMs !== undefined && nowMs - stalledSinceMs > BEHIND_AFTER_MS
  return { health: waits && health === 'quiet' ? 'behind' : health, ...numbers }
}

function nearlyAllRejected({ received, rejected, reason, count, example }: Rejections): Problem {
  return {
    code: 'RECORDS_REJECTED',
    what: `${rejected} of the newest ${received} records of the topic are rejected; they are kept whole as dead letters, not as rows`,
    why: `${count} for ${reason}, such as ${example}`,
    remedy:
      'see them in the Ledger tab or with `node consumer/main.ts dlq list`, fix their sender, then `dlq replay`',
  }
}

function s3Stage({ config, tails, objects, nowMs, claimedPerSecond }: PipelineFacts): Pipeline['s3'] {
  const problem = tails.problem ?? objects.problem
  const last = tails.value
    ?.filter(({ newest }) => (newest?.claim?.files.length ?? 0) > 0)
    .reduce<ChainTail | undefined>(
      (best, tail) => (best && best.newestAtMs! >= tail.newestAtMs! ? best : tail),
      undefined,
    )
  return {
    ...(isOfS3(problem)
      ? { health: 'broken' as const, problem: problem! }
      : stage(objects, isMoving(claimedPerSecond))),
    bucket: config.lake.bucket,
    prefix: `${config.lake.prefix}/${config.lake.dataset}/`,
    objects: objects.value?.objects ?? null,
    bytes: objects.value?.bytes ?? null,
    lastKey: last?.newest?.claim?.files.at(-1)?.key ?? null,
    lastAgeMs: last ? nowMs - last.newestAtMs! : null,
  }
}

/** Claims are read from S3 by the topic's id: an unreachable broker is not an error of S3. */
function isOfS3(problem: Problem | undefined): boolean {
  return problem !== undefined && !['KAFKA_UNREACHABLE', 'TOPIC_MISSING'].includes(problem.code)
}

function glueStage({ config, glue, claimedPerSecond }: PipelineFacts): Pipeline['glue'] {
  const { database, table } = config.lake
  const crawler = glue.value?.crawler
  const numbers = {
    database,
    table,
    partitions: glue.value?.table ? glue.value.partitions : null,
    crawler: config.crawler,
    crawlerState: crawler?.State ?? null,
    lastCrawl: crawler?.LastCrawl?.Status ?? null,
    lastCrawlAt: crawler?.LastCrawl?.StartTime?.getTime() ?? null,
  }
  if (!glue.problem && glue.value && !glue.value.table) {
    const problem = {
      code: 'TABLE_MISSING',
      what: `the table ${database}.${table} does not exist; what has landed is in S3, but cannot be queried`,
      why: 'Glue has no table of this name',
      remedy: 'create it with `catalog declare`, or set LAKE_DATABASE and LAKE_TABLE',
    }
    return { health: 'broken', problem, ...numbers }
  }
  if (!glue.problem && crawler?.LastCrawl?.Status === 'FAILED') {
    const problem = {
      code: 'CRAWL_FAILED',
      what: `the last crawl of ${config.crawler} failed; the declared table is unchanged`,
      why: crawler.LastCrawl.ErrorMessage ?? 'Glue gives no reason',
      remedy: 'fix that, then run `catalog crawl` again',
    }
    return { health: 'broken', problem, ...numbers }
  }
  return { ...stage(glue, isMoving(claimedPerSecond)), ...numbers }
}

function isMoving(perSecond: number | null): boolean {
  return perSecond !== null && perSecond > 0
}
