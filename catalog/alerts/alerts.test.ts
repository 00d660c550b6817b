// Alerts: the file with its problems, the SQL of the simple form, one notification per episode, the signature, the costs.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { parseAlerts } from './alerts-file.ts'
import { Episodes } from './episodes.ts'
import { type AlertParts, checkAlert } from './job.ts'
import { notifier, signature } from './notify.ts'
import { planLines } from './plan.ts'
import { parseChange, parseDuration, type Target } from './rule.ts'

const lake = { database: 'd', table: 'ticks' }
const file = `alerts:
  - name: HSI jumps
    when: HSI, change over 5 m above 2 %
    every: 1 m
    notify: [log, page, { webhook: "https://example.com/hook/secret" }, { sns: "arn:aws:sns:eu-west-1:123456789012:prices" }]
  - name: No ticks
    sql: |
      SELECT 1 WHERE false
    every: 10 m
`

test('a file is read: both forms, the interval, the targets; by default log and page', () => {
  const rules = parseAlerts(file, 'alerts.yml', lake)
  expect(rules.map(({ name, everyMs, targets }) => [name, everyMs, targets.map(({ kind }) => kind)])).toEqual(
    [
      ['HSI jumps', 60_000, ['log', 'page', 'webhook', 'sns']],
      ['No ticks', 600_000, ['log', 'page']],
    ],
  )
  expect(rules[1]!.sql(0)).toBe('SELECT 1 WHERE false')
})

test.each([
  ['alerts: [', /flow|expected/i],
  ['rules: []', /line 1: `alerts:` with a list is missing/],
  ['alerts:\n  - x', /line 2: an alert is a map/],
  ['alerts:\n  - name: a\n    every: 1 m', /line 2: exactly one of when and sql/],
  [
    'alerts:\n  - name: a\n    sql: SELECT 1\n    every: 5 s',
    /line 4: every must be a duration of at least 10 s/,
  ],
  ['alerts:\n  - name: a\n    sql: DROP TABLE x\n    every: 1 m', /line 3: sql must be a SELECT/],
  ['alerts:\n  - name: a\n    when: HSI rises\n    every: 1 m', /line 3: `when` must have the form/],
  [
    'alerts:\n  - name: a\n    when: HSI, change over 2 d above 1 %\n    every: 1 m',
    /line 3: a change over more than 24 h needs sql/,
  ],
  [
    'alerts:\n  - name: a\n    sql: SELECT 1\n    evry: 1 m',
    /line 4: evry is unknown[\s\S]*every is missing/,
  ],
  [
    'alerts:\n  - name: a\n    sql: SELECT 1\n    every: 1 m\n    notify: [mail]',
    /line 5: a target is log, page/,
  ],
  [
    'alerts:\n  - {name: a, sql: SELECT 1, every: 1 m}\n  - {name: a, sql: SELECT 1, every: 1 m}',
    /line 3: the name a is already used/,
  ],
])('%j is refused, with its line', (content, why) => {
  const problem = (() => {
    try {
      return parseAlerts(content, 'alerts.yml', lake)
    } catch (error) {
      return error
    }
  })()
  expect(problem).toMatchObject({ code: 'ALERTS_INVALID', why: expect.stringMatching(why) })
})

test('the simple form is parsed, and reads only the hours in which its ticks can have landed', () => {
  expect(parseChange('HSI, change over 5 m above 2 %')).toEqual({
    index: 'HSI',
    overMs: 300_000,
    direction: 'above',
    percent: 2,
  })
  expect(parseChange('any, change over 1h below -0.5%')).toMatchObject({
    index: undefined,
    direction: 'below',
    percent: -0.5,
  })
  expect(parseChange('S&P, 500, change over 5 m above 2 %')).toMatchObject({ index: 'S&P, 500' })
  for (const wrong of [
    'change over 5 m above 2 %',
    'HSI, change above 2 %',
    'HSI, change over 5 m above x %',
  ]) {
    expect(parseChange(wrong), wrong).toBeUndefined()
  }
  expect([parseDuration('90 s'), parseDuration('1d'), parseDuration('5 min')]).toEqual([
    90_000,
    86_400_000,
    undefined,
  ])
  const [rule] = parseAlerts(file.replace('HSI, change', "O'Neil, change"), 'alerts.yml', lake)
  const sql = rule!.sql(Date.parse('2026-11-26T00:05:00Z'))
  expect(sql).toContain("index = 'O''Neil'")
  expect(sql).toContain("traded_at > TIMESTAMP '2026-11-25 23:55:00.000'")
  expect(sql.match(/dt = '[\d-]+' AND hour = '\d\d'/g)).toEqual([
    "dt = '2026-11-25' AND hour = '22'",
    "dt = '2026-11-25' AND hour = '23'",
    "dt = '2026-11-26' AND hour = '00'",
    "dt = '2026-11-26' AND hour = '01'",
  ])
})

async function* batches(rows: string[][]) {
  yield rows
}

