// The dashboard's API under /api/: routes only read, except for saving charts, and starting the crawler if allowed.
import type { FastifyInstance } from 'fastify'
import { CatalogBrowser } from './catalog-browser.ts'
import { addCatalogRoutes } from './catalog-routes.ts'
import { addChartRoutes } from './chart-routes.ts'
import { examples } from './examples.ts'
import { addLedgerRoutes } from './ledger-routes.ts'
import type { DashboardParts } from './parts.ts'
import { addQueryRoutes } from './query-routes.ts'
import type { About } from './wire.ts'

/** Adds the routes. Out: ends what they still run. */
export function addRoutes(app: FastifyInstance, parts: DashboardParts): () => void {
  const ended = new AbortController()
  const catalogBrowser = new CatalogBrowser(parts.aws, parts.config)
  app.get('/api/about', async (): Promise<About> => about(parts))
  addQueryRoutes(app, parts, catalogBrowser, ended.signal)
  addCatalogRoutes(app, parts, catalogBrowser, ended.signal)
  addChartRoutes(app, parts)
  addLedgerRoutes(app, parts, ended.signal)
  return () => ended.abort()
}

function about({ config, allowCrawl }: DashboardParts): About {
  const { lake } = config
  return {
    bucket: lake.bucket,
    prefix: lake.prefix,
    dataset: lake.dataset,
    format: lake.format,
    database: lake.database,
    table: lake.table,
    view: config.view,
    workgroup: lake.workgroup,
    topic: config.kafka.KAFKA_TOPIC,
    onAws: !process.env.AWS_ENDPOINT_URL,
    allowCrawl,
    countEveryMs: config.watchEveryMs,
    examples: examples(lake, config.view),
  }
}
