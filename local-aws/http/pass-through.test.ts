import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { makeEvents } from '../events.ts'
import { browserHeaders } from './browser-headers.ts'
import { type LocalAwsServer, startServer } from './server.ts'

const headers = signedAs('s3')
const authorization = `Authorization: ${headers.authorization}`

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let upstream: Server | undefined
let server: LocalAwsServer | undefined

async function through(handler: Handler): Promise<URL> {
  upstream = createServer(handler)
  await new Promise<void>((resolve) => upstream!.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  return frontOf(new URL(`http://127.0.0.1:${port}`))
}

async function frontOf(s3Endpoint: URL): Promise<URL> {
  const registry = makeRegistry('test')
  server = await startServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      allowedHosts: ['s3.example'],
      s3Endpoint,
      trinoUrl: new URL('http://127.0.0.1:1'),
      secret: undefined,
      dataDir: tmpdir(),
    },
    events: makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), registry),
    registry,
    services: {},
  })
  return new URL(server.url)
}

afterEach(async () => {
  await server?.[Symbol.asyncDispose]()
  upstream?.closeAllConnections()
  await new Promise((resolve) => (upstream ? upstream.close(resolve) : resolve(undefined)))
  server = upstream = undefined
})

/** Sends text unchanged over a socket, and returns everything that comes back until the other side closes it. */
async function raw(url: URL, text: string, isEnough: (answer: string) => boolean): Promise<string> {
  const socket = connect(Number(url.port), url.hostname)
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) {
    answer += chunk
    if (isEnough(answer)) break
  }
  socket.destroy()
  return answer
}

describe('what an operator asks', () => {
  test('livez, readyz and metrics lie below /_ticklake/, and a bucket called metrics is a bucket', async () => {
    const url = await through((_, response) => response.end('an object'))
    const ask = async (path: string) => {
      const answer = await fetch(new URL(path, url), { headers })
      return [answer.status, await answer.text()] as const
    }
    expect(await ask('/_ticklake/livez')).toEqual([200, 'ok\n'])
    const [status, why] = await ask('/_ticklake/readyz')
    expect(status).toBe(503)
    expect(why).toMatch(/^Trino at http:\/\/127\.0\.0\.1:1 does not answer: /)
    expect(await ask('/metrics')).toEqual([200, 'an object'])
    expect((await ask('/_ticklake/metrics'))[1]).toContain(
      'ticklake_local_aws_requests_total{aws_service="s3",status="200",service="test"} 1',
    )
  })
})

describe('what the upstream sees', () => {
  test('the raw target, the Host and every signed header arrive as the client wrote them', async () => {
    let seen: { url: string; headers: string[] } | undefined
    const url = await through((incoming, response) => {
      seen = { url: incoming.url!, headers: incoming.rawHeaders }
      response.end()
    })
    await raw(
      url,
      'GET /bucket/a%20b%2Fc//../x+y?list-type=2&prefix=%C3%BC HTTP/1.1\r\nHost: bucket.s3.example:99\r\n' +
        `X-AMZ-Date: 20260101T000000Z\r\n${authorization}\r\nConnection: close\r\n\r\n`,
      () => false,
    )
    expect(seen!.url).toBe('/bucket/a%20b%2Fc//../x+y?list-type=2&prefix=%C3%BC')
    expect(seen!.headers.slice(0, 6)).toEqual([
      'Host',
      'bucket.s3.example:99',
      'X-AMZ-Date',
      '20260101T000000Z',
      'Authorization',
      headers.authorization,
    ])
  })

  test('Expect: 100-continue is answered here and not sent on', async () => {
    let expectHeader: string | undefined = 'not called'
    let body = ''
    const url = await through(async (incoming, response) => {
      expectHeader = incoming.headers.expect
      for await (const chunk of incoming) body += chunk
      response.end('done')
    })
    const outgoing = request(new URL('/bucket/k', url), {
      method: 'PUT',
      headers: { ...headers, expect: '100-continue', 'content-length': '5' },
    })
    outgoing.flushHeaders()
    await new Promise((resolve) => outgoing.once('continue', resolve))
    outgoing.end('hello')
    await new Promise((resolve) => outgoing.once('response', resolve))
    expect(expectHeader).toBeUndefined()
    expect(body).toBe('hello')
  })

  test('an aws-chunked body of the real S3 client keeps its framing and trailer', async () => {
    let body: Buffer = Buffer.alloc(0)
    let seen: IncomingMessage['headers'] = {}
    const url = await through(async (incoming, response) => {
      seen = incoming.headers
      body = await buffer(incoming)
      response.end()
    })
    const content = randomBytes(6 * 1024 * 1024)
    await s3(url).send(
      new PutObjectCommand({
        Bucket: 'bucket',
        Key: 'k',
        Body: Readable.from(chunksOf(content)),
        ContentLength: content.length,
      }),
    )
    expect(seen['content-encoding']).toBe('aws-chunked')
    expect(seen.expect).toBeUndefined()
    expect(body.subarray(-80).toString('latin1')).toMatch(/\r\n0\r\nx-amz-checksum-crc32:.+\r\n\r\n$/)
    expect(body.length).toBeGreaterThan(content.length)
  })

  test('a PUT without a body arrives with length 0, not as an endless one', async () => {
    let seen: IncomingMessage['headers'] = {}
    const url = await through((incoming, response) => {
      seen = incoming.headers
      response.end()
    })
    const head = `PUT /bucket HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\nConnection: close\r\n\r\n`
    await raw(url, head, () => false)
    expect(seen['content-length']).toBe('0')
    expect(seen['transfer-encoding']).toBeUndefined()
  })
})

