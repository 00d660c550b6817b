// For the dashboard's Live tab: a running stream, its dashboard and a browser, shared by all tests of a file.
// biome-ignore-all lint/performance/useDomNodeTextContent: visible text is tested, not hidden text
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

/** 150 rows a second from a producer to a consumer; tabs are closed after each test. */
export async function livePipeline(settings: Record<string, string>): Promise<LivePipeline> {
  const [producerPort, consumerPort] = await freePortNumbers(2)
  const env = testEnv({
    LOG_FORMAT: 'json',
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
    await prepare(env)
    pipeline.producer = startService(env, 'producer', 'run', '--rate', '150')
    pipeline.consumer = startService(env, 'consumer', 'run')
    ;[pipeline.served, pipeline.browser] = await Promise.all([startDashboardService(env), openBrowser()])
  })
  afterEach(closeTabs)
  afterAll(async () => {
    const { browser, producer, consumer, served } = pipeline
    await browser?.close()
    await Promise.all([producer?.kill(), consumer?.kill(), served?.stop()])
  })
  return pipeline
}

/** A number that the page shows, without its separators. */
export async function numberOf(page: Page, testId: string): Promise<number> {
  return Number((await page.getByTestId(testId).innerText()).replaceAll(',', ''))
}
