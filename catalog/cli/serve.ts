// `catalog serve`: the long-running service.

import { openAws } from '@ticklake/aws/clients.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { openAlerts } from '../alerts/alerts.ts'
import { serialAudits } from '../audit/job.ts'
import { catalogConfig } from '../config.ts'
import { dashboardEvents } from '../dashboard/server/events.ts'
import { startDashboard } from '../dashboard/server/server.ts'
import { catalogEvents } from '../events.ts'
import { serve } from '../serve.ts'

export interface ServeFlags {
  /** The dashboard may start the crawler. */
  readonly allowCrawl: boolean
}

/** Runs until the signal aborts. @throws Failure when the settings, the dashboard's or the health port do not allow it */
export async function runServeCommand(
  { env, stderr }: CommandHost,
  flags: ServeFlags,
  signal: AbortSignal,
): Promise<void> {
  const config = catalogConfig(env)
  const registry = makeRegistry('catalog')
  const log = makeLogger('catalog', env, stderr)
  const events = catalogEvents(log, registry)
  using aws = openAws(config.lake)
  using broker = new Broker(config.kafka)
  const { database, table, dataset, bucket } = config.lake
  const audit = serialAudits(aws, broker, config)
  events.started({ database, table, dataset, bucket, crawlEveryMs: config.crawlEveryMs })
  using alerts = openAlerts(aws, config)
  await using _dashboard = await startDashboard({
    aws,
    broker,
    config,
    allowCrawl: flags.allowCrawl,
    audit,
    firingAlerts: () => alerts?.firing() ?? [],
    events: dashboardEvents(log, registry),
  })
  await serve({ aws, broker, config, registry, events, audit, alerts }, signal)
}
