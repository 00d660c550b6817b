import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { nextPage, submit } from './trino.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function engineOf(answer: (request: string, response: ServerResponse) => void, silenceMs = 50) {
  server = createServer((request, response) => answer(`${request.method} ${request.url}`, response))
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return { url, secret: undefined, silenceMs }
}

const session = { catalog: 'awsdatacatalog', schema: 'default' }
const never = new AbortController().signal

test('an engine that is frozen is given up; one that only takes long is waited for', async () => {
  const frozen = await engineOf(() => undefined)
  await expect(submit(frozen, 'SELECT 1', session, never)).rejects.toThrow('does not answer any more')
  await expect(nextPage(frozen, 'http://x/v1/statement/1', never)).rejects.toThrow('does not answer any more')
  server!.closeAllConnections()
  const busy = await engineOf((request, response) => {
    if (request === 'GET /v1/info') response.end('{}')
    else setTimeout(() => response.end('{"id":"1"}'), 1_200)
  }, 500)
  expect(await submit(busy, 'SELECT 1', session, never)).toEqual({ id: '1' })
})

test('a statement that reaches the engine after its query was stopped is cancelled there', async () => {
  const cancelled = Promise.withResolvers<string>()
  const arrived = Promise.withResolvers<ServerResponse>()
  const engine = await engineOf((request, response) => {
    if (request === 'POST /v1/statement') return arrived.resolve(response)
    if (request.startsWith('DELETE')) cancelled.resolve(request)
    response.end('{}')
  }, 1_000)
  const controller = new AbortController()
  const submitted = submit(engine, 'SELECT 1', session, controller.signal)
  const response = await arrived.promise
  controller.abort(new Error('stopped'))
  await expect(submitted).rejects.toThrow('stopped')
  response.end('{"id":"1","nextUri":"https://x/v1/statement/queued/1"}')
  expect(await cancelled.promise).toBe('DELETE /v1/statement/queued/1')
})
