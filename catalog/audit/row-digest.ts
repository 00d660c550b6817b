// A digest of a row's columns, computed in the same way from Kafka's record and, in SQL, from Athena's row.

import { hash } from 'node:crypto'
import { columns, type Tick, tickColumns } from '@ticklake/contract/columns.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'

/** The compared columns: the tick, the offset and the time. Rows are grouped by topic and partition. */
const comparable = columns.filter(({ name }) => name !== 'kafka_topic_id' && name !== 'kafka_partition')

export type ComparedColumn = (typeof comparable)[number]

/** The expected row of a Kafka record. */
export interface ExpectedRow {
  readonly offset: number
  readonly timestampMs: number
  readonly canonical: Uint8Array
}

/**
 * The columns that can be compared, and the names of the others: a table declared by an earlier release lacks newer
 * columns, and a crawled one may have other types.
 * @param types the table's columns, Glue type by name
 */
export function comparedColumns(types: ReadonlyMap<string, string>): {
  readonly compared: readonly ComparedColumn[]
  readonly left: readonly string[]
} {
  const compared = comparable.filter(({ name, glue }) => types.get(name) === glue)
  return {
    compared,
    left: comparable.filter((column) => !compared.includes(column)).map(({ name }) => name),
  }
}

/** 64 bits of SHA-256 over the columns' bytes, as a signed number. */
export function rowDigest(row: ExpectedRow, compared: readonly ComparedColumn[]): bigint {
  const values = valuesOf(row)
  const bytes = Buffer.concat(compared.map((column) => columnBytes(column, values[column.name])))
  return hash('sha256', bytes, 'buffer').readBigInt64BE(0)
}

/** The same for a row of the table. */
export function rowDigestSql(compared: readonly ComparedColumn[]): string {
  const bytes = compared.map(columnBytesSql)
  const all = bytes.length === 1 ? bytes[0]! : `concat(${bytes.join(', ')})`
  return `from_big_endian_64(substr(sha256(${all}), 1, 8))`
}

/** A column's bytes in hex, for comparison, and its value as text. */
export function columnSql(column: ComparedColumn): readonly [bytes: string, text: string] {
  return [`to_hex(${columnBytesSql(column)})`, `CAST(${quoted(column.name)} AS varchar)`]
}

/** What `columnSql` must return. */
export function expectedColumn(
  row: ExpectedRow,
  column: ComparedColumn,
): readonly [bytes: string, text: string] {
  const value = valuesOf(row)[column.name]
  const text = column.name === 'kafka_timestamp' ? new Date(value as number).toISOString() : String(value)
  return [columnBytes(column, value).toString('hex').toUpperCase(), text]
}

type Values = Readonly<Record<string, string | number | null>>

function valuesOf({ offset, timestampMs, canonical }: ExpectedRow): Values {
  const tick = JSON.parse(Buffer.from(canonical).toString()) as Tick
  const values: Record<string, string | number | null> = {
    kafka_offset: offset,
    kafka_timestamp: timestampMs,
  }
  for (const { name } of tickColumns) values[name] = tick[name] ?? null
  return values
}

const NULL = Buffer.of(0)

/** 0 for null; otherwise 1 and the value, which is self-delimiting: no text has a zero byte. */
function columnBytes({ glue }: ComparedColumn, value: string | number | null | undefined): Buffer {
  if (value === null || value === undefined) return NULL
  if (glue === 'string') return Buffer.from(`\u0001${value}\u0000`)
  const bytes = Buffer.alloc(9, 1)
  if (glue === 'double') bytes.writeDoubleBE(Number(value), 1)
  else bytes.writeBigInt64BE(BigInt(wholeNumber(glue, value)), 1)
  return bytes
}

function wholeNumber(glue: ComparedColumn['glue'], value: string | number): number {
  if (typeof value === 'number') return value
  return glue === 'date'
    ? Date.parse(`${value}T00:00:00Z`) / 86_400_000
    : Date.parse(`${value.replace(' ', 'T')}Z`)
}

function columnBytesSql({ name, glue }: ComparedColumn): string {
  const column = quoted(name)
  const value = {
    string: `to_utf8(${column}), X'00'`,
    double: `to_ieee754_64(${column})`,
    date: `to_big_endian_64(date_diff('day', DATE '1970-01-01', ${column}))`,
    timestamp: `to_big_endian_64(CAST(round(to_unixtime(${column}) * 1000) AS bigint))`,
    bigint: `to_big_endian_64(${column})`,
    int: `to_big_endian_64(CAST(${column} AS bigint))`,
  }[glue]
  return `coalesce(concat(X'01', ${value}), X'00')`
}
