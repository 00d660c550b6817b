// The three paths for operators, probes and Prometheus.
import { type OutgoingHttpHeaders, request } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { startHealthServer } from './health.ts'
import { makeRegistry } from './metrics.ts'

const options = {
  host: '127.0.0.1',
  port: 0,
  portVariable: 'PRODUCER_HEALTH_PORT',
  allowedHosts: ['producer'],
  allowedHostsVariable: 'PRODUCER_HEALTH_ALLOWED_HOSTS',
}

test('/livez and /readyz say ok, or 503 with the reason; /metrics is Prometheus’ text', async () => {
  let why: string | undefined = 'the broker is not found yet'
  await using server = await startHealthServer({
    ...options,
    registry: makeRegistry('producer'),
    whyNotReady: () => why,
  })
  const ask = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)
  expect((await ask('/livez')).status).toBe(200)
  const early = await ask('/readyz')
  expect([early.status, await early.text()]).toEqual([503, 'the broker is not found yet\n'])
  why = undefined
  expect((await ask('/readyz?verbose')).status).toBe(200)
  const metrics = await ask('/metrics')
  expect(metrics.headers.get('content-type')).toContain('version=0.0.4')
  const numbers = await metrics.text()
  for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) {
    expect(numbers).toMatch(new RegExp(`^${name}\\{service="producer"\\} \\d`, 'm'))
  }
  expect((await ask('/')).status).toBe(404)
  expect((await ask('//')).status).toBe(404)
})

test('the connection stays open while a scraper pauses for a minute', async () => {
  await using server = await startHealthServer({
    ...options,
    registry: makeRegistry('producer'),
    whyNotReady: () => undefined,
  })
  const answer = await fetch(`http://127.0.0.1:${server.port}/livez`)
  const [, seconds] = /^timeout=(\d+)$/.exec(answer.headers.get('keep-alive')!)!
  expect(Number(seconds)).toBeGreaterThan(60)
})

test('a port that is taken is an error that names the variable', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  await expect(
    startHealthServer({ ...options, port, registry: makeRegistry('x'), whyNotReady: () => undefined }),
  ).rejects.toMatchObject({
    code: 'HEALTH_PORT_TAKEN',
    message: `the health endpoint cannot listen on 127.0.0.1:${port}; nothing was started`,
    remedy: 'stop what listens there, or set PRODUCER_HEALTH_PORT (0 picks a free port)',
  })
  other.close()
})

test('a web page of another site, or a foreign name that resolves to this machine, gets no metrics', async () => {
  await using server = await startHealthServer({
    ...options,
    registry: makeRegistry('producer'),
    whyNotReady: () => undefined,
  })
  const ask = (headers: OutgoingHttpHeaders) =>
    new Promise<string>((resolve, reject) => {
      const asking = request(
        { port: server.port, host: '127.0.0.1', path: '/metrics', headers },
        (answer) => {
          text(answer).then((body) => resolve(`${answer.statusCode} ${body.slice(0, 22)}`), reject)
        },
      )
      asking.on('error', reject).end()
    })
  expect(await ask({})).toMatch(/^200 # HELP/)
  expect(await ask({ host: 'producer:9101' })).toMatch(/^200 # HELP/)
  expect(await ask({ host: 'rebound.example:9101' })).toBe('421 error HOST_REFUSED: th')
  expect(await ask({ origin: 'http://evil.example' })).toBe('403 error ORIGIN_REFUSED: ')
  expect(await ask({ 'sec-fetch-site': 'cross-site' })).toBe('403 error ORIGIN_REFUSED: ')
  expect(await ask({ 'sec-fetch-site': 'same-site' })).toBe('403 error ORIGIN_REFUSED: ')
})

test('a server that listens on every address answers for the address of the connection, and for no other', async () => {
  await using server = await startHealthServer({
    ...options,
    host: '0.0.0.0',
    registry: makeRegistry('producer'),
    whyNotReady: () => undefined,
  })
  const statusFor = (host: string) =>
    new Promise<number>((resolve, reject) => {
      request({ port: server.port, host: '127.0.0.2', path: '/livez', headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode!)
      })
        .on('error', reject)
        .end()
    })
  expect(await statusFor(`127.0.0.2:${server.port}`)).toBe(200)
  expect(await statusFor('127.0.0.3')).toBe(421)
})
