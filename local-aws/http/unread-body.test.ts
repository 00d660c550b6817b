// A request that is refused before it was read completely must not leave its connection in the middle of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAthena } from '../athena/api/service.ts'
import { localAwsConfig } from '../config.ts'
import { makeEvents } from '../events.ts'
import { type GlueService, openGlue } from '../glue/api/service.ts'
import { type LocalAwsServer, startServer } from './server.ts'

/** An S3 server that refuses each PUT before it has read the body, and reads no more of it. */
const refusing = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.on('data', (data) => {
    const isPut = data.toString('latin1', 0, 4) === 'PUT '
    socket.write(`HTTP/1.1 ${isPut ? '412 No' : '200 OK'}\r\nContent-Length: 5\r\n\r\nthere`)
    if (isPut) socket.pause()
  })
})
const dataDir = mkdtempSync(join(tmpdir(), 'unread-body-'))
let glue: GlueService
let athena: AsyncDisposable
let server: LocalAwsServer

beforeAll(async () => {
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const s3Endpoint = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`
  const config = localAwsConfig({ LOCAL_AWS_S3_ENDPOINT: s3Endpoint, LOCAL_AWS_DATA_DIR: dataDir })
  const registry = makeRegistry('test')
  const events = makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), registry)
  glue = await openGlue({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint })
  const service = openAthena({ config, glue, events })
  athena = service
  server = await startServer({
    config: { ...config, host: '127.0.0.1', port: 0 },
    events,
    registry,
    services: { AmazonAthena: service, AWSGlue: glue },
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await athena[Symbol.asyncDispose]()
  await glue.close()
  refusing.close()
  rmSync(dataDir, { recursive: true })
})

/** One connection for all requests. */
function client() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (method: string, path: string, headers: Record<string, string>, body: string | Buffer) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const asked = request(`${server.url}${path}`, { agent, method, headers, timeout: 5_000 }, (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode!, text }))
      })
      asked.on('timeout', () => asked.destroy(new Error('no answer within 5 s')))
      asked.on('error', reject)
      asked.end(body)
    })
  const call = (target: string, body: string) =>
    ask(
      'POST',
      '/',
      {
        ...signedAs(target.startsWith('AmazonAthena.') ? 'athena' : 'glue'),
        'x-amz-target': target,
        'content-length': String(Buffer.byteLength(body)),
      },
      body,
    )
  return { ask, call, [Symbol.dispose]: () => agent.destroy() }
}

describe('a body that is too large', () => {
  test.each([
    ['AmazonAthena.ListWorkGroups', 5],
    ['AWSGlue.GetDatabases', 17],
  ])('of %s is refused, and three requests after it are answered', async (target, megabytes) => {
    using one = client()
    const tooLarge = `{"a":"${'x'.repeat(megabytes * 1024 * 1024)}"}`
    const refused = await one.call(target, tooLarge)
    expect(refused.status).toBe(413)
    expect(JSON.parse(refused.text).__type).toBe('RequestEntityTooLargeException')
    for (let i = 0; i < 3; i++) expect((await one.call(target, '{}')).status).toBe(200)
  })

  test('that never ends gets its answer, and its connection is closed', async () => {
    const { port } = new URL(server.url)
    const socket = connect(Number(port), '127.0.0.1')
    let answer = ''
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write(
      `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${signedAs('glue').authorization}\r\nX-Amz-Target: AWSGlue.GetDatabases\r\nContent-Length: 99999999999\r\n\r\n{`,
    )
    await closed
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  }, 15_000)
})

test.each(['AmazonAthena.ListWorkGroups', 'AWSGlue.GetDatabases'])(
  'a body of 100,000 levels for %s is a SerializationException, as is one that is no object',
  async (target) => {
    using one = client()
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    for (const body of [
      deep,
      '['.repeat(100_000),
      '{"a":'.repeat(200_000),
      '[]',
      'null',
      '7',
      '"x"',
      '{"a":',
    ]) {
      const { status, text } = await one.call(target, body)
      expect([status, JSON.parse(text).__type]).toEqual([400, 'SerializationException'])
    }
    const inText = JSON.stringify({ MaxResults: 1, Other: '['.repeat(100_000) })
    expect((await one.call(target, inText)).status).toBe(200)
  },
)

test('an upload that S3 refuses before it has read it leaves the connection to the next request', async () => {
  using one = client()
  for (let i = 0; i < 3; i++) {
    const body = Buffer.alloc(8 * 1024 * 1024)
    const refused = await one.ask(
      'PUT',
      '/lake/key',
      { ...signedAs('s3'), 'content-length': String(body.length) },
      body,
    )
    expect(refused.status).toBe(412)
    expect(await one.ask('GET', '/lake/key', signedAs('s3'), '')).toEqual({ status: 200, text: 'there' })
  }
}, 30_000)

test('a service or an operation that only JavaScript knows is unknown', async () => {
  using one = client()
  for (const target of ['AWSGlue.toString', 'AmazonAthena.constructor', 'AWSGlue.__proto__']) {
    const { status, text } = await one.call(target, '{}')
    expect([status, JSON.parse(text).__type]).toEqual([400, 'UnknownOperationException'])
  }
  for (const target of ['constructor.name', '__proto__.handle']) {
    // A target that no service has: the guard refuses it.
    const { status, text } = await one.call(target, '{}')
    expect([status, JSON.parse(text).__type]).toEqual([403, 'AccessDeniedException'])
  }
})
