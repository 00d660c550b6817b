// The Live tab in a real browser: it shows how a real pipeline flows, breaks and recovers.
// biome-ignore-all lint/performance/useDomNodeTextContent: visible text is tested, not hidden text
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'
import {
  accessibilityFaults,
  appearances,
  eventually,
  openTab,
  picture,
  screens,
  startDashboardService,
  startService,
  widthOf,
} from '@ticklake/testing/dashboard.ts'
import { livePipeline, numberOf } from '@ticklake/testing/live-pipeline.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { newestStatements } from '@ticklake/testing/statements.ts'
import { expect, test } from 'vitest'
import { freePortNumbers } from '../../../stack/ports.ts'
import type { Candle } from './wire.ts'

const live = await livePipeline({
  // A crawler belongs to the account, which the tests share.
  CATALOG_CRAWLER: `page-live-${process.pid}`,
  // Few objects: the time of a count grows with their number, and the slower the machine, the longer they are added.
  KAFKA_TOPIC_PARTITIONS: '1',
  CONSUMER_FLUSH_AFTER_MS: '5000',
})
const { env } = live
const lake = lakeConfig(env)
const s3 = s3Client(lake)

/** Every count of this lake leaves a result object, so no counter need be trusted. */
async function countsAsked(): Promise<number> {
  const prefix = lake.results.slice(`s3://${lake.bucket}/`.length)
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: lake.bucket, Prefix: prefix }))
  return (Contents ?? []).filter(({ Key }) => Key!.endsWith('.csv')).length
}

/** Whether Athena runs a statement on this lake. */
async function isCounting(): Promise<boolean> {
  return (await newestStatements()).some(
    ({ QueryExecutionContext, Status }) =>
      QueryExecutionContext?.Database === lake.database && /QUEUED|RUNNING/.test(Status!.State!),
  )
}

test('one count serves all viewers, and none runs without viewers', async () => {
  const before = await countsAsked()
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  expect(await countsAsked()).toBe(before)

  // Counts begin with the first tab, however long the others take.
  const startedAt = Date.now()
  const viewers = await Promise.all(
    [1, 2, 3].map(() => openTab(live.browser, live.served.url, { still: true })),
  )
  await eventually(async () => (await countsAsked()) >= before + 2, 'two counts')
  const counts = (await countsAsked()) - before
  // At most one every two seconds for all viewers; three times as many if each viewer had its own.
  expect(counts).toBeLessThanOrEqual((Date.now() - startedAt) / 2_000 + 2)
  const shown = await Promise.all(viewers.map(({ page }) => page.getByTestId('count').innerText()))
  expect(new Set(shown).size).toBeLessThanOrEqual(2)

  await live.closeTabs()
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  // One that had begun may still be about to end.
  await eventually(async () => !(await isCounting()), 'the end of the last count')
  const after = await countsAsked()
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  expect(await countsAsked()).toBe(after)
})

const hide = (hidden: boolean) =>
  `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
   document.dispatchEvent(new Event('visibilitychange'))`

test('a tab in the background is not a viewer: its stream is closed until it is shown again', async () => {
  const { page } = await openTab(live.browser, live.served.url, { still: true })
  await page.locator('[data-testid=state] [data-state=good]').waitFor()
  await page.evaluate(hide(true))
  await page.getByText('connecting').waitFor()
  await page.evaluate(hide(false))
  await page.locator('[data-testid=state] [data-state=good]').waitFor()
})

test('prices come as ticks arrive, for the selected index', async () => {
  const { page } = await openTab(live.browser, live.served.url, { still: true })
  await page.getByTestId('tile').first().waitFor()
  await eventually(async () => (await page.getByTestId('tile').count()) === 14, '14 indices')
  // By its label, which is hit wherever it moves when something appears above it; the button itself is hidden.
  await page.getByTestId('tile').filter({ hasText: /^N225/ }).click()
  expect(await page.getByRole('radio', { name: /^N225/ }).isChecked()).toBe(true)
  await page.getByRole('img', { name: /^N225: the last \d+ candles/ }).waitFor()
  const days = async () => (await page.getByTestId('candle').locator('span').first().innerText()).slice(0, 10)
  const first = await days()
  expect(first).toMatch(/^\d{4}-\d\d-\d\d$/)
  await eventually(async () => (await days()) !== first, 'another day')
  // The arrow keys select, as in any group of radio buttons.
  await page.getByRole('radio', { name: /^N225/ }).press('ArrowRight')
  await page.getByRole('img', { name: /^NSEI: / }).waitFor()
})

/** The days of each index that a viewer has received: those from before, and then so many that came while it watched. */
async function daysSeen(whileWatching: number): Promise<Map<string, string[]>> {
  const days = new Map<string, string[]>()
  const answer = await fetch(`${live.served.url}api/stream`)
  let [rest, came] = ['', 0]
  for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n')
    rest = events.pop()!
    for (const event of events) {
      const data = /^event: prices\ndata: (.*)$/m.exec(event)?.[1]
      if (data === undefined) continue
      const { reset, candles } = JSON.parse(data) as { reset: boolean; candles: Candle[] }
      if (reset) days.clear()
      else came += candles.length
      for (const { index, from } of candles) days.set(index, [...(days.get(index) ?? []), from])
    }
    if (came >= whileWatching) return days
  }
  throw new Error('the stream ended')
}

