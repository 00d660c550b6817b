// The secret of a start on its way from the file to the two servers that require it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { afterEach, expect, test } from 'vitest'
import { cancel, nextPage, submit } from '../athena/engine/trino.ts'
import { localAwsConfig } from '../config.ts'
import { makeEvents } from '../events.ts'
import { openPassThrough } from './pass-through.ts'

const secret = '0123456789abcdef'.repeat(4)
const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each[Symbol.asyncDispose]()
})

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<URL> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(server)
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

test('the S3 server gets the secret, and never what a client sends under its name', async () => {
  const received: unknown[] = []
  const upstream = await serve((request, response) => {
    received.push(request.headers['x-ticklake-secret'])
    response.end()
  })
  const events = makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), makeRegistry('test'))
  for (const known of [secret, undefined]) {
    using through = openPassThrough(upstream, events, known)
    const front = await serve((request, response) =>
      through.handle(request, response, {
        service: 's3',
        accessKey: 'test',
        target: undefined,
        authorization: undefined,
      }),
    )
    await fetch(front, { headers: { 'X-TickLake-Secret': 'guessed' } })
  }
  expect(received).toEqual([secret, undefined])
})

test('Trino gets a token with every request, at the address that is configured, whatever it calls itself', async () => {
  const received: string[] = []
  const url = await serve((request, response) => {
    const { authorization, 'x-forwarded-proto': proto } = request.headers
    received.push([request.method, request.url, proto, authorization].join(' '))
    response.end(JSON.stringify({ id: '1', nextUri: 'https://elsewhere.example/v1/next/1', stats: {} }))
  })
  const engine = { url, secret }
  const { signal } = new AbortController()
  const { nextUri } = await submit(engine, 'SELECT 1', { catalog: 'c', schema: 's' }, signal)
  await nextPage(engine, nextUri!, signal)
  await cancel(engine, nextUri!)
  // Computed independently: HS256 with the 48 bytes that the secret is in Base64.
  const token =
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdGhlbmEifQ.FoFU3ZHiYnKOsbLFLFljxQfhY1p0S9p1Qv5wqDkYs2o'
  expect(received).toEqual([
    `POST /v1/statement https Bearer ${token}`,
    `GET /v1/next/1?targetResultSize=2MB https Bearer ${token}`,
    `DELETE /v1/next/1 https Bearer ${token}`,
  ])
})

test('a secret file that is missing or holds something else stops the start, and shows nothing of it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-secret-'))
  const file = join(dir, 'secret')
  const config = () => localAwsConfig({ LOCAL_AWS_SECRET_FILE: file })
  try {
    expect(config).toThrow(/the file that LOCAL_AWS_SECRET_FILE names cannot be read/)
    writeFileSync(file, 'hunter2')
    expect(config).toThrow(/^(?!.*hunter2).*LOCAL_AWS_SECRET_FILE names holds no secret/)
    writeFileSync(file, `${secret}\n`)
    expect(config().secret).toBe(secret)
    expect(localAwsConfig({}).secret).toBeUndefined()
  } finally {
    rmSync(dir, { recursive: true })
  }
})
