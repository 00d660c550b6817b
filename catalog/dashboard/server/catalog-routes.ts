// The routes of the Catalog tab: databases, tables, objects, and the crawl.
import { Failure } from '@ticklake/runtime/errors.ts'
import type { FastifyInstance } from 'fastify'
import { crawl } from '../../tables/crawler.ts'
import type { CatalogBrowser } from './catalog-browser.ts'
import type { DashboardParts } from './parts.ts'
import { anyObject, names, type TableQuery } from './schemas.ts'
import { shared } from './single-flight.ts'

const tableQuery = { type: 'object', required: ['database', 'table'], properties: names } as const

/** @param ended aborted: a running crawl is no longer waited for */
export function addCatalogRoutes(
  app: FastifyInstance,
  { aws, config, events, allowCrawl }: DashboardParts,
  catalogBrowser: CatalogBrowser,
  ended: AbortSignal,
): void {
  const oneCrawl = shared(async () => {
    await crawl(aws, config, { signal: ended })
    return catalogBrowser.lastCrawl()
  })
  app.get('/api/catalog', async () => ({ databases: await catalogBrowser.databases() }))
  app.get<{ Querystring: TableQuery }>(
    '/api/table',
    { schema: { querystring: tableQuery } },
    async ({ query }) => catalogBrowser.table(query.database, query.table),
  )
  app.get<{ Querystring: TableQuery }>(
    '/api/objects',
    { schema: { querystring: tableQuery } },
    async ({ query }) => {
      const values = query.value === undefined ? [] : [query.value].flat()
      return { objects: await catalogBrowser.objects(query.database, query.table, values) }
    },
  )
  app.get('/api/crawl', async () => catalogBrowser.lastCrawl())
  app.post('/api/crawl', { schema: { body: anyObject } }, async () => {
    if (!allowCrawl) {
      throw new Failure({
        code: 'CRAWL_NOT_ALLOWED',
        what: 'the dashboard is read-only; no crawl was started',
        why: 'the service was started without --allow-crawl',
        remedy: 'run `catalog crawl`, or start `catalog serve --allow-crawl`',
      })
    }
    events.crawlRequested()
    return oneCrawl()
  })
}
