// The Query, Catalog and Ledger tabs in a real browser, on a real lake; and which requests are refused.
// biome-ignore-all lint/performance/useDomNodeTextContent: visible text is tested, not hidden text

import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { sleep } from '@ticklake/runtime/process.ts'
import { openBrowser } from '@ticklake/testing/chromium.ts'
import {
  accessibilityFaults,
  appearances,
  eventually,
  openTab,
  picture,
  prepare,
  type Service,
  screens,
  showTab,
  startDashboardService,
  startService,
  widthOf,
} from '@ticklake/testing/dashboard.ts'
import { runHere } from '@ticklake/testing/in-process.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { newestStatements } from '@ticklake/testing/statements.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { produce } from '@ticklake/testing/topic.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

const secret = 'never-show-this-secret-7b1f'
const env = testEnv({
  LOG_FORMAT: 'json',
  AWS_SECRET_ACCESS_KEY: secret,
  CONSUMER_FLUSH_AFTER_MS: '500',
  CONSUMER_HEALTH_PORT: '0',
  PRODUCER_HEALTH_PORT: '0',
  CATALOG_HEALTH_PORT: '0',
  // A crawler belongs to the account, which the tests share.
  CATALOG_CRAWLER: `dashboard-tabs-${process.pid}`,
})
const ROWS = 3_000
const poison = [
  Buffer.from('not json <script>alert(1)</script>'),
  Buffer.from('{"index":"HSI"}'),
  Buffer.from([0xff, 0xfe, 0x00]),
]

let browser: Browser
let served: Awaited<ReturnType<typeof startDashboardService>>
let consumer: Service
let page: Page
let complaints: string[]
/** When the rows were sent, which is the hour that they are in. */
let sentAtMs: number
const answers: string[] = []

beforeAll(async () => {
  await prepare(env)
  consumer = startService(env, 'consumer', 'run')
  const sent = await runHere(env, 'producer', 'run', '--rate', 'max', '--rows', String(ROWS))
  expect(sent.code, sent.stderr).toBe(0)
  sentAtMs = Date.now()
  // Messages that no contract accepts.
  await produce(
    env,
    poison.map((value) => ({ value, partition: 0, key: Buffer.from('poison') })),
  )
  ;[served, browser] = await Promise.all([startDashboardService(env, '--allow-crawl'), openBrowser()])
  const audit = await runHere(env, 'catalog', 'audit', '--wait', '80')
  expect(audit.stdout).toContain(`landed ${ROWS}, dead ${poison.length}`)
  ;({ page, complaints } = await openTab(browser, served.url))
  page.on('response', async (response) => {
    if (!response.url().endsWith('/api/stream')) answers.push(await response.text().catch(() => ''))
  })
})

afterAll(async () => {
  await browser?.close()
  await Promise.all([consumer?.kill(), served?.stop()])
})

const editor = () => page.getByRole('textbox', { name: /^SQL statement/ })

const clipboard = (): Promise<string> => page.evaluate('navigator.clipboard.readText()')

async function write(sql: string): Promise<void> {
  await editor().click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(sql)
}

/** Runs the editor's statement; returns the line below it. */
async function runIt(): Promise<string> {
  // The state is `running` before the request leaves.
  await Promise.all([page.waitForRequest(/\/api\/query$/), page.keyboard.press('Control+Enter')])
  await page.locator('[data-testid=run-state]:not([data-state=running])').waitFor()
  return page.getByTestId('run-state').innerText()
}

const table = () => `"${env.LAKE_DATABASE}"."ticks"`

