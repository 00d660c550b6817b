// The views of candles and returns in Athena equal DuckDB's results from the same objects.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { openAws } from '@ticklake/aws/clients.ts'
import { tablePrefix } from '@ticklake/contract/keys.ts'
import { canonicalBytes } from '@ticklake/contract/validation.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { createTopic, produce } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../config.ts'
import { declare } from './declare.ts'

const indices = ['HSI', 'NYA', 'N225']
const MIDNIGHT_MS = Date.parse('2025-03-04T00:00:00Z')
const TICKS = 1_200
/** Trino answers slowly on a busy machine. */
const PATIENCE_MS = 300_000

/** The same numbers in every run. */
function random(): () => number {
  let state = 42
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

/** Ticks of four hours around midnight, out of order, landing up to two minutes after their trade. */
function intradayMessages() {
  const next = random()
  return Array.from({ length: TICKS }, (_, i) => {
    const tradedMs = MIDNIGHT_MS + Math.floor((next() - 0.5) * 4 * 3_600_000)
    const price = 100 + Math.round(next() * 1_000) / 100
    const index = indices[i % 3]!
    const tick = {
      ...{ index, date: new Date(tradedMs).toISOString().slice(0, 10), adj_close: null, close_usd: null },
      ...{ open: price, high: price + next(), low: price - next(), close: price + next() - 0.5 },
      ...{ volume: Math.round(next() * 10_000) / 8, traded_at: new Date(tradedMs).toISOString() },
    }
    const lateMs = Math.floor(next() * 120_000)
    return { value: Buffer.from(canonicalBytes(tick)), partition: i % 2, timestampMs: tradedMs + lateMs }
  })
}

/** Forty days of two indices, every fourth sent again with other numbers; without times. */
function dailyMessages() {
  const next = random()
  return ['DAX', 'IXIC'].flatMap((index, k) =>
    Array.from({ length: 50 }, (_, i) => {
      const day = new Date(MIDNIGHT_MS - 86_400_000 * (i < 40 ? 60 - i : 60 - 4 * (i - 40)))
      const price = 50 + Math.round(next() * 1_000) / 16
      const tick = {
        ...{ index, date: day.toISOString().slice(0, 10), adj_close: null, close_usd: null },
        ...{ open: price, high: price + 2, low: price - 2, close: price + next(), volume: 1_000 + i },
      }
      return { value: Buffer.from(canonicalBytes(tick)), partition: k, timestampMs: MIDNIGHT_MS + i * 1_000 }
    }),
  )
}

/** Plain SQL: no dt, no union. */
const order = 'traded_at, kafka_timestamp, kafka_partition, kafka_offset'
const prices = `first(open ORDER BY ${order}), max(high), min(low), last(close ORDER BY ${order}), sum(volume), count(*)`
const intraday = (unit: string) =>
  `SELECT "index", strftime(date_trunc('${unit}', traded_at), '%Y-%m-%d %H:%M:%S.000'), ${prices}
   FROM ticks WHERE traded_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`
const days = `
  SELECT "index", strftime(date, '%Y-%m-%d') AS day, ${prices}
  FROM ticks WHERE traded_at IS NOT NULL GROUP BY 1, 2
  UNION ALL
  SELECT "index", strftime(date, '%Y-%m-%d'), last(open ORDER BY kafka_timestamp), last(high ORDER BY kafka_timestamp),
         last(low ORDER BY kafka_timestamp), last(close ORDER BY kafka_timestamp), last(volume ORDER BY kafka_timestamp), 1
  FROM ticks WHERE traded_at IS NULL GROUP BY 1, 2`
const plain: Record<string, string> = {
  candles_1m: intraday('minute'),
  candles_1h: intraday('hour'),
  candles_1d: `${days} ORDER BY 1, 2`,
  returns_7d: `WITH days(i, day, o, h, l, c, v, n) AS (${days})
    SELECT i, day, c, lag(c, 7) OVER w, c / lag(c, 7) OVER w - 1 FROM days WINDOW w AS (PARTITION BY i ORDER BY day) ORDER BY 1, 2`,
}
const columns: Record<string, string> = {
  candles_1m: 'index, start, open, high, low, close, volume, ticks',
  candles_1h: 'index, start, open, high, low, close, volume, ticks',
  candles_1d: 'index, day, open, high, low, close, volume, ticks',
  returns_7d: 'index, day, close, close_before, return_7d',
}

test(
  'candles and returns equal DuckDB’s from the same objects, and a day reads only its partitions',
  async (scope) => {
    const it = new ConsumerCase(scope, { CONSUMER_FLUSH_AFTER_MS: '1000' })
    await createTopic(it.env, 2, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' })
    await produce(it.env, [...intradayMessages(), ...dailyMessages()])
    it.consumeHere()
    await it.landed(TICKS + 100)
    const config = catalogConfig(it.env)
    using aws = openAws(config.lake)
    await declare(aws, config, { replace: false, nowMs: Date.now(), say: () => {} })

    const folder = mkdtempSync(join(tmpdir(), 'ticklake-candles-'))
    scope.onTestFinished(() => rmSync(folder, { recursive: true }))
    let objects = 0
    for await (const { key } of aws.bucket.list(tablePrefix(config.lake))) {
      writeFileSync(join(folder, `${objects++}.parquet`), (await aws.bucket.bytes(key))!)
    }
    expect(objects).toBeGreaterThan(4)
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect()
    // Times are UTC in the lake; DuckDB shows them in the process's zone, which differs here.
    await duckdb.run("SET TimeZone = 'UTC'")
    await duckdb.run(`CREATE VIEW ticks AS SELECT * FROM read_parquet('${folder}/*.parquet')`)
    for (const [view, sql] of Object.entries(plain)) {
      const expected = (await duckdb.runAndReadAll(sql)).getRowsJS()
      expect(expected.length, view).toBeGreaterThan(10)
      const found = await aws.athena.rows(`SELECT ${columns[view]} FROM ${view} ORDER BY 1, 2`, {})
      const asText = (rows: readonly (readonly unknown[])[]) =>
        rows.map((row) =>
          row.map((cell, i) => (i < 2 || cell === null ? cell : Number(cell).toPrecision(12))),
        )
      expect(asText(found), view).toEqual(asText(expected))
    }

    const scanned = async (where: string, view = 'candles_1m') =>
      (await aws.athena.query(`SELECT count(*), sum(volume) FROM ${view} ${where}`, {})).scannedBytes
    const all = await scanned('')
    expect(await scanned("WHERE dt = '2025-03-03'"), 'the day and the one after it').toBeLessThanOrEqual(all)
    expect(await scanned("WHERE dt = '2025-03-04'"), 'only the day').toBeLessThan(0.75 * all)
    expect(await scanned("WHERE dt = '2025-03-09'"), 'a day without ticks').toBe(0)

    const minute = "start = TIMESTAMP '2025-03-04 00:30:00'"
    const hour = "= TIMESTAMP '2025-03-04 00:00:00'"
    const ticksOf = (where: string) => aws.athena.rows(`SELECT sum(ticks) FROM candles_1m WHERE ${where}`, {})
    const withHour = `hour_start ${hour} AND ${minute}`
    expect(await ticksOf(withHour), 'the hour includes all ticks of its minutes').toEqual(
      await ticksOf(minute),
    )
    expect(await scanned(`WHERE ${withHour}`), 'only objects with ticks of the hour').toBeLessThan(0.75 * all)
    expect(await scanned("WHERE hour_start = TIMESTAMP '2025-03-09 00:00:00'"), 'no such hour').toBe(0)
    expect(await scanned(`WHERE start ${hour}`, 'candles_1h'), 'the same for hours').toBeLessThan(0.75 * all)
  },
  PATIENCE_MS,
)
