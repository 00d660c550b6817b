// The views of candles and returns: plain SQL over rows without duplicates. Pure.

import type { TableInput } from '@aws-sdk/client-glue'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import { storedViewInput, type ViewColumn, type ViewOf } from './stored-view.ts'

type MakeView = (of: ViewOf) => TableInput

/** The views by their names, which are the same for every table. */
export const candleViews: Readonly<Record<string, MakeView>> = {
  candles_1m: (of) => intradayCandles(of, 'minute'),
  candles_1h: (of) => intradayCandles(of, 'hour'),
  candles_1d: dailyCandles,
  returns_7d: returns,
}

/** Which of two ticks came first: by the source's clock, then by the order in Kafka. */
const ORDER = '(coalesce(traded_at, kafka_timestamp), kafka_timestamp, kafka_partition, kafka_offset)'

const PRICES = [
  `min_by(open, ROW ${ORDER}) AS open`,
  'max(high) AS high',
  'min(low) AS low',
  `max_by(close, ROW ${ORDER}) AS close`,
  'sum(volume) AS volume',
  'count(*) AS ticks',
].join(',\n       ')

const priceColumns: readonly ViewColumn[] = [
  ...['open', 'high', 'low', 'close', 'volume'].map((name) => ({ name, type: 'double' })),
  { name: 'ticks', type: 'bigint' },
]

/**
 * Candles of ticks with a time. `dt` is computed from the partition key alone, so that a condition on it prunes
 * partitions: it is the day on which the ticks landed, or the day before if they landed on the day after their trade,
 * which keeps the candles around midnight whole. If it is unknown when a tick landed, a condition on the hour finds it
 * in any partition.
 */
function intradayCandles(of: ViewOf, unit: 'minute' | 'hour'): TableInput {
  const dayBefore = "date_format(date_parse(dt, '%Y-%m-%d') - INTERVAL '1' DAY, '%Y-%m-%d')"
  const branch = (
    dt: string,
    comparison: '=' | '<>',
  ) => `  SELECT ${dt} AS dt, index, traded_at, open, high, low, close, volume,
         kafka_timestamp, kafka_partition, kafka_offset
  FROM ${source(of)}
  WHERE traded_at IS NOT NULL AND date_format(traded_at, '%Y-%m-%d') ${comparison} ${dayBefore}`
  // Engines derive a range of traded_at, with which they skip row groups, from an hour but not from a minute.
  const hour = unit === 'minute' ? "date_trunc('hour', traded_at)" : ''
  const sql = `SELECT dt, index, date_trunc('${unit}', traded_at) AS start,
       ${PRICES}${hour && `,\n       ${hour} AS hour_start`}
FROM (
${branch(dayBefore, '=')}
  UNION ALL
${branch('dt', '<>')}
)
GROUP BY dt, index, date_trunc('${unit}', traded_at)${hour && `, ${hour}`}`
  return storedViewInput(of, sql, [
    { name: 'dt', type: 'varchar' },
    { name: 'index', type: 'varchar' },
    { name: 'start', type: 'timestamp(3)' },
    ...priceColumns,
    ...(hour ? [{ name: 'hour_start', type: 'timestamp(3)' }] : []),
  ])
}

/**
 * One candle per trading day: from the ticks with a time; on a day without any, from the newest row of the day (sending
 * a file again corrects its days, and does not double their volume).
 */
function dailySql(of: ViewOf): string {
  return `SELECT index, date AS day,
       ${PRICES}
FROM (
  SELECT *,
         count(traded_at) OVER (PARTITION BY index, date) AS timed,
         row_number() OVER (
           PARTITION BY index, date
           ORDER BY kafka_timestamp DESC, kafka_partition DESC, kafka_offset DESC
         ) AS age
  FROM ${source(of)}
)
WHERE (timed > 0 AND traded_at IS NOT NULL) OR (timed = 0 AND age = 1)
GROUP BY index, date`
}

const dailyColumns: readonly ViewColumn[] = [
  { name: 'index', type: 'varchar' },
  { name: 'day', type: 'date' },
]

function dailyCandles(of: ViewOf): TableInput {
  return storedViewInput(of, dailySql(of), [...dailyColumns, ...priceColumns])
}

/** The close of each day against that of seven trading days before; null if there are fewer. */
function returns(of: ViewOf): TableInput {
  const sql = `SELECT index, day, close, close_before, close / nullif(close_before, 0) - 1 AS return_7d
FROM (
  SELECT index, day, close, lag(close, 7) OVER (PARTITION BY index ORDER BY day) AS close_before
  FROM (
${dailySql(of)}
  )
)`
  const prices = ['close', 'close_before', 'return_7d'].map((name) => ({ name, type: 'double' }))
  return storedViewInput(of, sql, [...dailyColumns, ...prices])
}

function source({ database, table }: ViewOf): string {
  return `${quoted(database)}.${quoted(table)}`
}
