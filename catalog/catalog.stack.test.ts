// The catalog's commands as a user types them, on real rows of a real consumer, queried by the real engine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { GetTableCommand, GlueClient, type TableInput, UpdateTableCommand } from '@aws-sdk/client-glue'
import { run, start } from '@ticklake/testing/catalog-commands.ts'
import { catalog, runHere, ServiceHere } from '@ticklake/testing/in-process.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { newestStatements } from '@ticklake/testing/statements.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { produce } from '@ticklake/testing/topic.ts'
import { afterAll, expect, test } from 'vitest'
import { signature } from './alerts/notify.ts'

const target = await receiver()
const env = testEnv({
  CONSUMER_FLUSH_AFTER_MS: '500',
  CONSUMER_HEALTH_PORT: '0',
  CATALOG_HEALTH_PORT: '0',
  LOG_FORMAT: 'json',
  AWS_ENDPOINT_URL_SNS: target.url,
})
afterAll(() => target[Symbol.dispose]())
const tutorial = {
  ...env,
  LAKE_DATABASE: `stock-market-${env.LAKE_DATABASE}`.replaceAll('_', '-'),
  LAKE_TABLE: 'kafka-stock-market-engine-ym',
}
const query = (sql: string, ...flags: string[]) => catalog(env, 'query', sql, ...flags)
const glue = () => new GlueClient({})

test('declare creates what is missing, and nothing the second time', async () => {
  const first = await catalog(env, 'declare')
  expect(first.stdout).toContain(`table ${env.LAKE_DATABASE}.ticks: created`)
  expect(first.stdout).toContain('partitions: 8 new, registered 6 hours ahead')
  const second = await catalog(env, 'declare')
  expect(second.stdout).toContain(`table ${env.LAKE_DATABASE}.ticks: exists as wanted`)
  expect(second.stdout).toContain('partitions: 0 new')
  expect([first.code, second.code]).toEqual([0, 0])
})

test('declare shows a difference and leaves it, until --replace', async () => {
  const table = { DatabaseName: env.LAKE_DATABASE!, Name: 'ticks' }
  const { Table: there } = await glue().send(new GetTableCommand(table))
  const { Name, TableType, Parameters, PartitionKeys, StorageDescriptor } = there!
  StorageDescriptor!.Columns![1]!.Type = 'string'
  const TableInput: TableInput = {
    Name,
    TableType,
    Parameters,
    PartitionKeys,
    StorageDescriptor,
  } as TableInput
  await glue().send(new UpdateTableCommand({ DatabaseName: env.LAKE_DATABASE!, TableInput }))
  const shown = await catalog(env, 'declare')
  expect(shown.code).toBe(1)
  expect(shown.stderr).toContain('error DECLARE_DIFFERS')
  expect(shown.stderr).toContain('columns: found index string, date string')
  expect((await glue().send(new GetTableCommand(table))).Table?.StorageDescriptor?.Columns?.[1]?.Type).toBe(
    'string',
  )
  expect((await catalog(env, 'declare', '--replace')).code).toBe(0)
  expect((await catalog(env, 'declare')).code).toBe(0)
})

test('a stream lands, and COUNT, MAX, GROUP BY and the audit agree, under any names', async () => {
  expect((await runHere(env, 'producer', 'topic', 'create')).code).toBe(0)
  await using consumer = new ServiceHere(env, 'consumer', ['run'])
  expect((await runHere(env, 'producer', 'run', '--rows', '2000', '--rate', 'max')).code).toBe(0)
  const audit = await catalog(env, 'audit', '--wait', '240')
  expect(audit.stdout, audit.stderr + consumer.stderr).toContain(
    'audit: produced 2000, landed 2000, dead 0, skipped 0, lost 0, twice 0',
  )
  expect(audit.code).toBe(0)
  // It leaves the group: one that was killed would keep its partitions from the next test's consumer for 45 s.
  expect(await consumer.stop()).toBe(0)
  expect((await query('SELECT count(*) FROM ticks', '--output', 'csv')).stdout).toBe('_col0\n2000\n')
  const declared = await catalog(tutorial, 'declare')
  expect(declared.code, declared.stderr).toBe(0)
  const sql = `SELECT COUNT(*) FROM "${tutorial.LAKE_DATABASE}"."kafka-stock-market-engine-ym" limit 10`
  expect((await query(sql, '--output', 'csv')).stdout).toBe('_col0\n2000\n')
  const grouped = 'SELECT sum(n) total FROM (SELECT index, count(*) n FROM ticks GROUP BY index)'
  expect((await query(grouped, '--output', 'jsonl')).stdout).toBe('{"total":2000}\n')
  const newest = await catalog(tutorial, 'query', 'SELECT MAX(date) d FROM "kafka-stock-market-engine-ym"')
  expect(newest.stdout).toMatch(/^d\n-+\n\d{4}-\d\d-\d\d\n$/)
  expect((await catalog(tutorial, 'audit')).stdout).toContain('landed 2000')
})

