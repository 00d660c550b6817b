// Compares two datasets of one topic: which records only one of them has, and which rows differ.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { tickColumns } from '@ticklake/contract/columns.ts'
import { readClaimAt } from '@ticklake/lake/claims.ts'
import { type LandedOffsets, readLandedOffsets } from '@ticklake/lake/landed-offsets.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { grouped } from '@ticklake/runtime/number-text.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { CatalogConfig } from '../config.ts'
import { counted } from './finding.ts'

/** The offsets [from, to) of a partition that both datasets cover. */
export interface CommonRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}

export interface RowDifference {
  readonly partition: number
  readonly offset: number
  readonly what: 'only-first' | 'only-second' | 'values'
}

export interface DatasetComparison {
  readonly first: string
  readonly second: string
  readonly ranges: readonly CommonRange[]
  /** Partitions that are in an era in one of them: their offsets are not comparable. */
  readonly inEra: readonly number[]
  /** Rows in the common ranges. */
  readonly rows: { readonly first: number; readonly second: number }
  /** The first of them, by partition and offset. */
  readonly differences: readonly RowDifference[]
  /** Whether there are more differences than are listed. */
  readonly more: boolean
}

/** Offsets per block; only blocks with different sums are read row by row. */
const BLOCK = 1_000
const MOST_BLOCKS = 20
const MOST_DIFFERENCES = 100

/**
 * Compares while both keep landing: records that one of them has not landed yet, or skipped at its start, are not
 * differences. Rows are those that Athena reads.
 * @throws Failure DATASET_MISSING, TOPIC_CHANGED, TABLE_MISSING: then nothing was compared
 */
export async function compareDatasets(
  aws: Pick<Aws, 'athena' | 'bucket' | 'glue'>,
  first: CatalogConfig,
  second: CatalogConfig,
  signal?: AbortSignal,
): Promise<DatasetComparison> {
  const [one, two] = [await extentOf(aws, first.lake), await extentOf(aws, second.lake)]
  if (one.topicId !== two.topicId) {
    throw new Failure({
      code: 'TOPIC_CHANGED',
      what: `${first.lake.dataset} and ${second.lake.dataset} are of different topics; they have no record in common`,
      why: `the topic ids are ${one.topicId} and ${two.topicId}`,
      remedy: 'name two datasets of one topic',
    })
  }
  const ranges = commonRanges(one, two)
  const inEra = [...new Set([...(one.inEra ?? []), ...(two.inEra ?? [])])].sort((a, b) => a - b)
  const names = { first: first.lake.dataset, second: second.lake.dataset, inEra }
  if (ranges.length === 0) {
    return { ...names, ranges, rows: { first: 0, second: 0 }, differences: [], more: false }
  }
  const options = { signal, timeoutMs: first.queryTimeoutMs }
  const tables: Compared = {
    tables: [tableOf(first.lake), tableOf(second.lake)],
    columns: new Set([...one.columns].filter((name) => two.columns.has(name))),
  }
  const blocks = await aws.athena.rows(blocksSql(tables, one.topicId, ranges), options)
  const [sums, ...different] = blocks
  const rows = { first: Number(sums?.[2] ?? 0), second: Number(sums?.[3] ?? 0) }
  const differences: RowDifference[] = []
  if (different.length > 0) {
    const chosen = different.slice(0, MOST_BLOCKS).map(([partition, block]) => ({
      partition: Number(partition),
      from: Number(block) * BLOCK,
      to: (Number(block) + 1) * BLOCK,
    }))
    for (const [partition, offset, what] of await aws.athena.rows(
      rowsSql(tables, one.topicId, ranges, chosen),
      options,
    )) {
      differences.push({
        partition: Number(partition),
        offset: Number(offset),
        what: what as RowDifference['what'],
      })
    }
  }
  const more = different.length > MOST_BLOCKS || differences.length === MOST_DIFFERENCES
  return { ...names, ranges, rows, differences, more }
}

/** The comparison as lines; the last one has the numbers. */
export function comparisonText(comparison: DatasetComparison): string[] {
  const { first, second, ranges, inEra, rows, differences, more } = comparison
  const lines = ranges.map(
    ({ partition, from, to }) =>
      `partition ${partition}: offsets ${grouped(from)} to ${grouped(to - 1)} are in the claims of both`,
  )
  for (const partition of inEra) {
    lines.push(`partition ${partition}: not compared, its offsets in one of them are those of a later era`)
  }
  if (ranges.length === 0) lines.push(`${first} and ${second} have no offset in common yet`)
  const said = {
    'only-first': `only in ${first}`,
    'only-second': `only in ${second}`,
    values: 'in both, with other values',
  }
  for (const { partition, offset, what } of differences) {
    lines.push(`partition ${partition}, offset ${offset}: ${said[what]}`)
  }
  if (more) lines.push('and more like these')
  const different = `${more ? 'at least ' : ''}${counted(differences.length, 'difference')}`
  return [...lines, `compare: ${first} ${rows.first} rows, ${second} ${rows.second} rows, ${different}`]
}

/** Where a dataset's claims start (after the records skipped at first) and end, by partition. */
export interface Extent {
  readonly topicId: string
  readonly starts: ReadonlyMap<number, number>
  readonly landedOffsets: LandedOffsets
  /** Partitions in an era, where offsets are no longer Kafka's. */
  readonly inEra?: ReadonlySet<number>
}

