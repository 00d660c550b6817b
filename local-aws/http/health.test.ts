// What /_ticklake/ reports about the disk and the servers behind: /readyz as a sentence, /metrics as numbers.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { expect, test } from 'vitest'
import { makeEvents } from '../events.ts'
import { startServer } from './server.ts'

const nobody = new URL('http://127.0.0.1:1')

async function answers({ dataDir, s3Endpoint = nobody }: { dataDir: string; s3Endpoint?: URL }) {
  const registry = makeRegistry('local-aws')
  await using server = await startServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      allowedHosts: undefined,
      s3Endpoint,
      trinoUrl: nobody,
      secret: undefined,
      dataDir,
    },
    events: makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), registry),
    registry,
    services: {},
  })
  const ready = await fetch(`${server.url}/_ticklake/readyz`)
  const metrics = await fetch(`${server.url}/_ticklake/metrics`)
  return { status: ready.status, why: await ready.text(), metrics: await metrics.text() }
}

test('a full disk makes it unready, with the path and what is free', async () => {
  // No file can be created in /proc, which reports no free block.
  const { status, why, metrics } = await answers({ dataDir: '/proc' })
  expect(status).toBe(503)
  expect(why).toBe('the disk of /proc is full: 0.0 MB free, at least 8 MB are needed\n')
  expect(metrics).toContain('ticklake_local_aws_disk_free_bytes{service="local-aws"} 0\n')
})

test('with room it says which server behind it does not answer, and so do the numbers', async () => {
  const s3 = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
  await new Promise((resolve) => s3.once('listening', resolve))
  const s3Endpoint = new URL(`http://127.0.0.1:${(s3.address() as AddressInfo).port}`)
  const { status, why, metrics } = await answers({ dataDir: tmpdir(), s3Endpoint })
  s3.close()
  expect(status).toBe(503)
  expect(why).toMatch(/^Trino at http:\/\/127.0.0.1:1 does not answer/)
  expect(metrics).toContain('ticklake_local_aws_upstream_up{upstream="s3",service="local-aws"} 1\n')
  expect(metrics).toContain('ticklake_local_aws_upstream_up{upstream="trino",service="local-aws"} 0\n')
  expect(metrics).toMatch(/ticklake_local_aws_disk_free_bytes\{service="local-aws"\} [1-9]/)
})
