// The events of `catalog serve`: one function each, which logs and counts it.

import type { Lag } from '@ticklake/lake/lag.ts'
import type { RowCount } from '@ticklake/lake/row-count.ts'
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, failingSince, Gauge, type Registry } from '@ticklake/runtime/metrics.ts'
import { Outages, outageLines } from '@ticklake/runtime/outage.ts'
import { auditLine } from './audit/audit.ts'
import type { AuditOutcome } from './audit/run.ts'
import type { CompactionEvents } from './compaction/compact.ts'
import type { CrawlOutcome } from './tables/crawler.ts'

export type CatalogEvents = ReturnType<typeof catalogEvents>

/** Findings in the log; `catalog audit` shows all. */
const FINDINGS_LOGGED = 5

export function catalogEvents(log: Logger, registry: Registry) {
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const partitions = counter('ticklake_catalog_partitions_registered_total', 'Partitions registered in Glue')
  const crawls = new Counter({
    name: 'ticklake_catalog_crawls_total',
    help: 'Crawls that ended, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  const failures = new Counter({
    name: 'ticklake_catalog_failures_total',
    help: 'Failed attempts, by what was attempted; each is retried',
    labelNames: ['attempt'],
    registers,
  })
  const registeredAt = gauge(
    'ticklake_catalog_last_registration_timestamp_seconds',
    'When partitions were last registered',
  )
  const rows = gauge('ticklake_catalog_rows', 'The last SELECT count(*) of the table')
  const newest = gauge('ticklake_catalog_newest_row_timestamp_seconds', 'Broker time of the newest row')
  const querySeconds = gauge('ticklake_catalog_count_query_seconds', 'How long the last count took')
  const scanned = counter('ticklake_catalog_scanned_bytes_total', 'Bytes that Athena scanned for counts')
  const lag = gauge('ticklake_catalog_lag_records', 'Records in Kafka that have not landed yet')
  const margin = new Gauge({
    name: 'ticklake_catalog_retention_margin_records',
    help: 'Landed records that Kafka still holds before the first one that has not landed; below 0, records are lost',
    labelNames: ['partition'],
    registers,
  })
  const truncated = new Gauge({
    name: 'ticklake_catalog_truncated_records',
    help: 'Landed offsets beyond the end of their partition in Kafka: Kafka has lost these records, and will reuse the offsets',
    labelNames: ['partition'],
    registers,
  })
  const pendingHours = gauge(
    'ticklake_catalog_compaction_backlog',
    'Closed hours with small objects that compaction has not merged yet',
  )
  const oldestPending = gauge(
    'ticklake_catalog_compaction_oldest_pending_hour_timestamp_seconds',
    'When the oldest of these hours closed',
  )
  const passedAt = gauge(
    'ticklake_catalog_compaction_last_pass_timestamp_seconds',
    'When compaction last finished a pass over all hours',
  )
  const compactEvery = gauge(
    'ticklake_catalog_compaction_interval_seconds',
    'How often compaction runs; 0: it is turned off',
  )
  const auditEvery = gauge(
    'ticklake_catalog_audit_interval_seconds',
    'How often an audit is run; 0: audits are turned off',
  )
  const audits = new Counter({
    name: 'ticklake_catalog_audits_total',
    help: 'Audits by outcome: good, bad, or failed, which has no result',
    labelNames: ['outcome'],
    registers,
  })
  const auditedAt = gauge(
    'ticklake_catalog_audit_last_verdict_timestamp_seconds',
    'When an audit last had a result, good or bad',
  )
  const goodAt = gauge(
    'ticklake_catalog_audit_last_success_timestamp_seconds',
    'When an audit last found nothing wrong',
  )
  const findings = gauge('ticklake_catalog_audit_findings', 'What the last audit found wrong')
  const lost = gauge('ticklake_catalog_audit_lost_rows', 'Lost records in the last audit')
  const duplicates = gauge('ticklake_catalog_audit_duplicate_rows', 'Duplicate rows in the last audit')
  const auditSeconds = gauge('ticklake_catalog_audit_seconds', 'How long the last audit took')
  const auditScanned = counter(
    'ticklake_catalog_audit_scanned_bytes_total',
    'Bytes that Athena scanned for audits',
  )
  const unknownAtFirst = [oldestPending, pendingHours, passedAt, auditedAt, goodAt]
  for (const one of [...unknownAtFirst, findings, lost, duplicates, auditSeconds]) one.set(Number.NaN)
  // Unknown is not 0: a panel that shows 0 rows before the first count would be wrong.
  for (const unknown of [rows, newest, querySeconds, lag, registeredAt]) unknown.set(Number.NaN)
  const compactedRows = counter('ticklake_catalog_compacted_rows_total', 'Rows written by compaction')
  const deletedObjects = counter(
    'ticklake_catalog_deleted_objects_total',
    'Objects deleted because a compacted hour holds their rows',
  )
  const firing = new Gauge({
    name: 'ticklake_catalog_alert_firing',
    help: '1 while the alert of alerts.yml is firing, otherwise 0',
    labelNames: ['alert'],
    registers,
  })
  let countedAt: number | undefined
  const countFailing = failingSince(registry)
  const outages = new Outages(outageLines(log, 'nothing is changed meanwhile'), Date.now, countFailing)
  /** One attempt for the metrics, and in the log one for each alert: that one works says nothing of the others. */
  const failingAlerts = new Map<string, Parameters<typeof countFailing>[1]>()
  const alertOutages = new Outages(
    outageLines(log, 'it is checked again at its interval'),
    Date.now,
    (alert, failing) => {
      if (failing) failingAlerts.set(alert, failing)
      else failingAlerts.delete(alert)
      countFailing('check_alert', failingAlerts.values().next().value)
    },
  )
  /** Failures of the running pass, and of earlier ones without a pause. */
  let refusedCode: string | undefined
  let refusedSinceMs: number | undefined
  return {
    started: (facts: object) => log.info(facts, 'catalog started'),
    /** How often the jobs that alerts watch are run. */
    scheduled(everyMs: { readonly compact: number; readonly audit: number }) {
      compactEvery.set(everyMs.compact / 1000)
      auditEvery.set(everyMs.audit / 1000)
    },
    stopped: () => log.info('catalog stopped'),
    healthListening: (facts: { host: string; port: number }) =>
      log.info(facts, `health at http://${facts.host}:${facts.port}/readyz, metrics at /metrics`),
    partitionsRegistered(made: number, nowMs: number) {
      registeredAt.set(nowMs / 1000)
      if (made === 0) return
      partitions.inc(made)
      log.info({ partitions: made }, 'partitions registered')
    },
    crawlEnded(outcome: CrawlOutcome) {
      crawls.inc({ outcome: 'succeeded' })
      const { crawler, created, updated, deleted, elapsedMs } = outcome
      log.info({ crawler, created, updated, deleted, elapsedMs }, 'crawl ended')
    },
    crawlFailed() {
      crawls.inc({ outcome: 'failed' })
    },
    compaction: {
      merged({ hour, from, to, rows, late }) {
        compactedRows.inc(rows)
        log.info({ hour, from, to, rows }, late ? 'late rows merged into a compacted hour' : 'hour compacted')
      },
      switched: (facts) => log.info(facts, 'tables read the compacted hour'),
      deleted({ hour, objects }) {
        deletedObjects.inc(objects)
        log.info({ hour, objects }, 'deleted objects that compaction has replaced')
      },
      refused(facts) {
        refusedCode = facts.code
        log.error(facts, 'hour not compacted; its objects stay unchanged')
      },
      passed({ pending }) {
        refusedSinceMs = refusedCode === undefined ? undefined : (refusedSinceMs ?? Date.now())
        countFailing(
          'compact_hour',
          refusedSinceMs === undefined ? undefined : { code: refusedCode, sinceMs: refusedSinceMs },
        )
        refusedCode = undefined
        const nowMs = Date.now()
        const over = pending.map(endOfHour).filter((endMs) => endMs <= nowMs)
        passedAt.set(nowMs / 1000)
        pendingHours.set(over.length)
        oldestPending.set(over.length > 0 ? Math.min(...over) / 1000 : Number.NaN)
      },
    } satisfies CompactionEvents,
    audited({ report, scannedBytes }: AuditOutcome, isGood: boolean, elapsedMs: number) {
      const seconds = Date.now() / 1000
      audits.inc({ outcome: isGood ? 'good' : 'bad' })
      auditedAt.set(seconds)
      if (isGood) goodAt.set(seconds)
      findings.set(report.findings.length)
      lost.set(report.lost)
      duplicates.set(report.twice)
      auditSeconds.set(elapsedMs / 1000)
      auditScanned.inc(scannedBytes)
      const facts = { elapsedMs: Math.round(elapsedMs), scannedBytes }
      if (isGood) return log.info(facts, auditLine(report))
      const found = report.findings.slice(0, FINDINGS_LOGGED).map(({ what }) => what)
      log.error({ ...facts, findings: report.findings.length, found }, auditLine(report))
    },
    alerts: {
      checked: (alert: string, isFiring: boolean) => firing.set({ alert }, isFiring ? 1 : 0),
      fired(alert: string, rows: readonly string[], logs: boolean) {
        if (logs) log.warn({ alert, rows }, `alert: ${alert}`)
      },
      resolved(alert: string, seconds: number) {
        log.info({ alert, seconds: Math.round(seconds) }, `alert resolved: ${alert}`)
      },
    },
    auditFailed: () => audits.inc({ outcome: 'failed' }),
    counted(count: RowCount) {
      countedAt = Date.now()
      rows.set(count.rows)
      if (count.newestMs !== undefined) newest.set(count.newestMs / 1000)
      querySeconds.set(count.queryMs / 1000)
      scanned.inc(count.scannedBytes)
    },
    lagMeasured(measured: Lag) {
      lag.set(measured.records)
      margin.reset()
      for (const [partition, records] of measured.marginByPartition) margin.set({ partition }, records)
      truncated.reset()
      for (const [partition, records] of measured.truncatedByPartition) truncated.set({ partition }, records)
    },
    attemptFailed(attempt: string, error: unknown) {
      failures.inc({ attempt })
      outages.failed(attempt, error)
    },
    attemptSucceeded: (attempt: string) => outages.worked(attempt),
    alertFailed(alert: string, error: unknown) {
      failures.inc({ attempt: 'check_alert' })
      alertOutages.failed(`check_alert ${alert}`, error)
    },
    alertWorks: (alert: string) => alertOutages.worked(`check_alert ${alert}`),
    /** Why that attempt fails now; undefined while it works. */
    whyFailing: (attempt: string) => outages.why(attempt),
    /** Calls back at each scrape of the count's metric. */
    onScrape(callback: () => void) {
      new Gauge({
        name: 'ticklake_catalog_count_age_seconds',
        help: 'How old the count is; a scrape renews it',
        registers,
        collect() {
          callback()
          this.set(countedAt === undefined ? Number.NaN : (Date.now() - countedAt) / 1000)
        },
      })
    },
  }
}

/** ms since 1970 of the end of an hour such as `2026-11-21-09`. */
function endOfHour(name: string): number {
  return Date.parse(`${name.slice(0, 10)}T${name.slice(11)}:00:00Z`) + 3_600_000
}
