// A loopback server for tests of live feeds: websockets and HTTP on one port, with misbehaviour on demand.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface FeedServer extends AsyncDisposable {
  readonly wsUrl: string
  readonly httpUrl: string
  /** The HTTP requests, path and query. */
  readonly requests: string[]
  /** What clients sent by websocket. */
  readonly received: string[]
  /** The number of connections so far, including closed ones. */
  readonly sockets: WebSocket[]
}

export interface FeedServerScript {
  /** @param connection counted from 0 */
  onSocket?(socket: WebSocket, connection: number, request: IncomingMessage): void
  onText?(text: string, socket: WebSocket, connection: number): void
  /** The status with which a websocket is refused; undefined accepts it. */
  refuse?(connection: number): string | undefined
  onRequest?(url: URL, response: ServerResponse, request: IncomingMessage): void
}

export async function startFeedServer(script: FeedServerScript): Promise<FeedServer> {
  const requests: string[] = []
  const received: string[] = []
  const sockets: WebSocket[] = []
  let attempts = 0
  const http = createServer((request, response) => {
    const url = new URL(request.url!, 'http://x')
    requests.push(`${url.pathname}${url.search}`)
    if (script.onRequest) script.onRequest(url, response, request)
    else response.writeHead(404).end()
  })
  const server = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    const status = script.refuse?.(attempts++)
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
      return
    }
    server.handleUpgrade(request, socket, head, (client) => {
      const connection = sockets.push(client) - 1
      script.onSocket?.(client, connection, request)
      client.on('message', (data) => {
        const text = data.toString()
        received.push(text)
        script.onText?.(text, client, connection)
      })
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    ...{ requests, received, sockets },
    wsUrl: `ws://127.0.0.1:${port}`,
    httpUrl: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const client of sockets) client.terminate()
      http.closeAllConnections()
      await new Promise<void>((resolve) => http.close(() => resolve()))
    },
  }
}

/** Answers with JSON. */
export function answer(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
