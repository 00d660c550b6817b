// The Live tab's numbers and delays in a real browser, while no other test runs.
// biome-ignore-all lint/performance/useDomNodeTextContent: visible text is tested, not hidden text
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  accessibilityFaults,
  eventually,
  openTab,
  picture,
  screens,
  widthOf,
} from '@ticklake/testing/dashboard.ts'
import { livePipeline, numberOf } from '@ticklake/testing/live-pipeline.ts'
import { produce } from '@ticklake/testing/topic.ts'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'

const alerts = mkdtempSync(join(tmpdir(), 'ticklake-alerts-'))
const live = await livePipeline({ CATALOG_ALERTS_FILE: join(alerts, 'alerts.yml') })
const { env } = live
writeFileSync(
  join(alerts, 'alerts.yml'),
  `alerts:
  - name: Rows are landing
    sql: SELECT index, count(*) AS landed FROM ticks GROUP BY index HAVING count(*) > 0 ORDER BY index
    every: 10 s
`,
)

afterAll(() => rmSync(alerts, { recursive: true }))

const station = (page: Page, id: string) => page.locator(`[data-station=${id}]`)

test('all six stages flow, and Athena’s count grows', async () => {
  const { page, complaints } = await openTab(live.browser, live.served.url)
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
  // A rate of 150 a second, once the page has seen some seconds of it.
  await eventually(
    async () => Math.abs((await numberOf(page, 'arriving')) - 150) < 50,
    'about 150 rows a second',
  )
  // Each figure is measured at its own pace.
  await expect.poll(() => page.getByTestId('freshness').innerText()).toMatch(/\d+ (ms|s)$|min/)
  await expect.poll(() => station(page, 's3').innerText()).toMatch(/\d+ objects[\s\S]*(KB|MB)[\s\S]*ago/)
  await expect.poll(() => station(page, 'glue').innerText()).toMatch(/[89] partitions[\s\S]*none yet/)
  const partitions = page.getByRole('region', { name: 'Partitions' }).locator('tbody tr')
  const figures = expect.stringMatching(/^\d\s+[\d,]+\s+[\d,]+\s+[\d,]+$/)
  await expect.poll(() => partitions.allInnerTexts()).toEqual([figures, figures, figures])
  for (const name of [/^Rows over time: [\d,]+ in Kafka/, /^Age of the newest row/]) {
    await expect.poll(() => page.getByRole('img', { name }).count()).toBe(1)
  }
  expect(complaints).toEqual([])
})

test('records that are all rejected are red within 5 s, with the reason; an alert that fires is shown', async () => {
  const two = [
    ['desktop', 'light'],
    ['phone', 'dark'],
  ] as const
  await live.producer.stop()
  const opened = await Promise.all(
    two.map(([screen, scheme]) => openTab(live.browser, live.served.url, { screen, scheme })),
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
})
