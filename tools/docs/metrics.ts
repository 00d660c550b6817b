// Writes docs/metrics.md from the code, so that the page cannot differ from what is measured: `node tools/docs/metrics.ts`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry, type Registry } from '@ticklake/runtime/metrics.ts'
import { dashboardEvents } from '../../catalog/dashboard/server/events.ts'
import { catalogEvents } from '../../catalog/events.ts'
import { consumerEvents } from '../../consumer/events.ts'
import { makeEvents as localAwsEvents } from '../../local-aws/events.ts'
import { makeEvents as producerEvents } from '../../producer/events.ts'

export interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

const silent = makeLogger('docs', { LOG_LEVEL: 'silent' })

const services: Readonly<Record<string, (registry: Registry) => void>> = {
  producer: (registry) => producerEvents(silent, registry),
  consumer: (registry) => consumerEvents(silent, registry),
  catalog: (registry) => {
    catalogEvents(silent, registry).onScrape(() => {})
    dashboardEvents(silent, registry)
  },
  'local-aws': (registry) =>
    localAwsEvents(silent, registry).whenAsked({ upstreams: {}, freeBytes: () => 0 }),
}

/** Every metric of each service, `process` for those that all of them have. */
export async function metricsByService(): Promise<Record<string, Metric[]>> {
  const common = new Set(
    makeRegistry('docs')
      .getMetricsAsArray()
      .map(({ name }) => name),
  )
  const all: Record<string, Metric[]> = {}
  for (const [service, fill] of Object.entries(services)) {
    const registry = makeRegistry(service)
    fill(registry)
    const metrics = registry.getMetricsAsArray().map(metricOf)
    all[service] = metrics.filter(({ name }) => !common.has(name))
    all.process = metrics.filter(({ name }) => common.has(name))
  }
  return all
}

function metricOf(metric: object): Metric {
  const { name, type, help, labelNames = [] } = metric as Metric & { labelNames?: string[] }
  return { name, type, help, labels: labelNames }
}

/** The unit in a name: its last part, before `_total`. */
export function unitOf({ name, type }: Pick<Metric, 'name' | 'type'>): string {
  const stem = name.replace(/_total$/, '')
  if (/_timestamp_seconds$|_start_time_seconds$/.test(stem)) return 'seconds since 1970'
  const unit = /_(seconds|bytes|ratio|info|per_second|up)$/.exec(stem)?.[1]
  if (unit === 'per_second') return 'rows/s'
  if (unit === 'up') return '0 or 1'
  if (unit === 'info') return '1'
  return unit ?? (type === 'histogram' ? '' : 'count')
}

const addresses: Readonly<Record<string, string>> = {
  producer: 'http://127.0.0.1:9101/metrics',
  consumer: 'http://127.0.0.1:9102/metrics',
  catalog: 'http://127.0.0.1:9103/metrics (`catalog serve`)',
  'local-aws': 'http://127.0.0.1:4566/_ticklake/metrics',
}

/** The text of docs/metrics.md. */
export async function metricsPage(): Promise<string> {
  const all = await metricsByService()
  const table = (metrics: readonly Metric[]) =>
    [
      '| name | type | unit | |',
      '|---|---|---|---|',
      ...metrics.map((metric) => {
        const labels =
          metric.labels.length > 0 ? `, by ${metric.labels.map((label) => `\`${label}\``).join(', ')}` : ''
        return `| \`${metric.name}\` | ${metric.type}${labels} | ${unitOf(metric)} | ${metric.help.replaceAll('|', '\\|')} |`
      }),
    ].join('\n')
  const parts = Object.keys(services).map(
    (service) => `## ${service}\n\n${addresses[service]}\n\n${table(all[service] ?? [])}`,
  )
  return `# Metrics

Made from the code by \`node tools/docs/metrics.ts\`; a test holds this page and every name to the code and to Prometheus'
naming rules. Each service serves them as text at \`/metrics\`, beside \`/livez\` (the process works) and \`/readyz\` (what
it depends on answers, and the disk that it writes to has 8 MB free; otherwise 503 and the reason). At the local AWS
endpoint the three are below \`/_ticklake/\`. Every metric has the label \`service\`.

- Rows a second: \`rate(ticklake_consumer_rows_landed_total[1m])\`
- Lag: \`sum(ticklake_consumer_lag_records)\`
- Freshness: \`time() - max(ticklake_consumer_last_landed_timestamp_seconds)\`, or as Athena sees it,
  \`time() - max(ticklake_catalog_newest_row_timestamp_seconds)\`
- Dead letters: \`sum by (reason) (increase(ticklake_consumer_records_refused_total[1h]))\`
- Flush, 99th percentile: \`histogram_quantile(0.99, sum by (le) (rate(ticklake_consumer_flush_seconds_bucket[5m])))\`

## Alerts

\`infra/alerts/rules.yml\` has them, and \`promtool test rules\` runs the tests beside it. Each says what it means for the
data and what to do. Every error code that ends a service, or stops one of its jobs, has one alert and one row in
[troubleshooting](troubleshooting.md); a test reads the codes from the sources and checks that the three agree.

- A service that ends itself stays for \`CONSUMER_STOP_LINGER_MS\` or \`PRODUCER_STOP_LINGER_MS\` (30 s in the compose
  files, 0 at a terminal) with \`ticklake_stopped{code="…"} 1\`. It is then started again and stops again, so the alert
  looks back ten minutes. A service that ends before its port is open, for example because of a wrong variable, fires
  \`TicklakeTargetDown\`.
- An attempt that fails and is retried sets \`ticklake_failing_since_timestamp_seconds{attempt="…",code="…"}\`.
- For \`TicklakeTargetDown\` the names of the jobs must begin with \`ticklake\`, and they must be scraped every 15 s or more
  often. Do not scrape a producer that sends a file and ends.

A scrape configuration for Prometheus (in a container it asks for
\`producer:9101\` and so on, which the compose file allows; other names: \`*_HEALTH_ALLOWED_HOSTS\`):

\`\`\`yaml
rule_files: [infra/alerts/rules.yml]
scrape_configs:
  - job_name: ticklake
    scrape_interval: 15s
    static_configs:
      - targets: ['127.0.0.1:9101', '127.0.0.1:9102', '127.0.0.1:9103']
  - job_name: ticklake-local-aws
    scrape_interval: 15s
    metrics_path: /_ticklake/metrics
    static_configs:
      - targets: ['127.0.0.1:4566']
\`\`\`

**In containers** the first three ports are not published. \`COMPOSE_PROFILES=metrics make up\` (or \`make aws\`; or
\`docker compose --profile metrics up\`) publishes them on 127.0.0.1. Of several consumers (\`--scale consumer=2\`) port
9102 leads to one. A Prometheus on the network \`ticklake_stream\` (on AWS \`ticklake_aws\`) sees each of them:

\`\`\`yaml
scrape_configs:
  - job_name: ticklake-consumer
    scrape_interval: 15s
    dns_sd_configs:
      - { names: [consumer], type: A, port: 9102 }
\`\`\`

${parts.join('\n\n')}

## Every process

${table(all.process ?? [])}
`
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../../docs/metrics.md'), await metricsPage())
