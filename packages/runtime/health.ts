// The health port of a service: /livez (the process works), /readyz (its dependencies answer), /metrics.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure, reasonOf, renderError } from './errors.ts'
import type { Registry } from './metrics.ts'
import { denialStatus, requireOwnRequest } from './request-guard.ts'

export interface HealthOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** The variable that sets the port, for the error when it is taken. */
  readonly portVariable: string
  /** Host names that are accepted in addition to the loopback names. */
  readonly allowedHosts: readonly string[] | undefined
  /** The variable that lists them, for the error when a request is refused. */
  readonly allowedHostsVariable: string
  readonly registry: Registry
  /** undefined: alive; a sentence: why not */
  readonly whyNotLive?: () => string | undefined
  /** undefined: ready; a sentence: why not (yet) */
  readonly whyNotReady: () => string | undefined | Promise<string | undefined>
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number
}

/**
 * For how long an idle connection stays open: longer than clients pause. With Node's five seconds, a scraper that was
 * held up could use a connection that was just being closed, and would take the service for one that does not answer.
 */
export const IDLE_CONNECTION_MS = 75_000

/** Starts the server. @throws Failure HEALTH_PORT_TAKEN if the port cannot be bound */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, async (request, response) => {
    const { status, type, body } = denial(request, options) ??
      (await healthAnswer((request.url ?? '').split('?', 1)[0]!, options)) ?? {
        status: 404,
        type: plain,
        body: 'ask /livez, /readyz or /metrics\n',
      }
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new Failure({
          code: 'HEALTH_PORT_TAKEN',
          what: `the health endpoint cannot listen on ${options.host}:${options.port}; nothing was started`,
          why: reasonOf(error),
          remedy: `stop what listens there, or set ${options.portVariable} (0 picks a free port)`,
          cause: error,
        }),
      ),
    )
    server.listen(options.port, options.host, resolve)
  })
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface HealthAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const plain = 'text/plain; charset=utf-8'

/** What a service answers at one of the three paths; undefined for any other path. */
export async function healthAnswer(
  path: string,
  options: Pick<HealthOptions, 'registry' | 'whyNotLive' | 'whyNotReady'>,
): Promise<HealthAnswer | undefined> {
  if (path === '/livez') return probe(options.whyNotLive?.())
  if (path === '/readyz') return probe(await options.whyNotReady())
  if (path !== '/metrics') return undefined
  return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() }
}

/** The answer to a web page of another site, or to a request for a foreign name. */
function denial(request: IncomingMessage, options: HealthOptions): HealthAnswer | undefined {
  try {
    requireOwnRequest(request, { ...options, listensOn: addressOf(request, options.host) })
    return undefined
  } catch (error) {
    const status = denialStatus(error)
    if (status === undefined) throw error
    return { status, type: plain, body: `${renderError(error)}\n` }
  }
}

/**
 * A server that listens on every address also accepts the address of the connection, which a Prometheus that finds
 * containers by DNS uses. An address cannot be rebound, and requests here only read.
 */
function addressOf(request: IncomingMessage, host: string): string {
  const local = request.socket.localAddress?.replace(/^::ffff:/, '')
  return (host === '0.0.0.0' || host === '::') && local !== undefined ? local : host
}

function probe(whyNot: string | undefined): HealthAnswer {
  return whyNot === undefined
    ? { status: 200, type: plain, body: 'ok\n' }
    : { status: 503, type: plain, body: `${whyNot}\n` }
}
