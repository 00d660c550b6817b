// The numbers of a service, in Prometheus' text form: one registry, filled by the service's events.ts.
import { collectDefaultMetrics, Registry } from 'prom-client'

export { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Gauges of prom-client that are named like counters; the same is in nodejs_active_{handles,requests,resources}. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** A registry that already counts what every Node process has: event-loop delay, memory, CPU seconds. */
export function makeRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  return registry
}
