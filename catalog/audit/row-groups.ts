// Asks Athena for the rows of each object: one query over the hours that an audit reads.

import type { Athena, QueryOptions } from '@ticklake/aws/athena.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { recordKey } from '@ticklake/contract/keys.ts'
import { offsetsBelowSql, quoted } from '@ticklake/lake/sql.ts'
import type { RowGroup } from './object-check.ts'

export interface RowScope {
  readonly topicId: string
  /** Hours after this one are read; undefined: all. */
  readonly after: string | undefined
  /** Hours before it that are read again. */
  readonly changed: readonly string[]
  readonly landedOffsets: ReadonlyMap<number, number>
}

/** @throws Failure when Athena cannot answer: an audit without rows has no result */
export async function readRowGroups(
  athena: Athena,
  lake: LakeConfig,
  scope: RowScope,
  options: QueryOptions,
): Promise<{ groups: RowGroup[]; scannedBytes: number }> {
  const result = await athena.query(rowGroupSql(lake, scope), options)
  const groups: RowGroup[] = []
  const bucketUri = `s3://${lake.bucket}/`
  for await (const batch of result.rows) {
    for (const [path, topicId, partition, rows, distinct, min, max] of batch) {
      groups.push({
        key: path!.startsWith(bucketUri) ? path!.slice(bucketUri.length) : path!,
        topicId: topicId ?? null,
        partition: partition === null || partition === undefined ? null : Number(partition),
        rows: Number(rows),
        distinct: Number(distinct),
        min: Number(min ?? 0),
        max: Number(max ?? 0),
      })
    }
  }
  return { groups, scannedBytes: result.scannedBytes }
}

/** Pure: the query. Counts have 64 bits, but are below 2^53. */
export function rowGroupSql(lake: LakeConfig, scope: RowScope): string {
  const path = lake.format === 'json-object' ? recordPathSql(lake, scope) : '"$path"'
  return [
    `SELECT ${path}, kafka_topic_id, kafka_partition, count(*), count(DISTINCT kafka_offset),`,
    '  min(kafka_offset), max(kafka_offset)',
    `FROM ${quoted(lake.database)}.${quoted(lake.table)}`,
    `WHERE ${hoursSql(scope)}${lake.format === 'json-object' ? ` AND ${belowLandedSql(scope)}` : ''}`,
    'GROUP BY 1, 2, 3',
  ].join('\n')
}

function hoursSql({ after, changed }: RowScope): string {
  if (after === undefined) return 'true'
  const [dt, hour] = [after.slice(0, 10), after.slice(11)]
  const parts = [`dt > '${dt}'`, `(dt = '${dt}' AND hour > '${hour}')`]
  for (const name of changed) parts.push(`(dt = '${name.slice(0, 10)}' AND hour = '${name.slice(11)}')`)
  return `(${parts.join(' OR ')})`
}

/**
 * One object per record would mean one group per record. So an object named after its own row is counted under its
 * claim's template, `…-{offset}.json`; any other under its own path.
 */
function recordPathSql(lake: LakeConfig, { topicId }: RowScope): string {
  const template = recordKey(lake, { dt: '{dt}', hour: '{hour}' }, topicId, 0, '{offset}')
  const text = (sql: string) => sql.replaceAll("'", "''")
  const pathOf = (offset: string) =>
    `'${text(`s3://${lake.bucket}/${template}`)
      .replace('{dt}', "' || dt || '")
      .replace('{hour}', "' || hour || '")
      .replace('-00000-', "-' || lpad(CAST(kafka_partition AS varchar), 5, '0') || '-")
      .replace('{offset}', `' || ${offset} || '`)}'`
  const own = pathOf("lpad(CAST(kafka_offset AS varchar), 19, '0')")
  return `IF("$path" = ${own}, ${pathOf("'{offset}'")}, "$path")`
}

/** Rows above the landed offsets are in flight; rows of another topic count whatever their offset is. */
function belowLandedSql({ topicId, landedOffsets }: Pick<RowScope, 'topicId' | 'landedOffsets'>): string {
  if (landedOffsets.size === 0) return 'true'
  return `(kafka_topic_id <> '${topicId}' OR ${offsetsBelowSql(landedOffsets)})`
}
