// Compares rows with Kafka's records column by column: first by sums of digests over blocks of offsets, then row by row
// in the blocks that differ. Athena reads the rows, so every format, and compacted hours, are compared as a query sees
// them.

import type { Athena, QueryOptions } from '@ticklake/aws/athena.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import { counted, type Finding, finding } from './finding.ts'
import {
  type ComparedColumn,
  columnSql,
  type ExpectedRow,
  expectedColumn,
  rowDigest,
  rowDigestSql,
} from './row-digest.ts'

/** Offsets [from, to) of a partition. */
export interface OffsetSpan {
  readonly partition: number
  readonly from: number
  readonly to: number
}

export interface ContentResult {
  /** The number of compared rows, equal or not. */
  readonly compared: number
  readonly changed: number
  /** What was not compared, one sentence each. */
  readonly uncompared: readonly string[]
  readonly findings: readonly Finding[]
}

/** The sum of the digests of a block's rows, whatever their order. */
interface BlockSum {
  rows: number
  sum: bigint
}

interface Block extends OffsetSpan, BlockSum {
  readonly records: ExpectedRow[]
}

export interface ContentTarget {
  readonly athena: Pick<Athena, 'rows'>
  readonly options: QueryOptions
  readonly database: string
  readonly table: string
  readonly topicId: string
  readonly compared: readonly ComparedColumn[]
}

/** Rows of a block that differs are kept in memory until they have been compared one by one. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024
/** Offsets in a block; more if there would be too many blocks. */
const BLOCK = 1_000
const MOST_BLOCKS = 50_000
const BLOCKS_A_QUERY = 40
const SHOWN_ROWS = 20

export class ContentCheck {
  readonly #target: ContentTarget
  readonly #block: number
  /** Digest sums of the rows that Athena reads, by partition and block. */
  readonly #sums: Map<string, BlockSum>
  readonly #different: Block[] = []
  /** Differing blocks whose records did not fit in memory. */
  readonly #unkept: OffsetSpan[] = []
  #keptBytes = 0
  #compared = 0

  private constructor(target: ContentTarget, block: number, sums: Map<string, BlockSum>) {
    this.#target = target
    this.#block = block
    this.#sums = sums
  }

  /** Sums up the rows of these spans; Kafka still has their records. */
  static async open(target: ContentTarget, spans: readonly OffsetSpan[]): Promise<ContentCheck> {
    const offsets = spans.reduce((sum, { from, to }) => sum + to - from, 0)
    const block = Math.max(BLOCK, Math.ceil(offsets / MOST_BLOCKS))
    const sums = new Map<string, BlockSum>()
    if (spans.length > 0) {
      for (const [partition, number, rows, sum] of await target.athena.rows(
        blocksSql(target, spans, block),
        target.options,
      )) {
        sums.set(`${partition}/${number}`, { rows: Number(rows), sum: BigInt(sum!) })
      }
    }
    return new ContentCheck(target, block, sums)
  }

