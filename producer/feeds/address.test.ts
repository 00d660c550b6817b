// Any WebSocket and any streaming HTTP address, with --map or the contract's own names.
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FeedServerScript, startFeedServer } from '@ticklake/testing/feeds/feed-server.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FeedRead, readFeed } from './read-feed.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ticklake-feed-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const tick = (close: number) => ({
  ...{ index: 'HSI', date: '2026-11-26', open: 1, high: close, low: 1, close, adj_close: null, volume: 0 },
  close_usd: null,
})
const closes = ({ ticks }: FeedRead) => ticks.map(({ close }) => close)
const count = (ticks: number) => (read: FeedRead) => read.ticks.length >= ticks
const PRODUCER_MAP =
  'index=$.data[*].s,close=$.data[*].p,volume=$.data[*].v,traded_at=$.data[*].t,id=$.data[*].id'

async function run(
  script: FeedServerScript,
  until: (read: FeedRead) => boolean,
  env: Record<string, string> = {},
  address: 'wsUrl' | 'httpUrl' = 'wsUrl',
) {
  await using server = await startFeedServer(script)
  const read = await readFeed({ PRODUCER_SOURCE: `${server[address]}/feed?token=s3cret`, ...env }, until)
  return { ...read, requests: server.requests, received: server.received, host: server.wsUrl.slice(5) }
}

test('a WebSocket’s messages are mapped, element by element of their list', async () => {
  const trades = [
    { s: 'AAPL', p: '100.5', v: 2, t: 1_795_683_600_123, id: 1 },
    { s: 'AAPL', p: 101, v: 0, t: 1_795_683_601, id: 2 },
  ]
  const read = await run(
    {
      onText: (_, socket) => {
        for (const data of [trades, trades]) socket.send(JSON.stringify({ type: 'trade', data }))
        socket.send(Buffer.from(JSON.stringify({ data: [{ s: 'MSFT', p: 1, v: 1, t: 'yesterday', id: 3 }] })))
        socket.send('{"type":"ping"}')
        socket.send('no json')
      },
    },
    ({ skipped }) => skipped.length === 3,
    { PRODUCER_MAP, PRODUCER_SUBSCRIBE: '{"type":"subscribe"}' },
  )
  expect(read.received).toEqual(['{"type":"subscribe"}'])
  expect(read.ticks).toMatchObject([
    { index: 'AAPL', date: '2026-11-26', open: 100.5, close: 100.5, volume: 2, source: read.host },
    { close: 101, traded_at: '2026-11-26 09:00:01.000' },
  ])
  expect(read.ticks[0]!.traded_at).toBe('2026-11-26 09:00:00.123')
  expect(read.duplicates).toBe(2)
  expect(read.skipped.map(({ reason }) => reason).sort()).toEqual(['missing_field', 'no_tick', 'not_json'])
  // The address may have a key in it.
  expect(read.skipped[0]!.file).not.toContain('s3cret')
})

test('a WebSocket without a map gives ticks by the contract’s names or aliases; a reconnect reports the gap', async () => {
  const { index, close, ...rest } = tick(2)
  const read = await run(
    {
      onSocket(socket, connection) {
        if (connection > 0) return socket.send(JSON.stringify([tick(3), tick(4)]))
        socket.send(JSON.stringify({ ...rest, Symbol: index, Close: String(close) }), () =>
          socket.close(1012),
        )
      },
    },
    count(3),
  )
  expect(closes(read)).toEqual([2, 3, 4])
  expect(read.gaps).toMatchObject([{ missed: undefined, filled: 0 }])
})

test('a key goes to the server as a bearer token, from a file', async () => {
  const file = join(dir, 'key')
  writeFileSync(file, 's3cret\n')
  const seen: unknown[] = []
  const script: FeedServerScript = {
    onSocket(socket, _, request) {
      seen.push(request.headers.authorization)
      socket.send(JSON.stringify(tick(1)))
    },
  }
  await run(script, count(1), { PRODUCER_FEED_KEY_FILE: file })
  expect(seen).toEqual(['Bearer s3cret'])
  await expect(run({ refuse: () => '401 Unauthorized' }, count(1))).rejects.toMatchObject({
    ...{ code: 'FEED_REFUSED', why: 'HTTP 401: Unauthorized' },
  })
})

test('a busy WebSocket is asked again after its Retry-After', async () => {
  const begun = performance.now()
  const read = await run(
    {
      refuse: (attempt) => (attempt === 0 ? '429 Too Many Requests\r\nRetry-After: 1' : undefined),
      onSocket: (socket) => socket.send(JSON.stringify(tick(1))),
    },
    count(1),
  )
  expect(read.failures).toEqual(['HTTP 429: Too Many Requests'])
  expect(performance.now() - begun).toBeGreaterThan(990)
})

const event = (id: number, end = '\n\n') => `: comment\r\nid: ${id}\ndata: ${JSON.stringify(tick(id))}${end}`

test('server-sent events continue after the last one when the connection was lost', async () => {
  const lastIds: unknown[] = []
  const read = await run(
    {
      onRequest(_, response, request) {
        lastIds.push(request.headers['last-event-id'])
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        if (lastIds.length > 1) return response.write(event(2) + event(3))
        // Split within an event, and within a character.
        response.write(event(1) + event(2).slice(0, 7))
        response.write(`${event(2).slice(7)}id: 3\ndata: {"ind`, () => response.destroy())
      },
    },
    count(3),
    {},
    'httpUrl',
  )
  expect(closes(read)).toEqual([1, 2, 3])
  expect(lastIds).toEqual([undefined, '2'])
  expect([read.duplicates, read.gaps]).toEqual([1, []])
})

const lines = (...ids: number[]) => ids.map((id) => `${JSON.stringify(tick(id))}\n`).join('')

test('JSON lines end with the answer; a file that is cut off is resumed', async () => {
  let requests = 0
  const text = lines(1, 2, 3, 4)
  const read = await run(
    {
      onRequest(_, response) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
        if (requests++ > 0) return response.end(text)
        response.write(text.slice(0, text.length / 2 + 9), () => setTimeout(() => response.destroy(), 20))
      },
    },
    () => false,
    {},
    'httpUrl',
  )
  expect(closes(read)).toEqual([1, 2, 3, 4])
  expect(read.gaps).toEqual([])
})

test('a stream of JSON lines that is silent or cut off is reopened, and the gap is reported', async () => {
  let requests = 0
  const read = await run(
    {
      onRequest(_, response) {
        requests++
        if (requests === 2) return response.writeHead(503, { 'retry-after': '0' }).end()
        response.writeHead(200, { 'content-type': 'application/x-ndjson' })
        response.write(lines(requests))
      },
    },
    count(2),
    { PRODUCER_FEED_SILENCE_MS: '100' },
    'httpUrl',
  )
  expect(closes(read)).toEqual([1, 3])
  expect(read.failures).toEqual(['the server was silent for 100 ms', 'HTTP 503'])
  expect(read.gaps).toHaveLength(1)
})

test('a web page is refused, and so is an address that does not exist', async () => {
  const page: FeedServerScript = {
    onRequest: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in'),
  }
  await expect(run(page, count(1), {}, 'httpUrl')).rejects.toMatchObject({
    why: 'it answers with a web page',
  })
  await expect(run({}, count(1), {}, 'httpUrl')).rejects.toMatchObject({ why: 'HTTP 404' })
})
