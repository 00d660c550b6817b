// The table of columns, from which types, validation, messages, Parquet, Glue and the docs are derived.

/**
 * The version of everything in this folder that affects a record's validation, row or path. Claims and dataset.json
 * have it. A new column is one line at the end of `tickColumns`, with the version to which it raises this number.
 */
export const CONTRACT_VERSION = 3

interface Column {
  readonly name: string
  readonly glue: 'string' | 'date' | 'double' | 'int' | 'bigint' | 'timestamp'
  readonly parquet: string
  readonly nullable: boolean
  readonly doc: string
  /** The contract version that added it. Those after 1 may be missing in a message, which is how null is written. */
  readonly since: number
}

/** The types that validation, its fast path and the encoders can read in a message. */
export type TickType = 'string' | 'date' | 'double' | 'timestamp'

/** A tick's columns, in message order. `csv` is the heading in the market file. */
export const tickColumns = [
  column('index', 'Index', 'string', 'UTF8', false, 'the index, for example HSI'),
  column('date', 'Date', 'date', 'INT32 DATE', false, 'the trading day'),
  column('open', 'Open', 'double', 'DOUBLE', false, 'first price of the day'),
  column('high', 'High', 'double', 'DOUBLE', false, 'highest price of the day'),
  column('low', 'Low', 'double', 'DOUBLE', false, 'lowest price of the day'),
  column('close', 'Close', 'double', 'DOUBLE', false, 'last price of the day'),
  column('adj_close', 'Adj Close', 'double', 'DOUBLE', true, 'last price, adjusted for splits and dividends'),
  column('volume', 'Volume', 'double', 'DOUBLE', false, 'what was traded; has fractions and reaches 1e10'),
  column('close_usd', 'CloseUSD', 'double', 'DOUBLE', true, 'last price in US dollars'),
  addedColumn(2, 'source', 'Source', 'string', 'UTF8', 'who sent the tick: a file, a feed'),
  addedColumn(
    3,
    'traded_at',
    'Traded At',
    'timestamp',
    'INT64 TIMESTAMP(MILLIS, UTC)',
    'when it was traded, by the clock of its source; null for a whole day',
  ),
] as const

/** The columns that the sink adds, so that every row can be traced to its message. */
export const sinkColumns = [
  sinkColumn(
    'kafka_topic_id',
    'string',
    'UTF8',
    'the topic’s id, 32 hex digits; a recreated topic has another id',
  ),
  sinkColumn('kafka_partition', 'int', 'INT32', 'the partition of the message'),
  sinkColumn(
    'kafka_offset',
    'bigint',
    'INT64',
    'the offset of the message; in an era (after Kafka lost landed records), higher by the era’s shift',
  ),
  sinkColumn('kafka_timestamp', 'timestamp', 'INT64 TIMESTAMP(MILLIS, UTC)', 'when the broker appended it'),
] as const

/** The columns of a row, in the order of table and Parquet: added ones come last, so that no other column moves. */
export const columns: readonly Column[] = [
  ...tickColumns.filter(({ since }) => since === 1),
  ...sinkColumns,
  ...tickColumns.filter(({ since }) => since > 1),
]

/** The columns of a row as this version of the contract had them. */
export function columnsAt(contract: number): readonly Column[] {
  return columns.filter(({ since }) => since <= contract)
}

/** Hive partition keys of the objects: UTC day and hour of the broker's timestamp. */
export const partitionKeys = [
  { name: 'dt', glue: 'string', doc: 'UTC day, YYYY-MM-DD' },
  { name: 'hour', glue: 'string', doc: 'UTC hour, 00 to 23' },
] as const

export type TickColumn = (typeof tickColumns)[number]

type ValueOf<C extends Column> =
  | (C['glue'] extends 'double' ? number : string)
  | (C['nullable'] extends true ? null : never)

type AddedColumn = Exclude<TickColumn, { since: 1 }>
type FirstColumn = Exclude<TickColumn, AddedColumn>

/** One row of the market file, as in its message. `date` is YYYY-MM-DD. */
export type Tick = { [C in FirstColumn as C['name']]: ValueOf<C> } & {
  [C in AddedColumn as C['name']]?: ValueOf<C>
}

function column<N extends string, H extends string, G extends TickType, B extends boolean>(
  name: N,
  csv: H,
  glue: G,
  parquet: string,
  nullable: B,
  doc: string,
) {
  return { name, csv, glue, parquet, nullable, doc, since: 1 } as const
}

/** A column that a later version of the contract added: older rows read as null in it. */
function addedColumn<V extends number, N extends string, H extends string, G extends TickType>(
  since: V,
  name: N,
  csv: H,
  glue: G,
  parquet: string,
  doc: string,
) {
  return { name, csv, glue, parquet, nullable: true, doc, since } as const
}

function sinkColumn<N extends string, G extends Column['glue']>(
  name: N,
  glue: G,
  parquet: string,
  doc: string,
) {
  return { name, glue, parquet, nullable: false, doc, since: 1 } as const
}
