// The dashboard's server: the built files, the interface that reads the lake, and the stream of live data.
import { randomBytes } from 'node:crypto'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type GuardRules, requireOwnRequest } from '@ticklake/runtime/request-guard.ts'
import fastify, { type FastifyReply } from 'fastify'
import { type Asset, distDir, readAssets } from './assets.ts'
import { listen } from './listen.ts'
import { Live } from './live.ts'
import type { DashboardParts } from './parts.ts'
import { problemOf, statusOf } from './problem.ts'
import { addRoutes } from './routes.ts'
import { securityHeaders } from './security-headers.ts'
import { openStream } from './stream.ts'

export interface Dashboard extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Athena's largest statement, and the JSON around it. */
const BODY_LIMIT = 300 * 1024

/**
 * Serves the dashboard until it is disposed of. Out: undefined when it was never built, which is logged: `serve`
 * registers partitions all the same.
 * @throws Failure PAGE_PORT_TAKEN
 */
export async function startDashboard(parts: DashboardParts): Promise<Dashboard | undefined> {
  try {
    return await serveDashboard(parts, readAssets(distDir))
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'PAGE_NOT_BUILT') throw error
    parts.events.notBuilt(error)
    return undefined
  }
}

async function serveDashboard(parts: DashboardParts, assets: ReadonlyMap<string, Asset>): Promise<Dashboard> {
  const { events } = parts
  const { dashboard } = parts.config
  const live = new Live(parts)
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // No coercion: a value of another type than the schema's is refused.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  // Another site's form can send text; JSON needs a CORS preflight, which is refused.
  app.removeContentTypeParser('text/plain')
  const rules: GuardRules = {
    listensOn: dashboard.host,
    allowedHosts: dashboard.allowedHosts,
    allowedHostsVariable: 'CATALOG_PAGE_ALLOWED_HOSTS',
    // A link on another site may open the dashboard, which then calls the API itself.
    mayBeLinkedTo: (path) => !path.startsWith('/api/'),
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders())
    const path = request.url.split('?')[0]!
    requireOwnRequest(request.raw, rules)
    if (path.startsWith('/api/')) reply.header('cache-control', 'no-store')
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(asFailure(error), events.defect)
    if (problem.code !== 'DEFECT') events.refused(problem, request.url.split('?')[0]!)
    return reply.code(statusOf(problem, error)).send({ problem })
  })
  app.setNotFoundHandler((request, reply) => {
    const problem = {
      code: 'NOT_FOUND',
      what: 'there is nothing at this address',
      why: `${request.method} ${request.url.split('?')[0]!.slice(0, 200)}`,
      remedy: 'open the dashboard at /',
    }
    return reply.code(404).send({ problem })
  })
  for (const [path, asset] of assets) {
    app.get(path === '/index.html' ? '/' : path, async (request, reply) =>
      path === '/index.html'
        ? sendIndex(reply, asset)
        : sendAsset(reply, asset, request.headers['if-none-match'], request.headers['accept-encoding']),
    )
  }
  app.get('/api/stream', (request, reply) => {
    reply.hijack()
    const stream = openStream(request.raw, reply.raw, { ...securityHeaders() })
    const leave = live.join(stream)
    reply.raw.once('close', leave)
  })
  const stopRoutes = addRoutes(app, parts)
  await listen(app, dashboard.host, dashboard.port)
  const { port } = app.server.address() as { port: number }
  const shownHost = dashboard.host === '0.0.0.0' || dashboard.host === '::' ? 'localhost' : dashboard.host
  const url = `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}/`
  events.listening(url)
  return {
    url,
    port,
    async [Symbol.asyncDispose]() {
      live.stop()
      stopRoutes()
      await app.close()
    },
  }
}

/** Each answer has its own nonce: only the editor of this answer may add a style sheet. */
function sendIndex(reply: FastifyReply, asset: Asset) {
  const nonce = randomBytes(18).toString('base64url')
  return reply
    .headers(securityHeaders(nonce))
    .header('cache-control', 'no-store')
    .type(asset.type)
    .send(asset.body.toString('utf8').replace('__NONCE__', nonce))
}

function sendAsset(
  reply: FastifyReply,
  asset: Asset,
  known: string | undefined,
  encodings: string | string[] | undefined,
) {
  reply
    .header('etag', asset.etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .type(asset.type)
  if (known === asset.etag) return reply.code(304).send()
  if (!String(encodings ?? '').includes('gzip')) return reply.send(asset.body)
  return reply.header('content-encoding', 'gzip').send(asset.gzip)
}

/** What Fastify itself refuses (a body that is not JSON, too large, or against its schema) is the client's error. */
function asFailure(error: unknown): unknown {
  const status = (error as { statusCode?: number }).statusCode ?? 500
  if (error instanceof Failure || status >= 500 || status < 400) return error
  return new Failure({
    code: 'BAD_REQUEST',
    what: 'the dashboard makes no such request; nothing was done',
    why: reasonOf(error),
    remedy: 'reload the dashboard',
  })
}
