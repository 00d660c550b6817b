// One viewer's connection: server-sent events; a viewer that reads too slowly misses some.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Viewer } from './live.ts'

const HEARTBEAT_MS = 15_000
/** A viewer with more unread data than this gets nothing until it has caught up; each event is complete anyway. */
const MOST_UNREAD_BYTES = 512 * 1024

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  headers: OutgoingHttpHeaders,
): Viewer {
  request.socket.setNoDelay(true)
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  })
  response.write('retry: 1500\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  response.once('close', () => clearInterval(heartbeat))
  return {
    send(event, data) {
      if (response.destroyed || response.writableLength > MOST_UNREAD_BYTES) return
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
  }
}