/** What is read from both tables. */
export interface Compared {
  readonly tables: readonly [string, string]
  /** The columns that both have: a table that an earlier release declared lacks what was added since. */
  readonly columns: ReadonlySet<string>
}

/** Pure: the ranges that both cover. */
export function commonRanges(one: Extent, two: Extent): CommonRange[] {
  const ranges: CommonRange[] = []
  for (const [partition, end] of one.landedOffsets) {
    if (one.inEra?.has(partition) || two.inEra?.has(partition)) continue
    const from = Math.max(one.starts.get(partition) ?? 0, two.starts.get(partition) ?? 0)
    const to = Math.min(end, two.landedOffsets.get(partition) ?? 0)
    if (from < to) ranges.push({ partition, from, to })
  }
  return ranges.sort((a, b) => a.partition - b.partition)
}

async function extentOf(
  aws: Pick<Aws, 'bucket' | 'glue'>,
  lake: LakeConfig,
): Promise<Extent & { readonly columns: ReadonlySet<string> }> {
  const landed = await readLandedOffsets(aws.bucket, lake)
  if (!landed) {
    throw new Failure({
      code: 'DATASET_MISSING',
      what: `there is no dataset ${lake.dataset} below ${lake.prefix}/; nothing was compared`,
      remedy: `land it with \`consumer run --from earliest --dataset ${lake.dataset}\``,
    })
  }
  const table = await aws.glue.table(lake.database, lake.table)
  if (!table) {
    throw new Failure({
      code: 'TABLE_MISSING',
      what: `there is no table ${lake.database}.${lake.table}; ${lake.dataset} cannot be read`,
      remedy: `create it with \`LAKE_DATASET=${lake.dataset} catalog declare\``,
    })
  }
  const starts = new Map<number, number>()
  for (const partition of landed.landedOffsets.keys()) {
    const claim = await readClaimAt(aws.bucket, lake, { topicId: landed.topicId, partition, S: 0 })
    starts.set(partition, claim && claim.skipped > 0 ? claim.E : 0)
  }
  const columns = new Set((table.StorageDescriptor?.Columns ?? []).map(({ Name }) => Name!))
  return { ...landed, starts, columns }
}

function tableOf(lake: LakeConfig): string {
  return `${quoted(lake.database)}.${quoted(lake.table)}`
}

function within(topicId: string, ranges: readonly CommonRange[]): string {
  const parts = ranges.map(
    ({ partition, from, to }) =>
      `(kafka_partition = ${partition} AND kafka_offset >= ${from} AND kafka_offset < ${to})`,
  )
  return `kafka_topic_id = '${topicId}' AND (${parts.join(' OR ')})`
}

/** The values of a row as one value, without timestamps, for which formats differ in digits. */
function valuesOf({ columns }: Compared): string {
  const names = tickColumns.map(({ name }) => name as string).filter((name) => columns.has(name))
  return `ROW(${names.map(quoted).join(', ')})`
}

/** Pure: the total sums, as the row of partition -1, then every block of offsets with different rows. */
export function blocksSql(compared: Compared, topicId: string, ranges: readonly CommonRange[]): string {
  const [first, second] = compared.tables
  const values = valuesOf(compared)
  const blocks = (table: string) =>
    [
      `SELECT kafka_partition AS p, kafka_offset / ${BLOCK} AS b, count(*) AS n,`,
      `  checksum(ROW(kafka_offset, ${values})) AS c`,
      `FROM ${table} WHERE ${within(topicId, ranges)} GROUP BY 1, 2`,
    ].join('\n')
  return [
    `WITH one AS (${blocks(first)}), two AS (${blocks(second)}),`,
    'both AS (SELECT coalesce(one.p, two.p) AS p, coalesce(one.b, two.b) AS b, one.n AS n1, two.n AS n2,',
    '  one.c AS c1, two.c AS c2 FROM one FULL OUTER JOIN two ON one.p = two.p AND one.b = two.b)',
    'SELECT -1 AS p, 0 AS b, sum(n1) AS n1, sum(n2) AS n2 FROM both UNION ALL',
    'SELECT p, b, n1, n2 FROM both WHERE n1 IS DISTINCT FROM n2 OR c1 IS DISTINCT FROM c2',
    'ORDER BY p, b',
  ].join('\n')
}

/** Pure: the records in these blocks that differ. */
export function rowsSql(
  compared: Compared,
  topicId: string,
  ranges: readonly CommonRange[],
  blocks: readonly CommonRange[],
): string {
  const [first, second] = compared.tables
  const values = valuesOf(compared)
  const rows = (table: string) =>
    [
      `SELECT kafka_partition AS p, kafka_offset AS o, count(*) AS n, checksum(${values}) AS c FROM ${table}`,
      `WHERE ${within(topicId, ranges)} AND ${within(topicId, blocks)} GROUP BY 1, 2`,
    ].join(' ')
  return [
    'SELECT coalesce(one.p, two.p) AS p, coalesce(one.o, two.o) AS o,',
    "  CASE WHEN two.p IS NULL THEN 'only-first' WHEN one.p IS NULL THEN 'only-second' ELSE 'values' END",
    `FROM (${rows(first)}) one FULL OUTER JOIN (${rows(second)}) two ON one.p = two.p AND one.o = two.o`,
    'WHERE one.n IS DISTINCT FROM two.n OR one.c IS DISTINCT FROM two.c',
    `ORDER BY 1, 2 LIMIT ${MOST_DIFFERENCES}`,
  ].join('\n')
}
