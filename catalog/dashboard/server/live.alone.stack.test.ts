// The Live tab's numbers and delays in a real browser, while no other test runs.
// biome-ignore-all lint/performance/useDomNodeTextContent: visible text is tested, not hidden text
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBrowser } from '@ticklake/testing/chromium.ts'
import {
  accessibilityFaults,
  eventually,
  openTab,
  picture,
  prepare,
  type Service,
  SLOW_MS,
  screens,
  startDashboardService,
  startService,
  widthOf,
} from '@ticklake/testing/dashboard.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { produce } from '@ticklake/testing/topic.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freePortNumbers } from '../../../stack/ports.ts'

const [producerPort, consumerPort] = await freePortNumbers(2)
const alerts = mkdtempSync(join(tmpdir(), 'ticklake-alerts-'))
const env = testEnv({
  LOG_FORMAT: 'json',
  CONSUMER_FLUSH_AFTER_MS: '2000',
  CATALOG_WATCH_EVERY_MS: '2000',
  CATALOG_HEALTH_PORT: '0',
  CATALOG_ALERTS_FILE: join(alerts, 'alerts.yml'),
  PRODUCER_HEALTH_PORT: String(producerPort),
  CONSUMER_HEALTH_PORT: String(consumerPort),
  CATALOG_PAGE_PRODUCER_METRICS: `http://127.0.0.1:${producerPort}/metrics`,
  CATALOG_PAGE_CONSUMER_METRICS: `http://127.0.0.1:${consumerPort}/metrics`,
})
writeFileSync(
  join(alerts, 'alerts.yml'),
  `alerts:
  - name: Rows are landing
    sql: SELECT index, count(*) AS landed FROM ticks GROUP BY index HAVING count(*) > 0 ORDER BY index
    every: 10 s
`,
)

let browser: Browser
let served: Awaited<ReturnType<typeof startDashboardService>>
let producer: Service
let consumer: Service

beforeAll(async () => {
  await prepare(env)
  producer = startService(env, 'producer', 'run', '--rate', '150')
  consumer = startService(env, 'consumer', 'run')
  ;[served, browser] = await Promise.all([startDashboardService(env), openBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await Promise.all([producer?.kill(), consumer?.kill(), served?.stop()])
  rmSync(alerts, { recursive: true })
})

afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))

const station = (page: Page, id: string) => page.locator(`[data-station=${id}]`)
const numberOf = async (page: Page, testId: string) =>
  Number((await page.getByTestId(testId).innerText()).replaceAll(',', ''))

test('all six stages flow, and Athena’s count grows', async () => {
  const { page, complaints } = await openTab(browser, served.url)
  for (const id of ['producer', 'topic', 'consumer', 's3', 'glue', 'athena']) {
    await page.locator(`[data-station=${id}][data-health=flow]`).waitFor()
  }
  expect(
    await page
      .locator('[data-flow]')
      .evaluateAll((pipes) => pipes.map((pipe) => pipe.getAttribute('data-flow'))),
  ).toEqual(Array(5).fill('steady'))
  const first = await eventually(async () => (await numberOf(page, 'count')) || undefined, 'a count')
  const more = await eventually(
    async () => (await numberOf(page, 'count')) > first && numberOf(page, 'count'),
    'more rows',
  )
  expect(more).toBeGreaterThan(first)
  expect(await numberOf(page, 'arriving')).toBeGreaterThan(100)
  expect(await numberOf(page, 'arriving')).toBeLessThan(200)
  expect(await page.getByTestId('freshness').innerText()).toMatch(/\d+ (ms|s)$|min/)
  expect(await station(page, 's3').innerText()).toMatch(/\d+ objects[\s\S]*(KB|MB)[\s\S]*ago/)
  expect(await station(page, 'glue').innerText()).toMatch(/5\d partitions[\s\S]*none yet/)
  const rows = await page.getByRole('region', { name: 'Partitions' }).locator('tbody tr').allInnerTexts()
  expect(rows).toHaveLength(3)
  for (const row of rows) expect(row).toMatch(/^\d\s+[\d,]+\s+[\d,]+\s+[\d,]+$/)
  expect(await page.getByRole('img', { name: /^Rows over time: [\d,]+ in Kafka/ }).count()).toBe(1)
  expect(await page.getByRole('img', { name: /^Age of the newest row/ }).count()).toBe(1)
  expect(complaints).toEqual([])
})

test(
  'records that are all rejected are red within 5 s, with the reason; an alert that fires is shown',
  async () => {
    const two = [
      ['desktop', 'light'],
      ['phone', 'dark'],
    ] as const
    await producer.stop()
    const opened = await Promise.all(
      two.map(([screen, scheme]) => openTab(browser, served.url, { screen, scheme })),
    )
    for (const { page } of opened) {
      await page.getByRole('region', { name: 'Alerts' }).getByText('Rows are landing').waitFor()
    }
    const [{ page }] = opened as [(typeof opened)[0]]
    // The earlier rows are read.
    await page.getByTestId('tile').first().waitFor()
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const value = Buffer.from('{"Indexx":"HSI","date":"2026-11-26","open":1,"high":1,"low":1,"close":1}')
    await produce(
      env,
      Array.from({ length: 30 }, () => ({ value, partition: 0 })),
    )
    const sentAt = performance.now()
    const problem = page.getByRole('alert').filter({ hasText: 'are rejected' })
    await problem.waitFor()
    expect(performance.now() - sentAt).toBeLessThan(5_000)
    expect(await problem.innerText()).toMatch(
      /30 of the newest 30 records[\s\S]*30 for missing_field, such as partition 0, offset \d+: index is missing[\s\S]*dlq list/,
    )
    for (const [i, { page: other }] of opened.entries()) {
      const [screen, scheme] = two[i]!
      await other.getByRole('alert').filter({ hasText: 'are rejected' }).waitFor()
      expect(await accessibilityFaults(other), `${screen}, ${scheme}`).toEqual([])
      expect(await widthOf(other), `${screen}, ${scheme}`).toBeLessThanOrEqual(screens[screen].width)
      await picture(other, `live-alert-${screen}-${scheme}`)
    }
  },
  2 * SLOW_MS,
)