function world(targets: Target[]) {
  const objects = new Map<string, string>()
  const bucket = {
    text: async (key: string) => (objects.has(key) ? { text: objects.get(key)!, ageMs: 0 } : undefined),
    put: async (key: string, body: Uint8Array) => void objects.set(key, Buffer.from(body).toString()),
  }
  const sent: string[] = []
  const seen: string[] = []
  const it = { rows: [] as string[][], broken: new Set<string>(), firing: false }
  const rule = { name: 'a', everyMs: 1, targets, sql: () => 'SELECT' }
  /** A new process: its state is what the bucket has. */
  const start = () => {
    const parts: AlertParts = {
      athena: { query: async () => ({ rows: batches(it.rows) }) as never },
      episodes: new Episodes(bucket, { prefix: 'lake', dataset: 'ticks' }),
      notify: async (target, _alert, { id }) => {
        if (it.broken.has(target.kind)) throw new Error('away')
        sent.push(`${target.kind} ${id}`)
      },
      events: {
        checked(_, firing) {
          it.firing = firing
        },
        fired: (name) => void seen.push(`fired ${name}`),
        resolved: (name) => void seen.push(`resolved ${name}`),
      },
      queryTimeoutMs: 1,
      attempt: (_, work) => work(),
    }
    return () => checkAlert(rule, parts, 0)
  }
  return { it, sent, seen, start, objects }
}

const webhook: Target = { kind: 'webhook', url: 'https://example.com' }
const sns: Target = { kind: 'sns', topic: 'arn' }

test('an alert fires once per episode, also across restarts, and again in the next episode', async () => {
  const { it, sent, seen, start, objects } = world([webhook])
  let check = start()
  await check()
  it.rows = [['HSI', '2.5']]
  await check()
  await check()
  check = start()
  it.firing = false
  await check()
  // Also after a restart the metric says that it is firing.
  expect(it.firing).toBe(true)
  expect([...objects.keys()]).toEqual(['lake/_control/ticks/alerts/state.json'])
  expect(sent).toHaveLength(1)
  it.rows = []
  await check()
  expect(it.firing).toBe(false)
  it.rows = [['HSI', '3']]
  await check()
  expect(seen).toEqual(['fired a', 'resolved a', 'fired a'])
  expect(new Set(sent).size).toBe(2)
})

test('a target that fails is notified later, with the same id, and delays no other', async () => {
  const { it, sent, seen, start } = world([webhook, sns])
  it.rows = [['HSI']]
  it.broken.add('webhook')
  await expect(start()()).rejects.toThrow('away')
  expect(sent).toEqual([expect.stringMatching(/^sns /)])
  it.broken.clear()
  await start()()
  expect(sent[1]!.replace('webhook', 'sns')).toBe(sent[0])
  await start()()
  expect([sent.length, seen]).toEqual([2, ['fired a']])
})

test('the state in the bucket has no path of a webhook, which is often its password', async () => {
  const { it, sent, start, objects } = world([
    { kind: 'webhook', url: 'https://example.com/a-token' },
    { kind: 'webhook', url: 'https://example.com/another-token' },
  ])
  it.rows = [['HSI']]
  await start()()
  await start()()
  expect(sent).toHaveLength(2)
  expect([...objects.values()].join()).toContain('webhook https://example.com')
  expect([...objects.values()].join()).not.toContain('token')
})

test('if a result is the whole lake, only its first rows are read', async () => {
  const { it, start, objects } = world([])
  it.rows = Array.from({ length: 100 }, (_, i) => [String(i)])
  await start()()
  expect(JSON.parse([...objects.values()][0]!).firing.a.rows).toEqual(['0', '1', '2', '3', '4'])
})

test('the episode is stored before anyone is notified: a crash in between starts no second one', async () => {
  const { it, sent, seen, start } = world([webhook])
  it.rows = [['HSI']]
  it.broken.add('webhook')
  await expect(start()()).rejects.toThrow('away')
  await expect(start()()).rejects.toThrow('away')
  it.broken.clear()
  await start()()
  expect([sent.length, seen]).toEqual([1, ['fired a']])
})

test('a webhook gets a signed body; one that refuses is a failure without its path', async () => {
  const got: { headers: IncomingHttpHeaders; body: string }[] = []
  let status = 204
  const server = createServer(async (request, response) => {
    got.push({ headers: request.headers, body: await text(request) })
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/token`
  using notify = notifier('secret')
  const episode = { id: 'e1', sinceMs: 0, rows: ['HSI, 2.5'], notified: [] }
  await notify({ kind: 'webhook', url }, 'HSI jumps', episode)
  const [{ headers, body }] = got as [{ headers: IncomingHttpHeaders; body: string }]
  expect(JSON.parse(body)).toEqual({
    id: 'e1',
    alert: 'HSI jumps',
    since: '1970-01-01T00:00:00.000Z',
    rows: ['HSI, 2.5'],
  })
  expect(headers['ticklake-signature']).toBe(signature('secret', String(headers['ticklake-timestamp']), body))
  status = 500
  const failed = await notify({ kind: 'webhook', url }, 'a', episode).catch((error) => error)
  expect(failed).toMatchObject({ code: 'WEBHOOK_FAILED', why: 'it answered 500' })
  expect(String(failed.message)).not.toContain('token')
  await new Promise((resolve) => server.close(resolve))
  await expect(notify({ kind: 'webhook', url }, 'a', episode)).rejects.toMatchObject({
    why: expect.stringMatching(/ECONNREFUSED|other side closed/),
  })
})

test('the plan has what each alert costs a day, at least 10 MB a query, and no secret of a URL', () => {
  const lines = planLines(parseAlerts(file, 'alerts.yml', lake), [])
  expect(lines[0]).toBe(
    'HSI jumps: every 60 s, 1440 queries a day, $0.07 a day; notifies log, page, webhook https://example.com, sns arn:aws:sns:eu-west-1:123456789012:prices',
  )
  expect(lines.at(-1)).toBe('alerts: 2, $0.08 a day on AWS')
  expect(planLines(parseAlerts(file, 'alerts.yml', lake), [2 ** 30, 0]).at(-1)).toBe(
    'alerts: 2, $7.04 a day on AWS',
  )
})
