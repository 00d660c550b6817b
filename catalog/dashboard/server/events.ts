// The events of the dashboard: one function each, which logs and counts it.
import type { Failure } from '@ticklake/runtime/errors.ts'
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, Gauge, type Registry } from '@ticklake/runtime/metrics.ts'
import type { Problem } from './wire.ts'

export type DashboardEvents = ReturnType<typeof dashboardEvents>

export function dashboardEvents(log: Logger, registry: Registry) {
  const registers = [registry]
  const viewers = new Gauge({
    name: 'ticklake_catalog_page_viewers',
    help: 'Browser tabs that show the dashboard now',
    registers,
  })
  const counts = new Counter({
    name: 'ticklake_catalog_page_counts_total',
    help: 'Counts that Athena ran for viewers of the dashboard',
    registers,
  })
  const queries = new Counter({
    name: 'ticklake_catalog_page_queries_total',
    help: 'Statements from the console, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  const refused = new Counter({
    name: 'ticklake_catalog_page_requests_refused_total',
    help: 'Requests that the dashboard refused, by code',
    labelNames: ['code'],
    registers,
  })
  return {
    listening: (url: string) => log.info({ url }, `the dashboard is at ${url}`),
    notBuilt: (failure: Failure) =>
      log.warn({ why: failure.why, do: failure.remedy }, `${failure.message}; everything else is running`),
    viewers: (count: number) => viewers.set(count),
    countStarted: () => counts.inc(),
    queryEnded: (outcome: 'succeeded' | 'failed' | 'cancelled') => queries.inc({ outcome }),
    refused: (problem: Problem, path: string) => {
      refused.inc({ code: problem.code })
      log.debug({ code: problem.code, path, why: problem.why }, 'request refused')
    },
    crawlRequested: () => log.info('crawl requested on the dashboard'),
    auditRequested: () => log.info('audit requested on the dashboard'),
    chartSaved: (name: string) => log.info({ chart: name }, 'chart saved on the dashboard'),
    chartRemoved: (id: string) => log.info({ chart: id }, 'chart removed on the dashboard'),
    defect: (error: unknown) => log.error({ err: error }, 'unhandled error in the dashboard'),
  }
}