test('after a time without viewers, a viewer gets each tick once, and in order', async () => {
  await daysSeen(600)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const days = await daysSeen(600)
  expect(days.size).toBe(14)
  for (const [index, seen] of days) {
    expect(seen.length, index).toBeGreaterThan(20)
    expect(seen, index).toEqual([...new Set(seen)].sort())
  }
})

test('on every screen, light and dark: axe finds nothing, and nothing is wider than the screen', async () => {
  const { page, complaints } = await openTab(live.browser, live.served.url)
  await page.locator('[data-station=athena][data-health=flow]').waitFor()
  await page.getByTestId('tile').first().waitFor()
  // Some seconds of rows, for the charts.
  await new Promise((resolve) => setTimeout(resolve, 8_000))
  for (const [screen, colorScheme] of appearances) {
    await page.setViewportSize(screens[screen])
    await page.emulateMedia({ colorScheme })
    expect(await accessibilityFaults(page), `${screen}, ${colorScheme}`).toEqual([])
    expect(await widthOf(page), `${screen}, ${colorScheme}`).toBeLessThanOrEqual(screens[screen].width)
    await picture(page, `live-${screen}-${colorScheme}`)
    expect(complaints, `${screen}, ${colorScheme}`).toEqual([])
  }
})

test('a dead consumer turns red with the reason and the remedy, and recovers when it is back', async () => {
  const { page } = await openTab(live.browser, live.served.url, { still: true })
  await page.locator('[data-station=consumer][data-health=flow]').waitFor()
  await live.consumer.kill()
  await page.locator('[data-station=consumer][data-health=broken]').waitFor()
  const problem = page.getByRole('alert').filter({ hasText: 'Consumer' })
  // A request in progress when it died is cut off; the next one is refused.
  await expect
    .poll(() => problem.innerText(), { timeout: PATIENCE_MS })
    .toMatch(/the consumer does not answer[\s\S]*why[\s\S]*ECONNREFUSED[\s\S]*do[\s\S]*start it again/)
  expect(await page.getByRole('status').first().innerText()).toContain('1 broken')
  expect(await page.locator('[data-station=topic] [data-flow]').getAttribute('data-flow')).toBe('cut')
  expect(await accessibilityFaults(page)).toEqual([])
  await picture(page, 'live-broken-consumer')
  // In a group of its own: that of the dead one keeps its partitions until its session times out, after 45 s.
  live.consumer = startService({ ...env, CONSUMER_GROUP_ID: `${env.KAFKA_TOPIC}-heir` }, 'consumer', 'run')
  await page.locator('[data-station=consumer][data-health=flow]').waitFor()
  await expect.poll(() => page.getByRole('alert').count(), { timeout: PATIENCE_MS }).toBe(0)
  const then = await numberOf(page, 'count')
  await eventually(async () => (await numberOf(page, 'count')) > then, 'rows that the new consumer landed')
})

test('an unreachable broker, bucket, catalog and Athena are red, each with its reason', async () => {
  const [nobody] = await freePortNumbers(1)
  const away = await startDashboardService({
    ...env,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${nobody}`,
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${nobody}`,
    AWS_MAX_ATTEMPTS: '1',
  })
  try {
    const { page } = await openTab(live.browser, away.url, { still: true })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const id of ['topic', 's3', 'glue', 'athena']) {
        await page.locator(`[data-station=${id}][data-health=broken]`).waitFor()
      }
      const text = await page.getByTestId('problems').innerText()
      expect(text).toMatch(
        /Topic: no broker answers at 127\.0\.0\.1:\d+[\s\S]*do[\s\S]*KAFKA_BOOTSTRAP_SERVERS/,
      )
      expect(text).toMatch(/S3: [\s\S]*Glue: [\s\S]*Athena: [\s\S]*ECONNREFUSED[\s\S]*AWS_ENDPOINT_URL/)
      expect(await accessibilityFaults(page)).toEqual([])
      await picture(page, `live-all-away-${colorScheme}`)
    }
  } finally {
    await away.stop()
  }
})

test('it stays smooth while 5,000 rows a second arrive', async () => {
  await live.producer.stop()
  live.producer = startService(env, 'producer', 'run', '--rate', '5000')
  const { page, complaints } = await openTab(live.browser, live.served.url)
  await eventually(async () => (await numberOf(page, 'arriving')) > 2_500, 'thousands of rows a second')
  await page.getByTestId('tile').first().waitFor()
  // CPU time of the page's main thread, so that a busy machine does not matter: a quarter is enough for every frame.
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value
  }
  const [before, startedAt] = [await worked(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const share = ((await worked()) - before) / ((performance.now() - startedAt) / 1000)
  expect(share).toBeGreaterThan(0)
  expect(share).toBeLessThan(0.25)
  expect(await page.locator('[data-flow=fast]').count()).toBeGreaterThan(0)
  await picture(page, 'live-5000-rows-a-second')
  expect(complaints).toEqual([])
})
