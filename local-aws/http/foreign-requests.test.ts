// What the endpoint does with requests that are not admitted: they reach neither a service nor the S3 server, and each
// client reads the refusal as an error of its own protocol.
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { AthenaClient, ListQueryExecutionsCommand } from '@aws-sdk/client-athena'
import { GetDatabasesCommand, GlueClient } from '@aws-sdk/client-glue'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeEvents } from '../events.ts'
import { type LocalAwsServer, startServer } from './server.ts'

const registry = makeRegistry('test')
const logged: string[] = []
/** The requests that got through, to the S3 server or to one of our services. */
let reached: string[] = []
let seen: IncomingMessage['headers'] = {}
let upstream: Server
let server: LocalAwsServer

beforeAll(async () => {
  upstream = createServer((incoming, response) => {
    reached.push(`${incoming.method} ${incoming.url}`)
    seen = incoming.headers
    incoming.resume()
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('access-control-expose-headers', '*')
    response.end('from the S3 server')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => upstream.once('listening', resolve))
  const behind = new URL(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)
  const service = {
    mostBytes: 1024,
    handleText: async (operation: string) => {
      reached.push(operation)
      return { status: 200, text: '{}' }
    },
  }
  server = await startServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      allowedHosts: undefined,
      s3Endpoint: behind,
      trinoUrl: behind,
      secret: undefined,
      dataDir: tmpdir(),
    },
    events: makeEvents(makeLogger('test', {}, { write: (line) => void logged.push(line) }), registry),
    registry,
    services: { AmazonAthena: service, AWSGlue: service },
    icebergRest: {
      mostBytes: 1024,
      answer: async ({ host }) => ({
        status: 200,
        text: JSON.stringify({ 's3.endpoint': `http://${host}` }),
      }),
    },
  })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

beforeEach(() => {
  reached = []
})

interface Ask {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

async function ask({ method = 'GET', path = '/lake/k', headers = {}, body }: Ask) {
  const url = new URL(server.url)
  const asking = request({ host: url.hostname, port: url.port, method, path, headers })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject)
  })
  asking.end(body)
  const got = await answer
  return { status: got.statusCode, headers: got.headers, text: await text(got) }
}

const json = { 'content-type': 'application/x-amz-json-1.1' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const glue = { ...json, 'x-amz-target': 'AWSGlue.GetDatabases' }

test.each<[string, Ask, number, RegExp]>([
  [
    'Glue',
    { method: 'POST', path: '/', headers: glue, body: '{}' },
    403,
    /"__type":"MissingAuthenticationTokenException"/,
  ],
  [
    'a form',
    { method: 'POST', path: '/', headers: form, body: 'Action=CreateStack' },
    403,
    /<ErrorResponse><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken</,
  ],
  ['S3', {}, 403, /^<\?xml.*\n<Error><Code>AccessDenied<\/Code><Message>The request is not signed/],
  ['an upload', { method: 'PUT', body: 'x'.repeat(1_000_000) }, 403, /AccessDenied/],
  [
    'a foreign name',
    { headers: { ...signedAs('s3'), host: 'rebound.example:4566' } },
    421,
    /<Code>AccessDenied<.*LOCAL_AWS_ALLOWED_HOSTS/,
  ],
  [
    'a foreign page',
    { headers: { ...signedAs('s3'), origin: 'http://evil.example' } },
    403,
    /Origin header is &quot;http:\/\/evil.example/,
  ],
  [
    'a page of this machine',
    { headers: { ...signedAs('s3'), 'sec-fetch-site': 'same-site' } },
    403,
    /same-site/,
  ],
  [
    'an image',
    { path: '/?Action=CreateStack', headers: { 'sec-fetch-site': 'cross-site' } },
    403,
    /cross-site/,
  ],
  [
    'EC2 with half a signature',
    { method: 'POST', path: '/', headers: { ...form, authorization: 'AWS4-HMAC-SHA256 x' } },
    400,
    /<Code>IncompleteSignature</,
  ],
  [
    'Lambda',
    {
      method: 'POST',
      path: '/2015-03-31/functions',
      headers: { 'content-type': 'application/json', ...signedAs('lambda') },
      body: '{}',
    },
    403,
    /"AccessDeniedException".*lambda is not offered/,
  ],
  [
    'an admin page',
    { method: 'POST', path: '/_ministack/reset', headers: signedAs('s3') },
    403,
    /AccessDenied/,
  ],
  [
    'a preflight',
    { method: 'OPTIONS', headers: { origin: 'http://evil.example', 'access-control-request-method': 'PUT' } },
    403,
    /AccessDenied/,
  ],
  ['a signed OPTIONS', { method: 'OPTIONS', headers: signedAs('s3') }, 405, /MethodNotAllowed/],
  ['health, asked by a page', { path: '/_ticklake/metrics', headers: { origin: 'null' } }, 403, /Origin/],
  [
    'health, by a foreign name',
    { path: '/_ticklake/health', headers: { host: 'rebound.example' } },
    421,
    /Host/,
  ],
])('%s is refused, nothing is reached, and no header of CORS comes back', async (_, asked, status, body) => {
  const answer = await ask(asked)
  expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(body)])
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  expect(reached).toEqual([])
})

