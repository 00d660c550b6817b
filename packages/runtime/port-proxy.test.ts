// A port that forwards to another: answers come from the target, and an unreachable target does no harm.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openRoute, parseRoute } from './port-proxy.ts'

test('the target answers requests at the port; while it is down connections are cut, and later it answers again', async () => {
  const listen = (port: number) => {
    const server = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`))
    return new Promise<typeof server>((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
  }
  let behind = await listen(0)
  const hostPort = (behind.address() as AddressInfo).port
  const server = await openRoute({ port: 0, host: 'localhost', hostPort }, '127.0.0.1')
  const { port } = server.address() as AddressInfo
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })
    return answer.text()
  }
  expect(await ask()).toBe(`127.0.0.1:${port} /metrics`)
  await new Promise((resolve) => behind.close(resolve))
  await expect(ask()).rejects.toThrow()
  behind = await listen(hostPort)
  expect(await ask()).toBe(`127.0.0.1:${port} /metrics`)
  behind.close()
  server.close()
})

test('a route is PORT=HOST:PORT and nothing else', () => {
  expect(parseRoute('9102=consumer:9102')).toEqual({ port: 9102, host: 'consumer', hostPort: 9102 })
  for (const text of ['', '9102', 'consumer:9102', '9102=consumer', '9102=:1', '1=a:b'])
    expect(() => parseRoute(text)).toThrow(/nothing was started/)
})
