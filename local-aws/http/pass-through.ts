// Passes a request on to the S3 server byte for byte, so that signatures, chunk framing and ranges stay intact.
import { Agent, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { secretHeader } from '@ticklake/runtime/engine-secret.ts'
import type { Events } from '../events.ts'
import type { Admission } from './admission.ts'
import { browserHeaders } from './browser-headers.ts'
import { discardBody } from './unread-body.ts'

/** Headers about one connection, which this hop sets by itself (RFC 9110, 7.6.1). */
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'expect', 'upgrade', 'te'])

/** A header for the next server, which only this hop may send. */
const reserved = secretHeader.toLowerCase()

export interface PassThrough extends Disposable {
  /** Answers `response` with the upstream's answer to `request`; never throws. */
  handle(request: IncomingMessage, response: ServerResponse, admission: Admission): void
}

/**
 * The connection to one server. Nothing is buffered or decoded, and an abort on either side ends the other.
 * The caller answers `Expect: 100-continue`; it is not sent on.
 */
export function openPassThrough(upstream: URL, events: Events, secret?: string): PassThrough {
  // An idle connection is closed before the upstream closes it (after 5 s), so that no request fails because of that.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 2_000 })

  function handle(request: IncomingMessage, response: ServerResponse, admission: Admission): void {
    const { service } = admission
    const outgoing = openRequest({
      agent,
      host: upstream.hostname,
      port: upstream.port || 80,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: requestHeaders(request, admission.authorization, secret),
    })
    let answered = false

    outgoing.on('response', (incoming) => {
      answered = true
      events.upstreamAnswered()
      events.answered(service, incoming.statusCode!)
      response.sendDate = false
      response.writeHead(incoming.statusCode!, incoming.statusMessage, answerHeaders(incoming))
      // If the upstream closes the connection, so does the client's: half an object must never look complete.
      pipeline(incoming, response, (error) => {
        if (error) outgoing.destroy()
      })
    })
    outgoing.on('error', (error) => {
      // Once the answer has begun, its own pipeline decides; a refused upload may break off while it is sent.
      if (answered || response.destroyed) return
      answered = true
      const reason = `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`.trim()
      events.upstreamFailed({ method: request.method!, target: request.url!, reason })
      events.answered(service, 503)
      answerUnavailable(request, response)
    })
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy()
    })
    response.on('finish', () => {
      // Refused before its body was read (412, 403, 503): nobody reads the rest, and the next request waits after it.
      if (request.complete) return
      request.unpipe(outgoing)
      outgoing.destroy()
      void discardBody(request).then((isWhole) => {
        if (!isWhole) request.destroy()
      })
    })
    request.on('error', () => outgoing.destroy())
    request.pipe(outgoing)
  }

  return { handle, [Symbol.dispose]: () => agent.destroy() }
}

/** The client's own headers in their order and case, then the secret; a body without a length gets the length 0. */
function requestHeaders(
  request: IncomingMessage,
  authorization: string | undefined,
  secret: string | undefined,
): string[] {
  const headers = withoutHop(request.rawHeaders)
  if (authorization !== undefined) headers.push('Authorization', authorization)
  if (secret !== undefined) headers.push(secretHeader, secret)
  const bodyIsFramed =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  const mayHaveBody = request.method === 'PUT' || request.method === 'POST' || request.method === 'PATCH'
  if (mayHaveBody && !bodyIsFramed) headers.push('Content-Length', '0')
  return headers
}

/** The upstream's own headers without those that would let a web page read the answer. */
function answerHeaders(incoming: IncomingMessage): string[] {
  const headers = withoutHop(incoming.rawHeaders, (name) => name.startsWith('access-control-'))
  return [...headers, ...Object.entries(browserHeaders).flat()]
}

function withoutHop(raw: readonly string[], isUnwanted = (_name: string) => false): string[] {
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!hopByHop.has(name) && name !== reserved && !isUnwanted(name)) kept.push(raw[i]!, raw[i + 1]!)
  }
  return kept
}

/** A 503 in the form of the client's protocol: JSON for X-Amz-Target services, else S3's XML. */
function answerUnavailable(request: IncomingMessage, response: ServerResponse): void {
  const message = 'The local S3 server does not answer. Retry later, and check that it runs.'
  const isJson = request.headers['x-amz-target'] !== undefined
  const body = isJson
    ? JSON.stringify({ __type: 'ServiceUnavailableException', Message: message })
    : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>ServiceUnavailable</Code><Message>${message}</Message></Error>`
  response.writeHead(503, {
    'content-type': isJson ? 'application/x-amz-json-1.1' : 'application/xml',
    'content-length': Buffer.byteLength(body),
    'retry-after': '1',
    ...browserHeaders,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
