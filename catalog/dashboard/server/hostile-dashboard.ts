// A running dashboard for tests with hostile requests: the local AWS of AWS_ENDPOINT_URL, and a topic without records.

import { openAws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { startHealthServer } from '@ticklake/runtime/health.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { serialAudits } from '../../audit/job.ts'
import { catalogConfig } from '../../config.ts'
import { dashboardEvents } from './events.ts'
import { startDashboard } from './server.ts'

const config = catalogConfig({
  CATALOG_PAGE_PORT: '0',
  LAKE_BUCKET: 'results',
  LAKE_S3_PATH_STYLE: 'true',
  LAKE_DATABASE: 'lake',
  LAKE_TABLE: 'ticks',
})
const registry = makeRegistry('catalog')
// No client can cause an error in the log: the test reads stderr.
const log = makeLogger(
  'catalog',
  { LOG_LEVEL: 'error' },
  { write: (line) => void process.stderr.write(line) },
)
const topic = { topic: 'stock-ticks', topicId: '0'.repeat(32), partitions: [] }
const broker = { topicOnce: async () => topic } as unknown as Broker
const aws = openAws(config.lake)
const dashboard = await startDashboard({
  aws,
  broker,
  config,
  audit: serialAudits(aws, broker, config),
  allowCrawl: false,
  firingAlerts: () => [],
  events: dashboardEvents(log, registry),
})
const health = await startHealthServer({
  host: '127.0.0.1',
  port: 0,
  portVariable: 'CATALOG_HEALTH_PORT',
  allowedHosts: undefined,
  allowedHostsVariable: 'CATALOG_HEALTH_ALLOWED_HOSTS',
  registry,
  whyNotReady: () => undefined,
})
process.send!({ url: dashboard!.url.replace(/\/$/, ''), livez: `http://127.0.0.1:${health.port}/livez` })
