// For the dashboard's Live tab: a running stream, its dashboard and a browser, shared by all tests of a file.
// biome-ignore-all lint/performance/useDomNodeTextContent: visible text is tested, not hidden text
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markets } from '@ticklake/data/markets.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { freePortNumbers } from '../../stack/ports.ts'
import { openBrowser } from './chromium.ts'
import { prepare, type Service, startDashboardService, startService } from './dashboard.ts'
import { testEnv } from './test-env.ts'

export interface LivePipeline {
  readonly env: Record<string, string>
  /** Available from the first test on. */
  browser: Browser
  served: Awaited<ReturnType<typeof startDashboardService>>
  producer: Service
  consumer: Service
  closeTabs(): Promise<unknown>
}

const ROWS_PER_SECOND = 150
/** Longer than a file's tests take, each of which may wait for PATIENCE_MS. */
const SECONDS_OF_ROWS = 1_800
const DAY_MS = 86_400_000

/**
 * Each index on each day, until the tests are over. The generated rows are no use to a test on a slow machine: the
 * shortest index ends after three minutes.
 */
function rowsOfEveryIndex(): string {
  const days = Math.ceil((ROWS_PER_SECOND * SECONDS_OF_ROWS) / markets.length)
  const first = Date.UTC(1965, 0, 1)
  const lines = ['Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD']
  for (let day = 0; day < days; day++) {
    const date = new Date(first + day * DAY_MS).toISOString().slice(0, 10)
    const price = 100 + (day % 7)
    for (const { index } of markets) {
      lines.push(
        `${index},${date},${price},${price + 2},${price - 2},${price + 1},${price + 1},0,${price + 1}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

/** 150 rows a second from a producer to a consumer; tabs are closed after each test. */
export async function livePipeline(settings: Record<string, string>): Promise<LivePipeline> {
  const [producerPort, consumerPort] = await freePortNumbers(2)
  const folder = mkdtempSync(join(tmpdir(), 'ticklake-live-'))
  const csv = join(folder, 'rows.csv')
  const env = testEnv({
    LOG_FORMAT: 'json',
    PRODUCER_CSV: csv,
    PRODUCER_MODE: 'loop',
    CONSUMER_FLUSH_AFTER_MS: '2000',
    CATALOG_WATCH_EVERY_MS: '2000',
    PRODUCER_HEALTH_PORT: String(producerPort),
    CONSUMER_HEALTH_PORT: String(consumerPort),
    CATALOG_PAGE_PRODUCER_METRICS: `http://127.0.0.1:${producerPort}/metrics`,
    CATALOG_PAGE_CONSUMER_METRICS: `http://127.0.0.1:${consumerPort}/metrics`,
    ...settings,
  })
  const closeTabs = () => Promise.all(pipeline.browser.contexts().map((context) => context.close()))
  const pipeline = { env, closeTabs } as LivePipeline
  beforeAll(async () => {
    writeFileSync(csv, rowsOfEveryIndex())
    await prepare(env)
    pipeline.producer = startService(env, 'producer', 'run', '--rate', String(ROWS_PER_SECOND))
    pipeline.consumer = startService(env, 'consumer', 'run')
    ;[pipeline.served, pipeline.browser] = await Promise.all([startDashboardService(env), openBrowser()])
  })
  afterEach(closeTabs)
  afterAll(async () => {
    const { browser, producer, consumer, served } = pipeline
    await browser?.close()
    await Promise.all([producer?.kill(), consumer?.kill(), served?.stop()])
    rmSync(folder, { recursive: true })
  })
  return pipeline
}

/** A number that the page shows, without its separators. */
export async function numberOf(page: Page, testId: string): Promise<number> {
  return Number((await page.getByTestId(testId).innerText()).replaceAll(',', ''))
}
