// The pictures of the dashboard: its first view, a result as a chart, the saved charts, and an alert that fires.
import { sleep } from '@ticklake/runtime/process.ts'
import { openBrowser } from '@ticklake/testing/chromium.ts'
import { screens, showTab } from '@ticklake/testing/dashboard.ts'
import type { Browser, Page } from 'playwright-core'

/** Long enough for the curves to have a shape. */
const PICTURE_AFTER_MS = 25_000
const schemes = ['light', 'dark'] as const
type Scheme = (typeof schemes)[number]

/** An alert that fires when the first pictures have been taken: the demo sends 200 rows a second, of 14 indices. */
export const alertsFile = `alerts:
  - name: More than 800 rows of one index
    sql: |
      SELECT index, count(*) AS row_count FROM ticks
      WHERE index IN ('HSI', 'N225') GROUP BY index HAVING count(*) > 800
    every: 10 s
`

interface Chart {
  readonly name: string
  readonly sql: string
  /** Where the type that the page guesses is not the one to show. */
  readonly type?: 'bar' | 'scatter'
  readonly series?: string
}

/** The last one is also shown in the Query tab. */
const charts: readonly Chart[] = [
  {
    name: 'Volume by index',
    sql: 'SELECT index, sum(volume) AS volume FROM candles_1d GROUP BY index ORDER BY volume DESC',
    type: 'bar',
  },
  {
    name: 'Volume against range',
    sql: "SELECT high - low AS range, volume FROM candles_1d WHERE index = 'J203.JO' LIMIT 300",
    type: 'scatter',
  },
  {
    name: 'Returns of seven days',
    sql: "SELECT day, index, return_7d FROM returns_7d WHERE index IN ('N225', 'NYA') ORDER BY day DESC LIMIT 300",
    series: 'index',
  },
  {
    name: 'N225, daily candles',
    sql: "SELECT day, open, high, low, close FROM candles_1d WHERE index = 'N225' ORDER BY day LIMIT 60",
  },
]

/** @param write takes a picture under its name */
export async function takeDashboardPictures(
  url: string,
  write: (name: string, picture: Buffer) => void,
): Promise<void> {
  await answering(url)
  const browser = await openBrowser()
  try {
    const [light, dark] = await Promise.all(schemes.map((scheme) => open(browser, url, scheme)))
    await sleep(PICTURE_AFTER_MS)
    for (const [page, scheme] of [
      [light!, 'light'],
      [dark!, 'dark'],
    ] as const) {
      // A picture of a pipeline that has ended or is broken would be wrong.
      await page.getByText('all well').waitFor({ timeout: 5_000 })
      write(`page-${scheme}.png`, await page.screenshot({ animations: 'disabled' }))
    }
    await dark!.close()
    const page = light!
    const take = (name: string) => takeVariants(page, name, write)
    await page.getByRole('alert').first().waitFor({ timeout: 90_000 })
    await take('alert')
    await showTab(page, 'Query')
    for (const chart of charts) await save(page, chart)
    await take('chart')
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: 'Charts' }).click()
    for (const { name } of charts) {
      await page.getByRole('img', { name: `${name}:` }).waitFor({ timeout: 60_000 })
    }
    await take('charts')
  } finally {
    await browser.close()
  }
}

/** The demo prints the address before the dashboard answers. @throws the reason when it does not answer within a minute */
async function answering(url: string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    try {
      await fetch(url)
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(250)
    }
  }
}

async function open(browser: Browser, url: string, scheme: Scheme): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1080 }, colorScheme: scheme })
  await page.goto(url)
  await page.locator('[data-station=athena][data-health=flow]').waitFor({ timeout: 150_000 })
  return page
}

async function takeVariants(
  page: Page,
  name: string,
  write: (name: string, picture: Buffer) => void,
): Promise<void> {
  for (const screen of ['desktop', 'phone'] as const) {
    for (const scheme of schemes) {
      await page.setViewportSize(screens[screen])
      await page.emulateMedia({ colorScheme: scheme })
      // The curves are redrawn.
      await sleep(700)
      write(`${name}-${screen}-${scheme}.png`, await page.screenshot({ animations: 'disabled' }))
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1440, height: 1080 })
}

/** As a person does it: writes the statement, runs it, chooses the chart, names it. */
async function save(page: Page, { name, sql, type, series }: Chart): Promise<void> {
  await page.getByRole('textbox', { name: /^SQL statement/ }).click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(sql)
  await page.getByRole('button', { name: /^Run/ }).click()
  await page.locator('[data-testid=run-state][data-state=done]').waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Chart', exact: true }).click()
  if (type) await page.getByRole('combobox', { name: 'chart' }).selectOption(type)
  if (series) await page.getByRole('combobox', { name: 'series' }).selectOption(series)
  await page.getByRole('textbox', { name: 'name' }).fill(name)
  await page.getByRole('button', { name: 'Save for all viewers' }).click()
  await page.getByRole('link', { name: /^saved/ }).waitFor()
}