test('a refused HEAD has no body', async () => {
  expect(await ask({ method: 'HEAD' })).toMatchObject({ status: 403, text: '' })
})

test('the connection of a refused upload is good for the next request', async () => {
  const url = new URL(server.url)
  const socket = connect(Number(url.port), url.hostname)
  const upload = `PUT /lake/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`
  socket.write(`${upload}GET /_ticklake/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 [\s\S]*HTTP\/1\.1 200 OK[\s\S]*\r\nok\n/)
})

/** Everything that the server sends in answer to these lines until it closes the connection. */
async function raw(...lines: string[]): Promise<string> {
  const url = new URL(server.url)
  const socket = connect(Number(url.port), url.hostname).on('error', () => {})
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)
  return text(socket).catch(() => '')
}

const authorization = `Authorization: ${signedAs('s3').authorization}`

test.each<[string, string[], RegExp]>([
  [
    'two Host headers',
    ['GET /lake/k HTTP/1.1', 'Host: localhost', 'Host: evil.example', authorization],
    /^HTTP\/1\.1 4(00|21)/,
  ],
  ['no Host', ['GET /lake/k HTTP/1.1', authorization], /^HTTP\/1\.1 400/],
  ['no Host in HTTP/1.0', ['GET /lake/k HTTP/1.0', authorization], /^HTTP\/1\.1 421/],
  [
    'a proxy’s target',
    ['GET http://evil.example/lake/k HTTP/1.1', 'Host: localhost', authorization],
    /^HTTP\/1\.1 400/,
  ],
  ['CONNECT', ['CONNECT localhost:4567 HTTP/1.1', 'Host: localhost', authorization], /^$/],
  ['OPTIONS *', ['OPTIONS * HTTP/1.1', 'Host: localhost', authorization], /^HTTP\/1\.1 400/],
  [
    'a WebSocket',
    [
      'GET /_aws/execute-api/x/y HTTP/1.1',
      'Host: localhost',
      'Origin: http://evil.example',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version: 13',
    ],
    /^HTTP\/1\.1 403/,
  ],
  [
    'a WebSocket of no page',
    ['GET /_aws/execute-api/x/y HTTP/1.1', 'Host: localhost', 'Upgrade: websocket', authorization],
    /^HTTP\/1\.1 403/,
  ],
  [
    'a body that is announced',
    ['PUT /lake/k HTTP/1.1', 'Host: localhost', 'Expect: 100-continue', 'Content-Length: 5'],
    /^HTTP\/1\.1 403/,
  ],
])('%s is refused', async (_, lines, answer) => {
  expect(await raw(...lines)).toMatch(answer)
  expect(reached).toEqual([])
})

test('refusals are counted by reason, and logged once a minute', async () => {
  const { values } = await registry.getSingleMetric('ticklake_local_aws_refused_total')!.get()
  const reasons = values.map(({ labels }) => labels.reason).sort()
  expect(reasons).toEqual(
    ['host', 'method', 'origin', 'path', 'service', 'signature', 'target', 'unsigned'].sort(),
  )
  expect(logged.filter((line) => line.includes('"reason":"unsigned"'))).toHaveLength(1)
})

test('what is let in has none of the S3 server’s headers of CORS, and can be no page with scripts', async () => {
  const answer = await ask({ headers: signedAs('s3') })
  expect(answer).toMatchObject({ status: 200, text: 'from the S3 server' })
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  expect(answer.headers).toMatchObject({
    'content-security-policy': 'sandbox',
    'cross-origin-resource-policy': 'same-origin',
  })
})

const settings = () => ({
  endpoint: server.url,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

test('the SDK’s clients are let in, also where the bucket or the service stands in front of the name', async () => {
  const s3 = new S3Client({ ...settings(), forcePathStyle: true })
  await s3.send(new PutObjectCommand({ Bucket: 'lake', Key: 'a b/c', Body: 'x' }))
  await s3.send(new HeadObjectCommand({ Bucket: 'lake', Key: 'a b/c' }))
  await new AthenaClient(settings()).send(new ListQueryExecutionsCommand({}))
  await new GlueClient(settings()).send(new GetDatabasesCommand({}))
  const { port } = new URL(server.url)
  const virtual = await ask({ path: '/k', headers: { ...signedAs('s3'), host: `lake.localhost:${port}` } })
  expect(virtual.status).toBe(200)
  const host = `glue.us-east-1.localhost:${port}`
  const headers = { ...signedAs('glue'), 'x-amz-target': 'AWSGlue.GetTables' }
  const named = await ask({ method: 'POST', path: '/', headers: { ...headers, host } })
  expect(named.status).toBe(200)
  expect(reached).toEqual([
    'PUT /lake/a%20b/c?x-id=PutObject',
    'HEAD /lake/a%20b/c',
    'ListQueryExecutions',
    'GetDatabases',
    'GET /k',
    'GetTables',
  ])
})

test('at an address of Glue, tables lie at the server’s own name, where S3 is answered', async () => {
  const { port } = new URL(server.url)
  const headers = { ...signedAs('glue'), host: `glue.us-east-1.localhost:${port}` }
  const { text: table } = await ask({ path: '/iceberg/v1/config', headers })
  expect(JSON.parse(table)).toEqual({ 's3.endpoint': `http://localhost:${port}` })
})

test('an SDK’s client that is refused throws the error of the answer', async () => {
  const unsigned = { ...settings(), signer: { sign: async (asked: never) => asked } }
  const s3 = new S3Client({ ...unsigned, forcePathStyle: true })
  await expect(s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'k' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('any credentials do'),
  })
  await expect(new GlueClient(unsigned).send(new GetDatabasesCommand({}))).rejects.toMatchObject({
    name: 'MissingAuthenticationTokenException',
  })
  expect(reached).toEqual([])
})

test('a presigned URL is let in for GET and PUT, and is S3’s behind it', async () => {
  const query =
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request' +
    `&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=${'a'.repeat(64)}`
  expect((await ask({ path: `/lake/k?${query}` })).status).toBe(200)
  expect(seen.authorization).toContain('/us-east-1/s3/aws4_request')
  expect((await ask({ method: 'PUT', path: `/lake/k?${query}`, body: 'x' })).status).toBe(200)
  expect((await ask({ method: 'DELETE', path: `/lake/k?${query}` })).status).toBe(405)
  expect(reached).toHaveLength(2)
})