test('Ctrl-Enter queries Athena: the answer, its time, the bytes, and what it would cost', async () => {
  await showTab(page, 'Query')
  await write(`SELECT count(*) AS row_count FROM ${table()}`)
  const state = await runIt()
  expect(state).toMatch(/^1 row\n[\d.]+ (ms|s)\n[\d.]+ (B|KB|MB) scanned\nwould cost \$0\.000048 on AWS$/)
  expect(await page.getByRole('gridcell').innerText()).toBe(String(ROWS))
  // Keywords, strings and numbers are told apart.
  await write(`SELECT 'a', 1 -- note\nFROM ${table()}`)
  const colours: string[] = await page.evaluate(
    `[...document.querySelectorAll('.cm-line span')].map((span) => getComputedStyle(span).color)`,
  )
  expect(new Set(colours).size).toBeGreaterThanOrEqual(4)
})

test('tables and columns are completed', async () => {
  await page.reload()
  await editor().waitFor()
  await page.waitForLoadState('networkidle').catch(() => {})
  await write(`SELECT  FROM ${table()}`)
  await page.keyboard.press('Home')
  for (let i = 0; i < 'SELECT '.length; i++) await page.keyboard.press('ArrowRight')
  await page.keyboard.type('kafka_off')
  await page.locator('.cm-tooltip-autocomplete').getByText('kafka_offset').waitFor()
  expect(await page.locator('.cm-tooltip-autocomplete').innerText()).toContain('bigint')
  // The editor takes an Enter as one for the text until the list has been there for 75 ms (its interactionDelay).
  await sleep(200)
  await page.keyboard.press('Enter')
  expect(await editor().innerText()).toContain('SELECT kafka_offset FROM')
  await write('SELECT * FROM kafka_st')
  await page.keyboard.press('Control+Space')
  await page.locator('.cm-tooltip-autocomplete').getByText('kafka_stock_market_demo').waitFor()
  await page.keyboard.press('Escape')
})

test('100,000 rows scroll: only a few are in the DOM; they are sorted, copied and saved', async () => {
  await write(
    'SELECT 100001 - (a * 10 + b) AS n, CAST(a AS varchar) AS t FROM UNNEST(sequence(0, 9999)) AS x(a) CROSS JOIN UNNEST(sequence(1, 10)) AS y(b)',
  )
  expect(await runIt()).toMatch(/^100,000 rows/)
  const grid = page.getByRole('grid')
  expect(await grid.getAttribute('aria-rowcount')).toBe('100001')
  expect(await page.getByRole('gridcell').count()).toBeLessThan(200)
  await page.getByRole('columnheader', { name: /^n/ }).getByRole('button').click()
  expect(await page.getByRole('columnheader', { name: /^n/ }).getAttribute('aria-sort')).toBe('ascending')
  const cell = (text: string) => page.getByRole('gridcell', { name: text, exact: true })
  await cell('1').first().waitFor()
  await grid.focus()
  await page.keyboard.press('Control+End')
  await page.locator('[aria-rowindex="100001"]').waitFor()
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Control+C')
  await page.getByText('the cell is copied').waitFor()
  expect(await clipboard()).toBe('2')
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('100000 rows copied').waitFor()
  const copied = (await clipboard()).split('\n')
  expect(copied).toHaveLength(100_001)
  expect(copied.slice(0, 3)).toEqual(['n\tt', '1\t9999', '2\t9999'])
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ])
  expect(saved.suggestedFilename()).toBe('ticklake-result.csv')
  const lines = readFileSync(await saved.path(), 'utf8').split('\r\n')
  expect(lines).toHaveLength(100_002)
  expect(lines[1]).toBe('1,9999')
  expect(await page.getByRole('checkbox', { name: 'No formulas' }).isChecked(), 'it changes data').toBe(false)
  expect(await accessibilityFaults(page)).toEqual([])
})

test('a download for a spreadsheet has no formulas on request', async () => {
  await write("SELECT -5 AS n, '=1+1' AS t")
  await runIt()
  const download = async () => {
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ])
    return readFileSync(await saved.path(), 'utf8')
  }
  expect(await download()).toBe('n,t\r\n-5,=1+1\r\n')
  await page.getByRole('checkbox', { name: 'No formulas' }).check()
  expect(await download()).toBe("n,t\r\n-5,'=1+1\r\n")
  await picture(page, 'query-no-formulas')
  expect(await accessibilityFaults(page)).toEqual([])
})

