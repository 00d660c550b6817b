// The routes that run a statement in Athena and stream its rows: the console's, and the sample of an object.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { FastifyInstance } from 'fastify'
import type { CatalogBrowser } from './catalog-browser.ts'
import { queryLines, type Run, runOf } from './console.ts'
import type { LiveParts } from './parts.ts'
import { names, type SampleBody, type StatementBody, text } from './schemas.ts'
import { securityHeaders } from './security-headers.ts'

const QUERIES_AT_ONCE = 5

/** @param ended aborted: running queries are cancelled */
export function addQueryRoutes(
  app: FastifyInstance,
  { aws, events }: LiveParts,
  catalogBrowser: CatalogBrowser,
  ended: AbortSignal,
): void {
  let queries = 0

  /** Streams a query's lines; when the connection closes, the query is cancelled. */
  const stream = async (run: Run, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    response.writeHead(200, {
      ...securityHeaders(),
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    })
    response.flushHeaders()
    queries++
    let outcome: 'succeeded' | 'failed' | 'cancelled' = 'failed'
    try {
      const signal = AbortSignal.any([gone.signal, ended])
      for await (const line of queryLines(aws.athena, run, signal, events)) {
        if (line.type === 'end') outcome = 'succeeded'
        if (line.type === 'error' && line.problem.code === 'QUERY_CANCELLED') outcome = 'cancelled'
        if (response.destroyed) break
        if (!response.write(`${JSON.stringify(line)}\n`)) {
          await once(response, 'drain', { signal: gone.signal }).catch(() => {})
        }
      }
    } catch (error) {
      events.defect(error)
    } finally {
      queries--
      events.queryEnded(gone.signal.aborted && outcome !== 'succeeded' ? 'cancelled' : outcome)
      response.end()
    }
  }
  const requireFreeSlot = () => {
    if (queries < QUERIES_AT_ONCE) return
    throw new Failure({
      code: 'BUSY',
      what: `${queries} statements of the dashboard are running; this one was not sent`,
      why: `at most ${QUERIES_AT_ONCE} run at once`,
      remedy: 'wait for one, or cancel one',
    })
  }

  app.post<{ Body: StatementBody }>(
    '/api/query',
    { schema: { body: { type: 'object', required: ['sql'], properties: { sql: text } } } },
    async (request, reply) => {
      const run = runOf(request.body.sql)
      requireFreeSlot()
      reply.hijack()
      await stream(run, reply.raw)
    },
  )
  app.post<{ Body: SampleBody }>(
    '/api/sample',
    { schema: { body: { type: 'object', required: ['database', 'table', 'key'], properties: names } } },
    async (request, reply) => {
      const { database, table, key, values = [] } = request.body
      const run = runOf(await catalogBrowser.sampleSql(database, table, values, key))
      requireFreeSlot()
      reply.hijack()
      await stream(run, reply.raw)
    },
  )
}
