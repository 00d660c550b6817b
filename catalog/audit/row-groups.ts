// Asks Athena for the rows of each object, over the hours that an audit reads.

import type { Athena, QueryOptions } from '@ticklake/aws/athena.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { recordKey } from '@ticklake/contract/keys.ts'
import { offsetsBelowSql } from '@ticklake/lake/sql.ts'
import { literal, quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { RowGroup } from './object-check.ts'
import { type CountedObject, type PathRange, pathRanges } from './path-ranges.ts'

/**
 * The engine holds every offset of a query in memory, in about 17 bytes. Athena has much memory, the local engine 400 MB
 * for a query.
 */
const MOST_ROWS_OF_A_QUERY = 8_000_000

export interface RowScope {
  readonly topicId: string
  /** Hours after this one are read; undefined: all. */
  readonly after: string | undefined
  /** Hours before it that are read again. */
  readonly changed: readonly string[]
  readonly landedOffsets: ReadonlyMap<number, number>
}

export interface RowQueries extends QueryOptions {
  /** What is there, as far as it is known: several queries share it if it is much. */
  readonly objects: readonly CountedObject[]
  readonly onProgress: (doing: string) => void
}

/** @throws Failure when Athena cannot answer: an audit without rows has no result */
export async function readRowGroups(
  athena: Athena,
  lake: LakeConfig,
  scope: RowScope,
  { objects, onProgress, ...options }: RowQueries,
): Promise<{ groups: RowGroup[]; scannedBytes: number }> {
  const groups: RowGroup[] = []
  let scannedBytes = 0
  const ranges = pathRanges(objects, MOST_ROWS_OF_A_QUERY)
  for (const [i, range] of ranges.entries()) {
    const which = ranges.length === 1 ? '' : `, query ${i + 1} of ${ranges.length}`
    onProgress(`asking Athena for the rows of each object${which}`)
    const result = await athena.query(rowGroupSql(lake, scope, range), options)
    for await (const batch of result.rows) for (const row of batch) groups.push(groupOf(lake, row))
    scannedBytes += result.scannedBytes
  }
  return { groups, scannedBytes }
}

function groupOf(lake: LakeConfig, row: readonly (string | null | undefined)[]): RowGroup {
  const [path, topicId, partition, rows, distinct, min, max] = row
  const bucketUri = `s3://${lake.bucket}/`
  return {
    key: path!.startsWith(bucketUri) ? path!.slice(bucketUri.length) : path!,
    topicId: topicId ?? null,
    partition: partition === null || partition === undefined ? null : Number(partition),
    rows: Number(rows),
    distinct: Number(distinct),
    min: Number(min ?? 0),
    max: Number(max ?? 0),
  }
}

/** count(DISTINCT …) holds the path beside each offset, which takes six times the memory. */
const differentOffsetsSql =
  'cardinality(array_distinct(array_agg(kafka_offset) FILTER (WHERE kafka_offset IS NOT NULL)))'

/** Pure: the query of one range of paths. Counts have 64 bits, but are below 2^53. */
export function rowGroupSql(lake: LakeConfig, scope: RowScope, range: PathRange): string {
  const path = lake.format === 'json-object' ? recordPathSql(lake, scope) : '"$path"'
  const conditions = [
    hoursSql(scope),
    ...(lake.format === 'json-object' ? [belowLandedSql(scope)] : []),
    ...(range.from === undefined ? [] : [`"$path" >= ${pathText(lake, range.from)}`]),
    ...(range.before === undefined ? [] : [`"$path" < ${pathText(lake, range.before)}`]),
  ]
  return [
    `SELECT ${path}, kafka_topic_id, kafka_partition, count(*), ${differentOffsetsSql},`,
    '  min(kafka_offset), max(kafka_offset)',
    `FROM ${quoted(lake.database)}.${quoted(lake.table)}`,
    `WHERE ${conditions.join(' AND ')}`,
    'GROUP BY 1, 2, 3',
  ].join('\n')
}

function pathText(lake: LakeConfig, key: string): string {
  return literal(`s3://${lake.bucket}/${key}`)
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
