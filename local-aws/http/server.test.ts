// How the endpoint handles an operation that fails, and a connection with too many requests at once.
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { expect, test } from 'vitest'
import { makeEvents } from '../events.ts'
import { openGlue } from '../glue/api/service.ts'
import { startServer } from './server.ts'

test('an operation of the Data Catalog that breaks is logged, and answered with 500', async () => {
  const nobody = new URL('http://127.0.0.1:1')
  const dataDir = mkdtempSync(join(tmpdir(), 'server-'))
  const glue = await openGlue({
    dataDir,
    accountId: '000000000000',
    region: 'us-east-1',
    s3Endpoint: nobody.origin,
  })
  const lines: string[] = []
  const registry = makeRegistry('test')
  await using server = await startServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      allowedHosts: undefined,
      s3Endpoint: nobody,
      trinoUrl: nobody,
      secret: undefined,
      dataDir,
    },
    events: makeEvents(makeLogger('test', {}, { write: (line) => void lines.push(line) }), registry),
    registry,
    services: { AWSGlue: glue },
  })
  const ask = () =>
    fetch(server.url, {
      method: 'POST',
      headers: { ...signedAs('glue'), 'x-amz-target': 'AWSGlue.GetDatabases' },
      body: '{}',
    })
  expect((await ask()).status).toBe(200)
  expect(lines.join('')).not.toContain('unhandled error in operation')
  await glue.close()
  const answer = await ask()
  expect([answer.status, await answer.json()]).toEqual([
    500,
    { __type: 'InternalServiceException', Message: expect.stringContaining('Catalog is closed') },
  ])
  expect(lines.join('')).toMatch(
    /AWSGlue\.GetDatabases.*the Data Catalog is closed.*unhandled error in operation/,
  )
  rmSync(dataDir, { recursive: true })
})

test('a connection with hundreds of requests under way is closed: each takes one to the S3 server', async () => {
  let opened = 0
  const silent = createServer((socket) => {
    opened++
    socket.on('error', () => undefined).resume()
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const dataDir = mkdtempSync(join(tmpdir(), 'server-'))
  const registry = makeRegistry('test')
  await using server = await startServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      allowedHosts: undefined,
      s3Endpoint: new URL(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`),
      trinoUrl: new URL('http://127.0.0.1:1'),
      secret: undefined,
      dataDir,
    },
    events: makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), registry),
    registry,
    services: {},
  })
  const one = `GET /lake/key HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${signedAs('s3').authorization}\r\n\r\n`
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => undefined).resume()
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.write(one.repeat(500))
  await closed
  expect(opened).toBeLessThan(100)
  silent.close()
  rmSync(dataDir, { recursive: true })
})
