// What happens on the page: one function an event, which logs it and counts it under the same name.
import type { Failure } from '@ticklake/runtime/errors.ts'
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, Gauge, type Registry } from '@ticklake/runtime/metrics.ts'
import type { Problem } from './wire.ts'

export type DashboardEvents = ReturnType<typeof dashboardEvents>

export function dashboardEvents(log: Logger, registry: Registry) {
  const registers = [registry]
  const viewers = new Gauge({
    name: 'ticklake_catalog_page_viewers',
    help: 'Pages that are looked at just now',
    registers,
  })
  const counts = new Counter({
    name: 'ticklake_catalog_page_counts_total',
    help: 'Counts that Athena was asked for because somebody looks',
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
    help: 'Requests that the page did not answer as asked, by code',
    labelNames: ['code'],
    registers,
  })
  return {
    listening: (url: string) => log.info({ url }, `the page is at ${url}`),
    notBuilt: (failure: Failure) =>
      log.warn({ why: failure.why, do: failure.remedy }, `${failure.message}; everything else runs`),
    viewers: (count: number) => viewers.set(count),
    countStarted: () => counts.inc(),
    queryEnded: (outcome: 'succeeded' | 'failed' | 'cancelled') => queries.inc({ outcome }),
    refused: (problem: Problem, path: string) => {
      refused.inc({ code: problem.code })
      log.debug({ code: problem.code, path, why: problem.why }, 'request refused')
    },
    crawlRequested: () => log.info('a crawl was asked for on the page'),
    auditRequested: () => log.info('an audit was asked for on the page'),
    defect: (error: unknown) => log.error({ err: error }, 'the page met an error of its own'),
  }
}
