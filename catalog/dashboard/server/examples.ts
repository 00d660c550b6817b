// Example statements for the console: the tutorials' queries, and a few more. Pure.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { Example } from './wire.ts'

/** @param view the view with the tutorials' column names */
export function examples(lake: Pick<LakeConfig, 'database' | 'table'>, view: string): Example[] {
  const ticks = `${quoted(lake.database)}.${quoted(lake.table)}`
  const tutorial = `${quoted(lake.database)}.${quoted(view)}`
  const candles = (name: string) => `${quoted(lake.database)}.${quoted(name)}`
  return [
    {
      title: 'Ten rows',
      sql: `SELECT * FROM ${tutorial} LIMIT 10`,
    },
    {
      title: 'How many rows',
      sql: `SELECT COUNT(*) FROM ${tutorial}`,
    },
    {
      title: 'The latest trading day',
      sql: `SELECT MAX(date) FROM ${tutorial}`,
    },
    {
      title: 'Average of seven days, each index',
      sql: `SELECT index, date, close,
       avg(close) OVER (
         PARTITION BY index ORDER BY date
         ROWS BETWEEN 6 PRECEDING AND CURRENT ROW
       ) AS average_7_days
FROM ${tutorial}
ORDER BY index, date DESC
LIMIT 1000`,
    },
    {
      title: 'Highest adjusted closes',
      sql: `SELECT index, date, "adj close"
FROM ${tutorial}
ORDER BY "adj close" DESC
LIMIT 5`,
    },
    {
      title: 'Averages by index',
      sql: `SELECT index, avg(close) AS average, min(close) AS lowest, max(volume) AS most_traded
FROM ${tutorial}
GROUP BY index
ORDER BY average DESC`,
    },
    {
      title: 'Monthly averages, in US dollars',
      sql: `SELECT date_trunc('month', CAST(date AS date)) AS month, avg(closeusd) AS average_usd
FROM ${tutorial}
GROUP BY 1
ORDER BY 1`,
    },
    {
      title: 'Days with a high above 1990',
      sql: `SELECT *
FROM ${tutorial}
WHERE high > 1990
LIMIT 1000`,
    },
    {
      title: 'The last 30 days',
      sql: `SELECT *
FROM ${tutorial}
WHERE date_parse(date, '%Y-%m-%d') >= date_add('day', -30, current_timestamp)`,
    },
    {
      title: 'Peaks and percentiles',
      sql: `SELECT index,
       max_by(date, high) AS day_of_the_high,
       approx_percentile(close, 0.95) AS percentile_95,
       approx_distinct(date) AS days
FROM ${tutorial}
GROUP BY index`,
    },
    {
      title: 'One index',
      sql: `SELECT *
FROM ${tutorial}
WHERE index = 'NYA'
ORDER BY date DESC
LIMIT 100`,
    },
    {
      title: 'Daily candles of an index',
      sql: `SELECT day, open, high, low, close, volume
FROM ${candles('candles_1d')}
WHERE index = 'NYA'
ORDER BY day DESC
LIMIT 250`,
    },
    {
      // The condition on dt prunes partitions: without it the statement opens every object of the lake.
      title: 'Minute candles of the last hour (rows with a time)',
      sql: `SELECT start, index, open, high, low, close, volume, ticks
FROM ${candles('candles_1m')}
WHERE dt >= CAST(current_date - INTERVAL '1' DAY AS varchar)
  AND start >= CAST(current_timestamp AS timestamp) - INTERVAL '1' HOUR
ORDER BY start DESC, index
LIMIT 1000`,
    },
    {
      title: 'Rows in each object',
      sql: `SELECT "$path" AS object, count(*) AS row_count
FROM ${ticks}
GROUP BY 1
ORDER BY 2 DESC`,
    },
    {
      title: 'Duplicate messages',
      sql: `SELECT kafka_partition, kafka_offset, count(*) AS times
FROM ${ticks}
GROUP BY kafka_topic_id, kafka_partition, kafka_offset
HAVING count(*) > 1`,
    },
    {
      title: 'Partitions',
      sql: `SHOW PARTITIONS \`${lake.database}\`.\`${lake.table}\``,
    },
    {
      title: 'The plan of the count',
      sql: `EXPLAIN SELECT count(*) FROM ${ticks}`,
    },
  ]
}
