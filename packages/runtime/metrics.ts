// The metrics of a service, in Prometheus' text format: one registry, filled by the service's events.ts.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Gauges of prom-client with counter names; nodejs_active_{handles,requests,resources} have the same data. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** A registry with the metrics of every Node process: event-loop delay, memory, CPU seconds. */
export function makeRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  const registers = [registry]
  new Gauge({
    name: stoppedName,
    help: '1 for the code of the error that stopped the service, while it lingers',
    labelNames: ['code'],
    registers,
  })
  new Gauge({
    name: failingSinceName,
    help: 'Since when an attempt has failed, by its name and the code of its last error; OTHER: no code',
    labelNames: ['attempt', 'code'],
    registers,
  })
  return registry
}

/** The label value for an error without a code. */
export const NO_CODE = 'OTHER'
const stoppedName = 'ticklake_stopped'
const failingSinceName = 'ticklake_failing_since_timestamp_seconds'

/** Records the code of the error that stopped the service. */
export function countStop(registry: Registry, code: string): void {
  ;(registry.getSingleMetric(stoppedName) as Gauge).set({ code }, 1)
}

/** Records since when attempts fail, for an `Outages`. */
export function failingSince(registry: Registry): FailingSince {
  const gauge = registry.getSingleMetric(failingSinceName) as Gauge
  const shown = new Map<string, string>()
  return (attempt, failing) => {
    const before = shown.get(attempt)
    const code = failing && (failing.code ?? NO_CODE)
    if (before !== undefined && before !== code) gauge.remove({ attempt, code: before })
    if (failing && code) {
      shown.set(attempt, code)
      gauge.set({ attempt, code }, failing.sinceMs / 1000)
    } else shown.delete(attempt)
  }
}

/** Called with every failure of an attempt; undefined: it works. */
export type FailingSince = (
  attempt: string,
  failing: { readonly code: string | undefined; readonly sinceMs: number } | undefined,
) => void