  /** Takes the expected rows of a partition from Kafka's records, in offset order. */
  partition(partition: number): { readonly expect: (row: ExpectedRow) => void; readonly end: () => void } {
    let block: Block | undefined
    const end = () => {
      if (block) this.#closeBlock(block)
      block = undefined
    }
    return {
      expect: (row) => {
        if (block && row.offset >= block.to) end()
        const from = Math.floor(row.offset / this.#block) * this.#block
        block ??= { partition, from, to: from + this.#block, rows: 0, sum: 0n, records: [] }
        block.rows++
        block.sum += rowDigest(row, this.#target.compared)
        // The reader reuses its memory.
        block.records.push({ ...row, canonical: Uint8Array.from(row.canonical) })
      },
      end,
    }
  }

  /** Call it when all partitions have ended. */
  async result(): Promise<ContentResult> {
    const changed: Changed[] = []
    let missing = 0
    for (let at = 0; at < this.#different.length; at += BLOCKS_A_QUERY) {
      const blocks = this.#different.slice(at, at + BLOCKS_A_QUERY)
      missing += await this.#compareRows(blocks, changed)
    }
    const unkept = this.#unkept.length
    const withoutRecord = [...this.#sums.values()].reduce((sum, { rows }) => sum + rows, 0)
    return {
      compared: this.#compared,
      changed: changed.length,
      uncompared: [
        ...(missing > 0 ? [`${counted(missing, 'record')} without a row in Athena`] : []),
        ...(withoutRecord > 0
          ? [`${counted(withoutRecord, 'row')} of records that Kafka has compacted`]
          : []),
      ],
      findings: [
        ...(await this.#changedFindings(changed)),
        ...(unkept > 0
          ? [
              finding(
                'content',
                `${counted(unkept, 'more block')} of ${this.#block} offsets differ from Kafka's records, the first from offset ${this.#unkept[0]!.from} of partition ${this.#unkept[0]!.partition}`,
                'repair what is named above, then run the audit again',
              ),
            ]
          : []),
      ],
    }
  }

  #closeBlock(block: Block): void {
    const key = `${block.partition}/${block.from / this.#block}`
    const read = this.#sums.get(key)
    this.#sums.delete(key)
    if (read && read.rows === block.rows && read.sum === block.sum) {
      this.#compared += block.rows
      return
    }
    const bytes = block.records.reduce((sum, { canonical }) => sum + canonical.length + 100, 0)
    if (this.#keptBytes + bytes > MOST_KEPT_BYTES) this.#unkept.push(block)
    else {
      this.#keptBytes += bytes
      this.#different.push(block)
    }
  }

  /** @returns how many records have no row */
  async #compareRows(blocks: readonly Block[], changed: Changed[]): Promise<number> {
    const rows = await this.#target.athena.rows(rowsSql(this.#target, blocks), this.#target.options)
    const read = new Map<string, bigint[]>()
    for (const [partition, offset, digest] of rows) {
      const key = `${partition}/${offset}`
      read.set(key, [...(read.get(key) ?? []), BigInt(digest!)])
    }
    let missing = 0
    for (const { partition, records } of blocks) {
      for (const record of records) {
        const digests = read.get(`${partition}/${record.offset}`)
        const expected = rowDigest(record, this.#target.compared)
        if (!digests) missing++
        else {
          this.#compared++
          if (digests.some((digest) => digest !== expected)) changed.push({ partition, record })
        }
      }
    }
    return missing
  }

  async #changedFindings(changed: readonly Changed[]): Promise<Finding[]> {
    if (changed.length === 0) return []
    const shown = changed.slice(0, SHOWN_ROWS)
    const { compared } = this.#target
    const rows = await this.#target.athena.rows(columnsSql(this.#target, shown), this.#target.options)
    const findings: Finding[] = []
    for (const { partition, record } of shown) {
      for (const [p, offset, path, ...values] of rows) {
        if (Number(p) !== partition || Number(offset) !== record.offset) continue
        const different = compared.flatMap((column, i) => {
          const [bytes, text] = expectedColumn(record, column)
          return values[2 * i] === bytes
            ? []
            : [`${column.name} is ${rowText(column, values[2 * i + 1])}, and ${text} in Kafka`]
        })
        if (different.length === 0) continue
        findings.push(
          finding(
            'content',
            `partition ${partition}, offset ${record.offset} in ${path}: ${different.join('; ')}`,
            'restore the object as the consumer wrote it; if Kafka lost its records in a power cut, begin a new dataset with LAKE_DATASET',
          ),
        )
      }
    }
    if (changed.length > shown.length) {
      findings.push(
        finding(
          'content',
          `${counted(changed.length - shown.length, 'more row')} that differ from Kafka's records`,
          'as above',
        ),
      )
    }
    return findings
  }
}

interface Changed {
  readonly partition: number
  readonly record: ExpectedRow
}

/** Athena writes 1.6 as 1.6E0. */
function rowText({ glue }: ComparedColumn, text: string | null | undefined): string {
  if (text === null || text === undefined) return 'null'
  return glue === 'double' ? String(Number(text)) : text
}

function blocksSql(target: ContentTarget, spans: readonly OffsetSpan[], block: number): string {
  return [
    `SELECT kafka_partition, kafka_offset / ${block}, count(*), sum(CAST(${rowDigestSql(target.compared)} AS decimal(38, 0)))`,
    `FROM ${tableOf(target)} WHERE ${within(target, spans)} GROUP BY 1, 2`,
  ].join('\n')
}

function rowsSql(target: ContentTarget, spans: readonly OffsetSpan[]): string {
  return [
    `SELECT kafka_partition, kafka_offset, ${rowDigestSql(target.compared)}`,
    `FROM ${tableOf(target)} WHERE ${within(target, spans)}`,
  ].join('\n')
}

function columnsSql(target: ContentTarget, rows: readonly Changed[]): string {
  const spans = rows.map(({ partition, record: { offset } }) => ({
    partition,
    from: offset,
    to: offset + 1,
  }))
  return [
    `SELECT kafka_partition, kafka_offset, "$path", ${target.compared.flatMap(columnSql).join(', ')}`,
    `FROM ${tableOf(target)} WHERE ${within(target, spans)}`,
  ].join('\n')
}

function tableOf({ database, table }: ContentTarget): string {
  return `${quoted(database)}.${quoted(table)}`
}

function within({ topicId }: ContentTarget, spans: readonly OffsetSpan[]): string {
  const parts = spans.map(
    ({ partition, from, to }) =>
      `(kafka_partition = ${partition} AND kafka_offset >= ${from} AND kafka_offset < ${to})`,
  )
  return `kafka_topic_id = '${topicId}' AND (${parts.join(' OR ')})`
}
