// What `watch` and the metrics show: the count as Athena says it, how fresh it is, and how far the claims are behind.

import type { Athena, QueryOptions } from '@ticklake/aws/athena.ts'
import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { readCutOff } from '@ticklake/lake/claims.ts'
import { hoursAround } from '@ticklake/lake/partitions.ts'
import { quoted } from '@ticklake/lake/sql.ts'
import type { CatalogConfig } from './config.ts'

export interface RowCount {
  readonly rows: number
  /** Broker time of the newest row of the last hours, ms since 1970; undefined: none */
  readonly newestMs: number | undefined
  readonly queryMs: number
  readonly scannedBytes: number
}

export interface Lag {
  /** Records in the topic, end offsets added up. */
  readonly produced: number
  /** Up to the cut-offs: claimed and written. */
  readonly claimed: number
  /** produced - claimed, less what Kafka has deleted already */
  readonly records: number
  /** Of each partition that lags: how many landed records Kafka still holds before the first that has not landed. At 0
   * its retention deletes what has not landed, below 0 it has. */
  readonly marginByPartition: ReadonlyMap<number, number>
  /** Of each partition that ends in Kafka before its claims do: how many offsets of the lake it does not have. */
  readonly truncatedByPartition: ReadonlyMap<number, number>
}

/** Queries Athena once. It searches the newest row in the last hours only, so that it opens no old files. */
export async function countRows(
  athena: Athena,
  { lake, queryTimeoutMs }: Pick<CatalogConfig, 'lake' | 'queryTimeoutMs'>,
  nowMs: number,
  options: QueryOptions = {},
): Promise<RowCount> {
  const table = `${quoted(lake.database)}.${quoted(lake.table)}`
  const recent = hoursAround(nowMs, 0).map(({ dt, hour }) => `(dt = '${dt}' AND hour = '${hour}')`)
  const startedAt = performance.now()
  const result = await athena.query(
    `SELECT (SELECT count(*) FROM ${table}), ` +
      `(SELECT CAST(1000 * to_unixtime(max(kafka_timestamp)) AS bigint) FROM ${table} WHERE ${recent.join(' OR ')})`,
    { timeoutMs: queryTimeoutMs, ...options },
  )
  let row: readonly (string | null)[] = []
  for await (const batch of result.rows) row = batch[0] ?? row
  return {
    rows: Number(row[0] ?? 0),
    newestMs: row[1] == null ? undefined : Number(row[1]),
    queryMs: Math.round(performance.now() - startedAt),
    scannedBytes: result.scannedBytes,
  }
}

/** Reads S3 once and Kafka once or twice, never Athena. */
export async function measureLag(
  aws: Pick<Aws, 'bucket'>,
  broker: Broker,
  { lake }: Pick<CatalogConfig, 'lake'>,
): Promise<Lag> {
  const { topicId, partitions } = await broker.topicOnce()
  const cutOffs = await Promise.all(
    partitions.map(({ partition }) => readCutOff(aws.bucket, lake, topicId, partition)),
  )
  // A claim that came after the topic was read may be beyond the end that was read; an earlier claim may not.
  const isBehind = partitions.some(({ end }, i) => cutOffs[i]! > end)
  const later = isBehind ? (await broker.topicOnce()).partitions : partitions
  const ends = new Map(later.map(({ partition, end }) => [partition, end]))
  const sum = (of: (i: number) => number) => partitions.reduce((total, _, i) => total + of(i), 0)
  return {
    produced: sum((i) => partitions[i]!.end),
    claimed: sum((i) => cutOffs[i]!),
    records: sum((i) => Math.max(0, partitions[i]!.end - Math.max(cutOffs[i]!, partitions[i]!.low))),
    marginByPartition: new Map(
      partitions.flatMap(({ partition, low, end }, i) =>
        cutOffs[i]! < end ? [[partition, cutOffs[i]! - low] as const] : [],
      ),
    ),
    truncatedByPartition: new Map(
      partitions.flatMap(({ partition }, i) => {
        const beyond = cutOffs[i]! - (ends.get(partition) ?? cutOffs[i]!)
        return beyond > 0 ? [[partition, beyond] as const] : []
      }),
    ),
  }
}
