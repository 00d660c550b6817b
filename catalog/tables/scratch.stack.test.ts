// scratch
import { openAws } from '@ticklake/aws/clients.ts'
import { canonicalBytes } from '@ticklake/contract/validation.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { createTopic, produce } from '@ticklake/testing/topic.ts'
import { test } from 'vitest'
import { catalogConfig } from '../config.ts'
import { declare } from './declare.ts'

test('scratch', async (scope) => {
  const MIDNIGHT_MS = Date.parse('2025-03-04T00:00:00Z')
  const HOURS = 36
  const N = 200_000
  const it = new ConsumerCase(scope, { CONSUMER_FLUSH_AFTER_MS: '1000' })
  await createTopic(it.env, 1, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' })
  const messages = Array.from({ length: N }, (_, i) => {
    const tradedMs = MIDNIGHT_MS + Math.floor((i / N) * HOURS * 3_600_000)
    const price = 100 + Math.sin(i) * 10 + (i % 97) / 7
    const tick = {
      ...{ index: ['HSI', 'NYA', 'N225'][i % 3]!, date: new Date(tradedMs).toISOString().slice(0, 10), adj_close: null, close_usd: null },
      ...{ open: price, high: price + 1, low: price - 1, close: price + 0.5, volume: (i * 7919) % 10_007, traded_at: new Date(tradedMs).toISOString() },
    }
    return { value: Buffer.from(canonicalBytes(tick)), partition: 0, timestampMs: tradedMs + 1_500 }
  })
  await produce(it.env, messages)
  it.consume()
  await it.landed(N)
  const config = catalogConfig(it.env)
  using aws = openAws(config.lake)
  await declare(aws, config, { replace: false, nowMs: Date.now(), say: () => {} })
  const q = async (name: string, sql: string) => {
    const r = await aws.athena.query(sql, {})
    console.log(name.padEnd(40), r.scannedBytes)
  }
  const t = (h: number, m = 0) => `TIMESTAMP '${new Date(MIDNIGHT_MS + h * 3_600_000 + m * 60_000).toISOString().slice(0, 19).replace('T', ' ')}'`
  const agg = 'SELECT count(*), sum(volume), max(high) FROM'
  await q('ticks all', `${agg} ${config.lake.table}`)
  await q('ticks traded_at >=', `${agg} ${config.lake.table} WHERE traded_at >= ${t(35, 30)}`)
  await q('ticks dt', `${agg} ${config.lake.table} WHERE dt = '2025-03-05'`)
  await q('candles all', `${agg} candles_1m`)
  await q('candles dt', `${agg} candles_1m WHERE dt = '2025-03-05'`)
  await q('candles start >= ', `${agg} candles_1m WHERE start >= ${t(35, 30)}`)
  await q('candles start between ', `${agg} candles_1m WHERE start >= ${t(10, 30)} AND start < ${t(10, 40)}`)
  await q('candles start = ', `${agg} candles_1m WHERE start = ${t(10, 30)}`)
  await q('1h start >= ', `${agg} candles_1h WHERE start >= ${t(35)}`)
  console.log(JSON.stringify(await aws.athena.rows(`EXPLAIN SELECT * FROM candles_1m WHERE start >= ${t(35, 30)}`, {})))
}, 600_000)
