// A server that does nothing: the time that it takes to answer is the machine's own delay.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// Like the servers beside it, it does not close a connection while a busy machine holds up the next request.
const server = createServer({ keepAliveTimeout: 75_000 }, (_request, response) => response.end())
server.listen(0, '127.0.0.1', () => {
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.on('disconnect', () => process.exit())