test('the view has the tutorials’ column names', async () => {
  const sql =
    'SELECT index, date, "adj close", closeusd FROM kafka_stock_market_demo ORDER BY "adj close" DESC LIMIT 1'
  const { stdout, stderr } = await query(sql, '--output', 'jsonl')
  expect(JSON.parse(stdout || stderr)).toMatchObject({ date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
})

test('the crawled table equals the declared one', async () => {
  for (const names of [env, tutorial]) {
    const { code, stdout, stderr } = await catalog(names, 'crawl', '--compare')
    expect(stdout, stderr).toContain('have the same 15 columns, 1 partitions with objects and 2,000 rows')
    expect(code).toBe(0)
  }
})

test('an error is Athena’s own text in three lines, and exit status 1', async () => {
  const cases = [
    ['SELECT closs FROM ticks', "COLUMN_NOT_FOUND: line 1:8: Column 'closs' cannot be resolved"],
    ['SELECT * FROM nowhere', 'TABLE_NOT_FOUND: line 1:15'],
    ['SELEC 1', "line 1:1: mismatched input 'SELEC'"],
    ["SELECT 1 = 'a'", 'TYPE_MISMATCH'],
    ['SELECT 1/0', 'DIVISION_BY_ZERO'],
  ]
  for (const [sql, text] of cases) {
    const { code, stdout, stderr } = await query(sql!)
    expect(stderr).toContain(text)
    expect(stderr.trimEnd().split('\n')).toHaveLength(3)
    expect(stdout).toBe('')
    expect(code).toBe(1)
  }
})

test('values keep all digits, NULL is not an empty text', async () => {
  const sql = "SELECT 9223372036854775807 big, CAST(NULL AS varchar) n, '' e, 0.1e0 d, 'a\"b' q"
  expect((await query(sql, '--output', 'csv')).stdout).toBe(
    'big,n,e,d,q\n9223372036854775807,,"",0.1,"a""b"\n',
  )
  expect((await query(sql, '--output', 'jsonl')).stdout).toBe(
    '{"big":9223372036854775807,"n":null,"e":"","d":0.1,"q":"a\\"b"}\n',
  )
})

test('300,000 rows arrive completely', async () => {
  const sql = 'SELECT a, b FROM UNNEST(sequence(1, 10000)) t(a) CROSS JOIN UNNEST(sequence(1, 30)) u(b)'
  const { stdout, code } = await query(sql, '--output', 'csv')
  expect(stdout.trimEnd().split('\n')).toHaveLength(300_001)
  expect(code).toBe(0)
})

test('Ctrl-C cancels the query at Athena', async () => {
  const numbers = (name: string) => `UNNEST(sequence(1, 10000)) ${name}(x)`
  const sql = `SELECT count(*) FROM ${numbers('a')} CROSS JOIN ${numbers('b')} CROSS JOIN ${numbers('c')}`
  await using running = start(env, 'catalog', 'query', sql)
  const execution = async () => (await newestStatements()).find(({ Query }) => Query === sql)
  await expect.poll(async () => (await execution())?.Status?.State, { timeout: PATIENCE_MS }).toBe('RUNNING')
  running.child.kill('SIGINT')
  const { code, stderr } = await running.ended
  expect(stderr).toContain('error QUERY_CANCELLED')
  expect(code).toBe(1)
  await expect
    .poll(async () => (await execution())?.Status?.State, { timeout: PATIENCE_MS })
    .toBe('CANCELLED')
})

test('watch prints count, rate, freshness and lag as numbers', async () => {
  const { stdout, code } = await catalog(env, 'watch', '--every', '0.5', '--times', '2', '--output', 'jsonl')
  const samples = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(samples).toHaveLength(2)
  expect(samples[1]).toMatchObject({ rows: 2000, rows_per_second: 0, produced: 2000, lag: 0 })
  expect(code).toBe(0)
})

test('serve continues while nothing answers, logs it in one line, and ends on SIGTERM', async () => {
  await using away = start(
    { ...env, AWS_ENDPOINT_URL: 'http://127.0.0.1:1', CATALOG_REGISTER_EVERY_MS: '250' },
    'catalog',
    'serve',
  )
  await expect.poll(() => away.stderr(), { timeout: PATIENCE_MS }).toContain('register partitions failed')
  const port = portOf(away.stderr())
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200)
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('S3')])
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  away.child.kill('SIGTERM')
  const { code, stderr } = await away.ended
  expect(stderr.match(/register partitions failed/g)).toHaveLength(1)
  expect(code).toBe(0)
})

test('serve counts on a scrape, registers partitions, and audits', async () => {
  const often = { CATALOG_WATCH_EVERY_MS: '250', CATALOG_AUDIT_EVERY_MS: '500' }
  await using service = new ServiceHere({ ...env, ...often }, 'catalog', ['serve'])
  const { port } = await service.logged('health at http')
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status, { timeout: PATIENCE_MS })
    .toBe(200)
  await expect
    .poll(metrics, { timeout: PATIENCE_MS })
    .toContain('ticklake_catalog_rows{service="catalog"} 2000')
  await expect
    .poll(metrics, { timeout: PATIENCE_MS })
    .toContain('ticklake_catalog_lag_records{service="catalog"} 0')
  await expect
    .poll(metrics, { timeout: PATIENCE_MS })
    .toMatch(/ticklake_catalog_audits_total\{outcome="good",service="catalog"\} [1-9]/)
  expect(await metrics()).toContain('ticklake_catalog_audit_findings{service="catalog"} 0')
  expect(service.stderr).toContain('audit: produced 2000, landed 2000')
  expect(await service.stop()).toBe(0)
})