test('an error has three lines and is marked at its line and column', async () => {
  await write(`SELECT index,\n  closs\nFROM ${table()}`)
  expect(await runIt()).toMatch(/^failed/)
  const problem = await page.getByRole('alert').innerText()
  expect(problem).toMatch(
    /Athena could not run the query[\s\S]*why[\s\S]*COLUMN_NOT_FOUND: line 2:3[\s\S]*do[\s\S]*SHOW COLUMNS/,
  )
  expect(await page.locator('.cm-error-mark').innerText()).toBe('closs')
  await picture(page, 'query-error-desktop-light')
  await write('SELECT 1 AS a;\nDROP TABLE ticks')
  expect(await runIt()).toMatch(/^failed/)
  expect(await page.getByRole('alert').innerText()).toMatch(
    /the dashboard is read-only[\s\S]*line 2:1: a second statement/,
  )
  expect(await page.locator('.cm-error-mark').innerText()).toBe('DROP')
})

test('cancelling a query cancels it in Athena', async () => {
  await write(
    'SELECT count(*) FROM UNNEST(sequence(1,10000)) a(x), UNNEST(sequence(1,10000)) b(y), UNNEST(sequence(1,10000)) c(z) WHERE x * y * z = 7',
  )
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-testid=run-state][data-state=running]').waitFor()
  const state = async () =>
    (await newestStatements()).find(({ Query }) => Query!.includes('x * y * z = 7'))?.Status?.State
  await eventually(async () => (await state()) === 'RUNNING', 'the query to run')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.locator('[data-testid=run-state][data-state=cancelled]').waitFor()
  await eventually(async () => (await state()) === 'CANCELLED', 'the query to be cancelled')
})

test('the history holds earlier statements', async () => {
  await page.getByText('History').click()
  await page
    .getByTestId('history')
    .getByText(/count\(\*\) AS row_count/)
    .click()
  expect(await editor().innerText()).toContain('row_count')
  expect(await runIt()).toMatch(/^1 row/)
})

test('every example runs, including the tutorials’ queries and a seven-day average', async () => {
  const select = page.getByLabel('Examples')
  const titles = (await select.locator('option').allInnerTexts()).slice(1)
  expect(titles.join(' ')).toMatch(/How many rows.*seven days/)
  for (const [i, title] of titles.entries()) {
    await select.selectOption(String(i))
    const state = await runIt()
    expect(state, `${title}: ${await page.locator('main').innerText()}`).toMatch(/rows?\n/)
  }
}, 300_000)

test('a result becomes a chart, is downloaded, saved, and shown to every viewer under its link', async () => {
  await write(`SELECT index, day, open, high, low, close FROM candles_1d WHERE index = 'HSI' ORDER BY day`)
  await runIt()
  await page.getByRole('button', { name: 'Chart' }).click()
  await page
    .getByRole('img', { name: /^result: candle chart of open, high, low, close by day, [1-9]\d* points$/ })
    .waitFor()
  await page.getByRole('combobox', { name: 'chart' }).selectOption('line')
  await page.getByRole('img', { name: /^result: line chart of close by day/ }).waitFor()
  for (const [button, file] of [
    ['SVG', /^<svg xmlns/],
    ['PNG', /^.PNG/s],
  ] as const) {
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ])
    expect(saved.suggestedFilename()).toBe(`chart.${button.toLowerCase()}`)
    expect(readFileSync(await saved.path(), 'latin1')).toMatch(file)
  }
  await page.getByRole('textbox', { name: 'name' }).fill('Hang Seng')
  await page.getByRole('button', { name: 'Save for all viewers' }).click()
  const link = await page.getByRole('link', { name: /^saved/ }).getAttribute('href')
  expect(await accessibilityFaults(page)).toEqual([])
  const other = await openTab(browser, `${served.url}${link}`, { screen: 'phone', scheme: 'dark' })
  await other.page
    .getByRole('img', { name: /^Hang Seng: line chart of close by day, [1-9]\d* points$/ })
    .waitFor()
  expect(await accessibilityFaults(other.page)).toEqual([])
  expect(await widthOf(other.page)).toBeLessThanOrEqual(screens.phone.width)
  await picture(other.page, 'charts-phone-dark')
  await other.page.getByRole('button', { name: 'Remove' }).click()
  await other.page.getByText('No saved chart yet').waitFor()
  expect(other.complaints).toEqual([])
  await other.page.context().close()
  await page.getByRole('button', { name: 'Table' }).click()
})

