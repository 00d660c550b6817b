// The catalog's variables: strict, and all of them in .env.example.
import { readFileSync } from 'node:fs'
import { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { catalogConfig, catalogSchema, crawledDatabase } from './config.ts'

test('without any variable it uses the lake of the local stack', () => {
  const config = catalogConfig({})
  expect(config.lake).toMatchObject({ database: 'stock_market_kafka', table: 'ticks', dataset: 'ticks' })
  expect(config).toMatchObject({ crawler: 'ticklake-ticks', watchEveryMs: 60_000, crawlEveryMs: 0 })
  expect(crawledDatabase(config.lake)).toBe('stock_market_kafka_crawled')
})

test('by default a count runs each second locally, and once a minute where it costs money', () => {
  const endpoint = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }
  expect(catalogConfig(endpoint).watchEveryMs).toBe(1_000)
  expect(catalogConfig({}).watchEveryMs).toBe(60_000)
  expect(catalogConfig({ ...endpoint, CATALOG_WATCH_EVERY_MS: '2000' }).watchEveryMs).toBe(2_000)
})

test('by default audits are hourly; on AWS never for a format where each record of an hour would be a request', () => {
  const endpoint = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }
  expect(catalogConfig({}).auditEveryMs).toBe(3_600_000)
  expect(catalogConfig({ LAKE_FORMAT: 'json-object' }).auditEveryMs).toBe(0)
  expect(catalogConfig({ ...endpoint, LAKE_FORMAT: 'json-object' }).auditEveryMs).toBe(3_600_000)
  expect(catalogConfig({ LAKE_FORMAT: 'json-object', CATALOG_AUDIT_EVERY_MS: '60000' }).auditEveryMs).toBe(
    60_000,
  )
})

test('the table may be named as in the tutorials while the dataset keeps its name', () => {
  const { lake } = catalogConfig({
    LAKE_DATABASE: 'stock-market-kafka',
    LAKE_TABLE: 'kafka-stock-market-engine-ym',
  })
  expect(lake).toMatchObject({ table: 'kafka-stock-market-engine-ym', dataset: 'ticks' })
})

test.each([
  [{ CATALOG_WATCH_EVERY: '5' }, 'did you mean CATALOG_WATCH_EVERY_MS?'],
  [{ CATALOG_HOURS_AHEAD: '48h' }, 'CATALOG_HOURS_AHEAD must be a whole number'],
  [{ LAKE_TABEL: 'x' }, 'did you mean LAKE_TABLE?'],
])('%o is refused, naming the variable', (env, text) => {
  const refused = () => catalogConfig(env as unknown as Record<string, string>)
  expect(refused).toThrow(Failure)
  try {
    refused()
  } catch (error) {
    expect((error as Failure).why).toContain(text)
  }
})

test('each variable is in .env.example, with its default', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
  const example = new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]))
  for (const [name, option] of Object.entries(catalogSchema)) {
    expect(example.get(name), name).toBe(String(option.fallback ?? ''))
  }
})