/** A webhook, and an SNS that takes everything. */
async function receiver() {
  const webhooks: { headers: IncomingHttpHeaders; body: string }[] = []
  const published: URLSearchParams[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    if (request.url === '/hook/token') webhooks.push({ headers: request.headers, body })
    else published.push(new URLSearchParams(body))
    response.end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, webhooks, published, [Symbol.dispose]: () => void server.close() }
}

const intraday = (close: number, agoMs: number) => {
  const tradedAt = new Date(Date.now() - agoMs).toISOString()
  const price = { open: close, high: close, low: close, close, adj_close: null, volume: 1, close_usd: null }
  const tick = { index: 'ALERTED', date: tradedAt.slice(0, 10), ...price, traded_at: tradedAt }
  return { value: Buffer.from(JSON.stringify(tick)), partition: 0 }
}

test('alerts are checked by Athena, notify once per episode, also across a restart, and end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-alerts-'))
  const [file, secretFile] = [join(dir, 'alerts.yml'), join(dir, 'secret')]
  writeFileSync(secretFile, 'a secret\n')
  writeFileSync(
    file,
    `alerts:
  - name: ALERTED jumps
    when: ALERTED, change over 5 m above 2 %
    every: 10 s
    notify: [log, page, webhook: "${target.url}/hook/token"]
  - name: rows of HSI
    sql: SELECT index, count(*) AS n FROM ticks WHERE index = 'HSI' GROUP BY index
    every: 10 s
    notify: [sns: "arn:aws:sns:us-east-1:123456789012:prices"]
`,
  )
  const alerting = {
    ...env,
    CATALOG_ALERTS_FILE: file,
    CATALOG_ALERTS_SECRET_FILE: secretFile,
  }
  const plan = await run(alerting, 'catalog', 'alerts', 'plan', '--measure')
  expect(plan.stdout, plan.stderr).toMatch(/^alerts: 2, \$\d+\.\d\d a day on AWS$/m)
  await using consumer = new ServiceHere(env, 'consumer', ['run'])
  const landed = async (rows: number) => {
    const sql = "SELECT count(*) AS n FROM ticks WHERE index = 'ALERTED'"
    await expect
      .poll(async () => (await query(sql, '--output', 'csv')).stdout, { timeout: PATIENCE_MS, interval: 500 })
      .toBe(`n\n${rows}\n`)
  }
  await produce(env, [intraday(100, 6 * 60_000), intraday(103, 1_000)])
  await landed(2)

  const firing = async (port: unknown) => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return [...metrics.matchAll(/^ticklake_catalog_alert_firing\{alert="([^"]+)".*\} ([01])$/gm)]
      .map(([, alert, value]) => `${alert}: ${value}`)
      .sort()
  }
  const serving = async (wanted: string[]) => {
    await using service = new ServiceHere(alerting, 'catalog', ['serve'])
    const { port } = await service.logged('health at http')
    await expect.poll(() => firing(port), { timeout: PATIENCE_MS }).toEqual(wanted)
    expect(await service.stop()).toBe(0)
    return service.stderr
  }
  const both = ['ALERTED jumps: 1', 'rows of HSI: 1']
  // Each start checks all alerts at once.
  expect(await serving(both)).toContain('"alert: ALERTED jumps"')
  expect(await serving(both)).not.toContain('"alert: ALERTED jumps"')
  await expect
    .poll(() => [target.webhooks.length, target.published.length], { timeout: PATIENCE_MS })
    .toEqual([1, 1])
  const { headers, body } = target.webhooks[0]!
  expect(JSON.parse(body)).toMatchObject({ alert: 'ALERTED jumps', rows: ['ALERTED, 100.0, 103.0, 3.0'] })
  expect(headers['ticklake-signature']).toBe(
    signature('a secret', String(headers['ticklake-timestamp']), body),
  )
  expect(target.published[0]!.get('TopicArn')).toBe('arn:aws:sns:us-east-1:123456789012:prices')
  expect(JSON.parse(target.published[0]!.get('Message')!).rows[0]).toMatch(/^HSI, \d+$/)

  await produce(env, [intraday(100.5, 0)])
  await landed(3)
  expect(await serving(['ALERTED jumps: 0', 'rows of HSI: 1'])).toContain('alert resolved: ALERTED jumps')
  expect([target.webhooks.length, target.published.length]).toEqual([1, 1])
  expect(await consumer.stop()).toBe(0)
  rmSync(dir, { recursive: true })
})

function portOf(log: string): number {
  const line = log.split('\n').find((text) => text.includes('health at http'))
  return (JSON.parse(line!) as { port: number }).port
}