test('a chart that would write, or is not a chart, is not saved', async () => {
  const own = { host: new URL(served.url).host, 'content-type': 'application/json' }
  const chart = { name: 'x', sql: `DROP TABLE ${table()}`, options: { type: 'line', x: 'a', y: ['b'] } }
  const post = async (body: object) => (await asked('/api/charts', own, JSON.stringify(body))).status
  expect(await post(chart)).toBe(403)
  expect(await post({ ...chart, sql: 'SELECT 1', options: { ...chart.options, type: 'pie' } })).toBe(400)
  expect(await post({ ...chart, sql: 'SELECT 1', name: ' ' })).toBe(400)
  expect((await asked('/api/charts', { host: own.host })).text).toBe('{"charts":[]}')
})

const inEditor = `document.activeElement?.closest('.cm-editor') !== null`

test('the keyboard can leave and enter the console', async () => {
  await editor().focus()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(inEditor)).toBe(false)
  await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate(inEditor)).toBe(true)
})

test('the catalog shows databases, tables, columns, partitions, parameters, and rows of an object', async () => {
  await showTab(page, 'Catalog')
  const tree = page.getByRole('navigation', { name: 'Databases and tables' })
  await tree.getByText(env.LAKE_DATABASE!, { exact: true }).waitFor()
  await tree.getByText('kafka_stock_market_demo').first().waitFor()
  const columns = page.getByRole('region', { name: 'Columns' })
  expect(await columns.innerText()).toMatch(
    /index\s+string[\s\S]*kafka_offset\s+bigint[\s\S]*hour\s*partition key/,
  )
  await page.getByText('Parameters and storage').click()
  expect(await page.getByTestId('parameters').innerText()).toMatch(
    /location[\s\S]*classification\s+parquet[\s\S]*ParquetHiveSerDe/,
  )
  await page.getByRole('button', { name: 'Sample rows' }).first().click()
  await page.getByTestId('sample').getByRole('grid').waitFor()
  expect(await page.getByTestId('sample').innerText()).toMatch(/20 rows of .*\.parquet/)
  expect(await page.getByTestId('sample').getByRole('columnheader').count()).toBe(17)
  await tree.getByText('kafka_stock_market_demo').first().click()
  await page.getByText('SQL of the view').waitFor()
  expect(await page.locator('pre').innerText()).toContain('"adj close"')
})

test('an hour that has just begun has no objects yet: those of the hour before are shown', async () => {
  const later = await browser.newPage()
  later.setDefaultTimeout(PATIENCE_MS)
  await later.clock.setFixedTime(sentAtMs + 3_600_000)
  await later.goto(served.url)
  await showTab(later, 'Catalog')
  await later.getByRole('button', { name: 'Sample rows' }).first().waitFor()
  await later.close()
})

test('a crawl is started if allowed, and its result is shown', async () => {
  await page.getByText('has not run yet').waitFor()
  await page.getByRole('button', { name: 'Crawl now' }).click()
  await page.getByText(/1 table created/).waitFor()
  const crawled = await page.getByRole('region', { name: 'Crawled tables' }).innerText()
  expect(crawled).toMatch(/ticks\s+17\s+\d+\s+\d+\s+3,000/)
})

