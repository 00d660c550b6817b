// A proxy between a service and its S3 endpoint that breaks requests by a rule, as networks and S3 do.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface ProxiedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export type Fault =
  /** S3 answers with an error; the request is not carried out. */
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** The connection breaks before S3 has seen the request. */
  | { readonly kind: 'reset-before' }
  /** S3 carries the request out; its answer is lost. */
  | { readonly kind: 'reset-after' }
  /** Half of the body arrives, then the connection breaks. */
  | { readonly kind: 'truncate' }
  /** The request waits this long before it is passed on. */
  | { readonly kind: 'delay'; readonly ms: number }

/** Decides for each request whether and how it fails. */
export type Rule = (request: ProxiedRequest) => Fault | undefined | Promise<Fault | undefined>

export interface S3Proxy extends AsyncDisposable {
  readonly url: string
  /** Injected faults, counted by kind. */
  readonly faults: Readonly<Record<string, number>>
  rule: Rule
}

/** Starts the proxy on loopback. `upstream` is the real endpoint's URL. */
export async function startS3Proxy(upstream: string): Promise<S3Proxy> {
  const faults: Record<string, number> = {}
  const server = createServer(async (incoming, outgoing) => {
    incoming.on('error', () => {})
    outgoing.on('error', () => {})
    // If its client was killed during the request, nobody waits for an answer.
    const body = await buffer(incoming).catch(() => undefined)
    if (!body) return outgoing.destroy()
    const proxied = { method: incoming.method!, target: incoming.url!, headers: incoming.headers, body }
    const fault = await proxy.rule(proxied)
    if (fault) faults[fault.kind] = (faults[fault.kind] ?? 0) + 1
    carryOut(upstream, proxied, fault, outgoing)
  })
  server.on('clientError', (_, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: S3Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    rule: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

function carryOut(
  upstream: string,
  proxied: ProxiedRequest,
  fault: Fault | undefined,
  outgoing: ServerResponse,
): void {
  switch (fault?.kind) {
    case 'status':
      outgoing.writeHead(fault.status, { 'content-type': 'application/xml' })
      outgoing.end(
        `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>made to fail</Message></Error>`,
      )
      return
    case 'reset-before':
      outgoing.destroy()
      return
    case 'delay':
      setTimeout(() => passOn(upstream, proxied, outgoing, false), fault.ms)
      return
    case 'truncate':
      passHalf(upstream, proxied, outgoing)
      return
    default:
      passOn(upstream, proxied, outgoing, fault?.kind === 'reset-after')
  }
}

function passOn(
  upstream: string,
  proxied: ProxiedRequest,
  outgoing: ServerResponse,
  loseAnswer: boolean,
): void {
  const onward = request(
    upstream + proxied.target,
    { method: proxied.method, headers: proxied.headers },
    (answer) => {
      if (loseAnswer) {
        answer.resume().on('end', () => outgoing.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    },
  )
  onward.on('error', () => outgoing.destroy())
  onward.end(proxied.body)
}

function passHalf(upstream: string, proxied: ProxiedRequest, outgoing: ServerResponse): void {
  const onward = request(upstream + proxied.target, { method: proxied.method, headers: proxied.headers })
  onward.on('error', () => {})
  onward.write(proxied.body.subarray(0, proxied.body.length >> 1), () => {
    onward.destroy()
    outgoing.destroy()
  })
}
