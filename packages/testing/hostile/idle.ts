// A server that does nothing: the time that it takes to answer is the machine's own delay.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IDLE_CONNECTION_MS } from '@ticklake/runtime/health.ts'

const server = createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, (_request, response) => response.end())
server.listen(0, '127.0.0.1', () => {
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.on('disconnect', () => process.exit())