test('the audit is one click, and shows each sum', async () => {
  await showTab(page, 'Ledger')
  await page.getByRole('button', { name: 'Audit now' }).click()
  await page.getByText('Every record is in the lake exactly once, or below as a dead letter.').waitFor()
  expect(await page.getByRole('region', { name: 'Audit' }).innerText()).toContain(
    `audit: produced ${ROWS + poison.length}, landed ${ROWS}, dead ${poison.length}, skipped 0, lost 0, twice 0`,
  )
})

test('the claims of each partition are shown, each beginning where the last one ends', async () => {
  const claims = page.getByRole('region', { name: 'Claims of the partition' })
  const isOneChain = async () => {
    await claims.locator('tbody tr').first().waitFor()
    const offsets = await claims
      .locator('tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) =>
          [...row.children].slice(0, 2).map((cell) => Number(cell.textContent!.replaceAll(',', ''))),
        ),
      )
    expect(offsets.at(-1)![0]).toBe(0)
    for (const [i, [from]] of offsets.slice(0, -1).entries()) expect(from).toBe(offsets[i + 1]![1])
  }
  await isOneChain()
  await Promise.all([
    page.waitForResponse((response) => response.url().includes('/api/claims?partition=2')),
    page.getByRole('combobox', { name: 'partition' }).selectOption('2'),
  ])
  await isOneChain()
})

test('dead letters show value, reason and origin, and run no script', async () => {
  const dead = await page.getByRole('region', { name: 'Rejected records' }).innerText()
  expect(dead).toContain('not json <script>alert(1)</script>')
  expect(dead).toMatch(/not_json[\s\S]*missing_field|missing_field[\s\S]*not_json/)
  expect(dead).toContain('0xfffe00')
  expect(dead).toMatch(new RegExp(`${env.KAFKA_TOPIC}, partition 0, offset [\\d,]+`))
})

test('on every screen, light and dark: axe finds nothing in any tab, and no tab is wider than the screen', async () => {
  const { page: other, complaints: its } = await openTab(browser, served.url)
  const check = async (name: string) => {
    for (const [screen, colorScheme] of appearances) {
      const at = `${name}-${screen}-${colorScheme}`
      await other.setViewportSize(screens[screen])
      await other.emulateMedia({ colorScheme })
      expect(await accessibilityFaults(other), at).toEqual([])
      expect(await widthOf(other), at).toBeLessThanOrEqual(screens[screen].width)
      await picture(other, at)
    }
  }
  await showTab(other, 'Query')
  await other.getByLabel('Examples').selectOption('3')
  await other.getByRole('button', { name: /^Run/ }).click()
  await other.locator('[data-testid=run-state][data-state=done]').waitFor()
  await check('query')
  await showTab(other, 'Catalog')
  await other.getByRole('button', { name: 'Sample rows' }).first().click()
  await other.getByTestId('sample').getByRole('grid').waitFor()
  await check('catalog')
  await showTab(other, 'Ledger')
  await other.getByRole('region', { name: 'Rejected records' }).waitFor()
  await other.getByRole('button', { name: 'Audit now' }).click()
  await other.getByTestId('audit-outcome').waitFor()
  await check('ledger')
  expect(its).toEqual([])
  await other.context().close()
})

/** A request with headers that no browser would let a site set. */
function asked(path: string, headers: Record<string, string>, body?: string) {
  const { port } = new URL(served.url)
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path, method: body === undefined ? 'GET' : 'POST', headers },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (part) => {
            text += part
          })
          answer.once('end', () => resolve({ status: answer.statusCode!, text, headers: answer.headers }))
        },
      )
      sent.once('error', reject)
      sent.end(body)
    },
  )
}