describe('what the client sees', () => {
  test('status, header case and repeated headers come back as the upstream wrote them', async () => {
    const url = await through((_incoming, response) => {
      response.sendDate = false
      response.writeHead(206, 'Partial', [
        'X-Odd-CASE',
        '1',
        'Set-Cookie',
        'a',
        'Set-Cookie',
        'b',
        'Content-Length',
        '2',
      ])
      response.end('ok')
    })
    const head = `GET / HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\nConnection: close\r\n\r\n`
    const answer = await raw(url, head, () => false)
    expect(answer).toMatch(/^HTTP\/1\.1 206 Partial\r\nX-Odd-CASE: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n/)
    expect(answer).not.toMatch(/^Date:/m)
  })

  test('HEAD keeps the length of the object and has no body', async () => {
    const url = await through((_incoming, response) => {
      response.writeHead(200, { 'content-length': '12345' }).end()
    })
    const response = await fetch(new URL('/bucket/k', url), { method: 'HEAD', headers })
    expect(response.headers.get('content-length')).toBe('12345')
  })

  test('an object cut by the upstream is an error for the client, never a short success', async () => {
    const url = await through((_incoming, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    })
    const get = s3(url)
      .send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }))
      .then((answer) => answer.Body!.transformToString())
    await expect(get).rejects.toThrow()
  })

  test('an early refusal of an upload reaches the client', async () => {
    const url = await through((_incoming, response) => {
      response.writeHead(412, { 'content-length': '2' }).end('no')
    })
    const response = await fetch(new URL('/bucket/k', url), {
      method: 'PUT',
      headers,
      body: randomBytes(4_000_000),
    })
    expect([response.status, await response.text()]).toEqual([412, 'no'])
  })

  test('an upstream that is away answers 503 as S3 does, also in the middle of an upload', async () => {
    const url = await frontOf(new URL('http://127.0.0.1:1'))
    const get = await fetch(new URL('/bucket/k', url), { headers })
    expect(get.status).toBe(503)
    expect(await get.text()).toContain('<Code>ServiceUnavailable</Code>')
    expect(Object.fromEntries(get.headers)).toMatchObject(browserHeaders)
    const put = await fetch(new URL('/bucket/k', url), {
      method: 'PUT',
      headers,
      body: randomBytes(4_000_000),
    })
    expect(put.status).toBe(503)
    await put.arrayBuffer()
    const json = await fetch(url, {
      method: 'POST',
      headers: { ...signedAs('ssm'), 'x-amz-target': 'AmazonSSM.GetParameter' },
      body: '{}',
    })
    expect(await json.json()).toMatchObject({ __type: 'ServiceUnavailableException' })
  })
})

describe('aborts', () => {
  test('a client that goes away in a download ends the upstream request', async () => {
    const ended = Promise.withResolvers<void>()
    const url = await through((_incoming, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(65_536)), 5)
      response.on('close', () => {
        clearInterval(timer)
        ended.resolve()
      })
    })
    const controller = new AbortController()
    const response = await fetch(new URL('/bucket/k', url), { headers, signal: controller.signal })
    await response.body!.getReader().read()
    controller.abort()
    await ended.promise
  })

  test('a client that goes away in an upload, or before the answer, ends the upstream request', async () => {
    let ended = Promise.withResolvers<void>()
    let started = Promise.withResolvers<void>()
    const url = await through((incoming, response) => {
      started.resolve()
      incoming.on('error', () => {}).resume()
      response.on('close', () => ended.resolve())
    })
    const at = new URL('/bucket/k', url)
    const upload = request(at, { method: 'PUT', headers: { ...headers, 'content-length': '1000000' } })
    upload.on('error', () => {})
    upload.write(Buffer.alloc(1000))
    await started.promise
    upload.destroy()
    await ended.promise

    ended = Promise.withResolvers()
    started = Promise.withResolvers()
    const waiting = request(at, { headers }).on('error', () => {})
    waiting.end()
    await started.promise
    waiting.destroy()
    await ended.promise
  })
})

describe('load', () => {
  test('a download that nobody reads is not pulled into memory', async () => {
    let sent = 0
    const url = await through((_incoming, response) => {
      const block = Buffer.alloc(1024 * 1024)
      const more = () => {
        while (sent < 512 && response.write(block)) sent++
      }
      response.on('drain', more)
      more()
    })
    const response = await fetch(new URL('/bucket/k', url), { headers })
    await delay(500)
    expect(sent).toBeLessThan(64)
    await response.body!.cancel()
  })

  test('many parallel uploads keep their bytes', async () => {
    const seen = new Map<string, string>()
    const url = await through(async (incoming, response) => {
      const hash = createHash('md5')
      for await (const chunk of incoming) hash.update(chunk)
      seen.set(incoming.url!, hash.digest('hex'))
      response.end()
    })
    const bodies = Array.from({ length: 100 }, (_, i) => randomBytes(1 + i * 997))
    await Promise.all(
      bodies.map((body, i) => fetch(new URL(`/bucket/${i}`, url), { method: 'PUT', headers, body })),
    )
    bodies.forEach((body, i) => {
      expect(seen.get(`/bucket/${i}`)).toBe(createHash('md5').update(body).digest('hex'))
    })
  })

  test('a connection that the upstream closed while idle breaks no request', async () => {
    const url = await through((_incoming, response) => response.end('ok'))
    upstream!.keepAliveTimeout = 50
    for (let round = 0; round < 5; round++) {
      expect((await fetch(new URL('/bucket/k', url), { method: 'PUT', headers, body: 'x' })).status).toBe(200)
      await delay(40 + round * 15)
    }
  })
})

function s3(endpoint: URL): S3Client {
  return new S3Client({
    endpoint: endpoint.href,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
}

function* chunksOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536)
}
