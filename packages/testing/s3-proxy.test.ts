import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { startS3Proxy } from './s3-proxy.ts'

test('a client that is killed in the middle of an upload harms nobody else', async () => {
  const upstream = createServer((_, response) => response.end('stored'))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  await using proxy = await startS3Proxy(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)
  const problems: unknown[] = []
  const note = (reason: unknown) => problems.push(reason)
  process.on('unhandledRejection', note)
  const killed = connect(Number(new URL(proxy.url).port), '127.0.0.1')
  killed.write('PUT /bucket/key HTTP/1.1\r\nhost: s3\r\ncontent-length: 100\r\n\r\nhalf')
  await new Promise((resolve) => setTimeout(resolve, 100))
  killed.resetAndDestroy()
  await new Promise((resolve) => setTimeout(resolve, 100))
  const answer = await fetch(`${proxy.url}/bucket/key`, { method: 'PUT', body: 'whole' })
  expect(await answer.text()).toBe('stored')
  process.off('unhandledRejection', note)
  upstream.closeAllConnections()
  upstream.close()
  expect(problems).toEqual([])
})