test('a foreign host name, another site and a form are refused', async () => {
  const own = new URL(served.url).host
  const json = { 'content-type': 'application/json' }
  const select = '{"sql":"SELECT 1"}'
  expect((await asked('/', { host: 'evil.example' })).status).toBe(421)
  expect((await asked('/api/about', { host: `evil.example:${new URL(served.url).port}` })).text).toContain(
    'HOST_REFUSED',
  )
  expect(
    (await asked('/api/query', { host: own, ...json, origin: 'https://evil.example' }, select)).status,
  ).toBe(403)
  expect((await asked('/api/stream', { host: own, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await asked('/api/query', { host: own, 'content-type': 'text/plain' }, select)).status).toBe(400)
  expect((await asked('/api/crawl', { host: own }, '')).status).toBe(400)
  expect((await asked('/api/query', { host: own, ...json }, select)).text).toContain('"type":"end"')
})

test('no write gets through', async () => {
  const own = { host: new URL(served.url).host, 'content-type': 'application/json' }
  for (const sql of [
    `DROP TABLE ${table()}`,
    `/* SELECT */ INSERT INTO ${table()} SELECT * FROM ${table()}`,
    `EXPLAIN ANALYZE INSERT INTO ${table()} SELECT * FROM ${table()}`,
    `SELECT 1; DROP TABLE ${table()}`,
    `CREATE TABLE x AS SELECT 1 AS a`,
  ]) {
    const answer = await asked('/api/query', own, JSON.stringify({ sql }))
    expect([answer.status, answer.text], sql).toEqual([403, expect.stringContaining('READ_ONLY')])
  }
  const count = await runHere(
    env,
    'catalog',
    'query',
    `SELECT count(*) AS n FROM ${table()}`,
    '--output',
    'csv',
  )
  expect(count.stdout).toBe(`n\n${ROWS}\n`)
})

test('paths lead only to the dashboard’s own files', async () => {
  const own = { host: new URL(served.url).host }
  for (const path of [
    '/../package.json',
    '/assets/../../index.html',
    '/%2e%2e/%2e%2e/package.json',
    '/etc/passwd',
    '//',
  ]) {
    expect((await asked(path, own)).status, path).toBe(404)
  }
})

test('every answer has the policy; the dashboard never violates it', async () => {
  const own = { host: new URL(served.url).host }
  for (const path of ['/', '/icon.svg', '/api/about', '/nothing']) {
    const { headers } = await asked(path, own)
    expect(headers['content-security-policy'], path).toContain("default-src 'none'")
    expect(headers['content-security-policy'], path).not.toContain('unsafe')
    expect(headers['x-content-type-options'], path).toBe('nosniff')
  }
  const nonces = await Promise.all(
    [1, 2].map(
      async () =>
        /nonce-([\w-]+)/.exec(String((await asked('/', own)).headers['content-security-policy']))?.[1],
    ),
  )
  expect(new Set(nonces).size).toBe(2)
  // Chromium's editing tries to keep the style of replaced text; the policy refuses that without harm.
  expect(complaints.filter((complaint) => !complaint.startsWith('Applying inline style'))).toEqual([])
})

test('no secret is in any answer', () => {
  expect(answers.length).toBeGreaterThan(30)
  expect(answers.join('\n')).toContain(env.LAKE_DATABASE)
  expect(answers.join('\n')).not.toContain(secret)
})

test('without --allow-crawl there is no button, and the server refuses', async () => {
  const reading = await startDashboardService(env)
  try {
    const { page: other } = await openTab(browser, reading.url)
    await showTab(other, 'Catalog')
    await other.getByText('The last crawl').waitFor()
    await other.getByRole('region', { name: 'Crawled tables' }).waitFor()
    expect(await other.getByRole('button', { name: 'Crawl now' }).count()).toBe(0)
    const refused = await other.evaluate(`(async () => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch('/api/crawl', { method: 'POST', headers, body: '{}' })
      return [answer.status, (await answer.json()).problem.code]
    })()`)
    expect(refused).toEqual([403, 'CRAWL_NOT_ALLOWED'])
    await other.context().close()
  } finally {
    await reading.stop()
  }
})
