// The long-running service: registers partitions, runs the crawler, compaction and audits on schedule, and answers scrapes.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { ChainTails } from '@ticklake/lake/chain-tail.ts'
import { measureLag } from '@ticklake/lake/lag.ts'
import { countRows } from '@ticklake/lake/row-count.ts'
import { type HealthServer, startHealthServer } from '@ticklake/runtime/health.ts'
import type { Registry } from '@ticklake/runtime/metrics.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { Alerts } from './alerts/alerts.ts'
import { runAlerts } from './alerts/job.ts'
import { type Audit, AuditJob } from './audit/job.ts'
import { type CompactionEvents, compact } from './compaction/compact.ts'
import type { CatalogConfig } from './config.ts'
import type { CatalogEvents } from './events.ts'
import { crawl } from './tables/crawler.ts'
import { Registrar } from './tables/registrar.ts'

export interface ServeParts {
  readonly aws: Aws
  readonly broker: Broker
  readonly config: CatalogConfig
  readonly registry: Registry
  readonly events: CatalogEvents
  readonly audit: Audit
  /** undefined: there are no alerts */
  readonly alerts: Alerts | undefined
}

/**
 * Runs until the signal aborts. A service that does not answer is retried; only a health port in use ends it.
 * @throws Failure HEALTH_PORT_TAKEN
 */
export async function serve(parts: ServeParts, signal: AbortSignal): Promise<void> {
  const { config, events } = parts
  const registrar = new Registrar(parts.aws, config.lake, config.hoursAhead)
  let registered = false
  await using health: HealthServer = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    portVariable: 'CATALOG_HEALTH_PORT',
    allowedHosts: config.healthAllowedHosts,
    allowedHostsVariable: 'CATALOG_HEALTH_ALLOWED_HOSTS',
    registry: parts.registry,
    whyNotReady: () =>
      events.whyFailing('register_partitions') ??
      (registered ? undefined : 'partitions are not registered yet'),
  })
  events.healthListening({ host: config.healthHost, port: health.port })
  countOnScrape(parts, signal)
  events.scheduled({ compact: compacts(config) ? config.compactEveryMs : 0, audit: config.auditEveryMs })
  const audits = new AuditJob({
    audit: parts.audit,
    config,
    attempt: (work) => attempt(parts, 'audit', signal, work),
    onResult: events.audited,
    onFailed: events.auditFailed,
  })
  await Promise.all([
    every(config.registerEveryMs, signal, async () => {
      await attempt(parts, 'register_partitions', signal, async () => {
        const now = Date.now()
        events.partitionsRegistered(await registrar.register(now), now)
        registered = true
      })
    }),
    crawlOnSchedule(parts, signal),
    compactOnSchedule(parts, signal, (changed) => audits.compactionPassed(changed)),
    audits.run(signal),
    alertsOnSchedule(parts, signal),
  ])
  events.stopped()
}

async function crawlOnSchedule(parts: ServeParts, signal: AbortSignal): Promise<void> {
  if (parts.config.crawlEveryMs === 0) return
  // The first crawl comes after one interval: on AWS each one is billed, and a restart should not cause one.
  await sleep(parts.config.crawlEveryMs, signal)
  await every(parts.config.crawlEveryMs, signal, async () => {
    const done = await attempt(parts, 'crawl', signal, async () => {
      parts.events.crawlEnded(await crawl(parts.aws, parts.config, { signal }))
    })
    if (!done && !signal.aborted) parts.events.crawlFailed()
  })
}

async function alertsOnSchedule(parts: ServeParts, signal: AbortSignal): Promise<void> {
  if (!parts.alerts) return
  const { rules, episodes, notify } = parts.alerts
  await runAlerts(
    rules,
    {
      athena: parts.aws.athena,
      episodes,
      notify,
      events: parts.events.alerts,
      queryTimeoutMs: parts.config.queryTimeoutMs,
      async attempt(alert, work) {
        try {
          await work()
          parts.events.alertWorks(alert)
        } catch (error) {
          if (!signal.aborted) parts.events.alertFailed(alert, error)
        }
      },
    },
    signal,
  )
}

/** json-object has one object for each record by design. */
function compacts({ compactEveryMs, lake }: CatalogConfig): boolean {
  return compactEveryMs > 0 && lake.format !== 'json-object'
}

/** @param onPass called after each pass, also after one that failed; `changed`: an hour has changed */
async function compactOnSchedule(
  parts: ServeParts,
  signal: AbortSignal,
  onPass: (changed: boolean) => void,
): Promise<void> {
  const { config, aws, broker } = parts
  if (!compacts(config)) return
  let changed = false
  const events: CompactionEvents = {
    ...parts.events.compaction,
    merged(facts) {
      changed = true
      parts.events.compaction.merged(facts)
    },
    switched(facts) {
      changed = true
      parts.events.compaction.switched(facts)
    },
    deleted(facts) {
      changed = true
      parts.events.compaction.deleted(facts)
    },
  }
  await every(config.compactEveryMs, signal, async () => {
    changed = false
    await attempt(parts, 'compact', signal, () => compact(aws, broker, config, { signal, events }))
    onPass(changed)
  })
}

/** A scrape gets the last numbers at once, and starts the next count if they are old enough. */
function countOnScrape(parts: ServeParts, signal: AbortSignal): void {
  let nextAt = 0
  let busy = false
  const tails = new ChainTails(parts.aws.bucket, parts.config.lake)
  parts.events.onScrape(() => {
    const now = Date.now()
    if (busy || now < nextAt || signal.aborted) return
    busy = true
    nextAt = now + parts.config.watchEveryMs
    void attempt(parts, 'count_rows', signal, async () => {
      parts.events.counted(await countRows(parts.aws.athena, parts.config, now, { signal }))
      parts.events.lagMeasured(await measureLag(tails, () => parts.broker.topicOnce()))
    }).finally(() => {
      busy = false
    })
  })
}

/** Out: whether it worked. An aborted attempt is no failure. */
async function attempt(
  { events }: ServeParts,
  name: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work()
    events.attemptSucceeded(name)
    return true
  } catch (error) {
    if (signal.aborted) return false
    events.attemptFailed(name, error)
    return false
  }
}

async function every(intervalMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    // Not the wall clock: setting it back by hours would stop the service for that long.
    const startedAt = performance.now()
    await work()
    await sleep(Math.max(0, startedAt + intervalMs - performance.now()), signal)
  }
}
