// The page's server: the built files, the interface that reads the lake, and the stream that keeps the page alive.
import { randomBytes } from 'node:crypto'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type GuardRules, requireOwnRequest } from '@ticklake/runtime/request-guard.ts'
import fastify, { type FastifyReply } from 'fastify'
import { type Asset, distDir, readAssets } from './assets.ts'
import { listen } from './listen.ts'
import { Live } from './live.ts'
import { problemOf, statusOf } from './problem.ts'
import { addRoutes, type PageParts } from './routes.ts'
import { securityHeaders } from './security-headers.ts'
import { openStream } from './stream.ts'

export interface Page extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** The largest statement that Athena takes, and the JSON around it. */
const BODY_LIMIT = 300 * 1024

/**
 * Serves the page until it is disposed of. Out: undefined when the page was never built, which is logged: partitions
 * are registered all the same.
 * @throws Failure PAGE_PORT_TAKEN
 */
export async function startPage(parts: PageParts): Promise<Page | undefined> {
  try {
    return await servePage(parts, readAssets(distDir))
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'PAGE_NOT_BUILT') throw error
    parts.events.notBuilt(error)
    return undefined
  }
}

async function servePage(parts: PageParts, assets: ReadonlyMap<string, Asset>): Promise<Page> {
  const { events } = parts
  const { page } = parts.config
  const live = new Live(parts)
  const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true, exposeHeadRoutes: false })
  // Another site's form can send text; JSON it cannot send without asking first, which is refused.
  app.removeContentTypeParser('text/plain')
  const rules: GuardRules = {
    listensOn: page.host,
    allowedHosts: page.allowedHosts,
    allowedHostsVariable: 'CATALOG_PAGE_ALLOWED_HOSTS',
    // A link on another site may open the page, which then asks the interface itself.
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
    return reply.code(statusOf(problem)).send({ problem })
  })
  app.setNotFoundHandler((request, reply) => {
    const problem = {
      code: 'NOT_FOUND',
      what: 'there is nothing at this address',
      why: `${request.method} ${request.url.split('?')[0]!.slice(0, 200)}`,
      remedy: 'open the page at /',
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
  await listen(app, page.host, page.port)
  const { port } = app.server.address() as { port: number }
  const shownHost = page.host === '0.0.0.0' || page.host === '::' ? 'localhost' : page.host
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

/** The nonce is new for each answer: only this answer's editor may bring a style sheet. */
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

/** What Fastify itself refuses (a body that is no JSON, or too large) is the asker's mistake. */
function asFailure(error: unknown): unknown {
  const status = (error as { statusCode?: number }).statusCode ?? 500
  if (error instanceof Failure || status >= 500 || status < 400) return error
  return new Failure({
    code: 'BAD_REQUEST',
    what: 'the request is not one that the page makes; nothing was done',
    why: reasonOf(error),
    remedy: 'load the page again',
  })
}
