// What happens in `catalog serve`: one function an event, which logs it and counts it under the same name.
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, Gauge, type Registry } from '@ticklake/runtime/metrics.ts'
import { Outages, outageLines } from '@ticklake/runtime/outage.ts'
import type { CompactionEvents } from './compaction/compact.ts'
import type { CrawlOutcome } from './crawler.ts'
import type { Lag, RowCount } from './pulse.ts'

export type CatalogEvents = ReturnType<typeof catalogEvents>

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
    help: 'Failed attempts, by what was attempted; each is tried again',
    labelNames: ['attempt'],
    registers,
  })
  const registeredAt = gauge(
    'ticklake_catalog_last_registration_timestamp_seconds',
    'When partitions were last looked after',
  )
  const rows = gauge('ticklake_catalog_rows', 'SELECT count(*) of the table, as Athena last said it')
  const newest = gauge('ticklake_catalog_newest_row_timestamp_seconds', 'Broker time of the newest row')
  const querySeconds = gauge('ticklake_catalog_count_query_seconds', 'How long the last count took')
  const scanned = counter('ticklake_catalog_scanned_bytes_total', 'Bytes that the counts made Athena scan')
  const lag = gauge('ticklake_catalog_lag_records', 'Records in Kafka that are not claimed and written yet')
  const margin = new Gauge({
    name: 'ticklake_catalog_retention_margin_records',
    help: 'Landed records that Kafka still holds before the first one that has not landed; below 0, records are lost',
    labelNames: ['partition'],
    registers,
  })
  // Not known is not 0: a panel that shows no rows when nobody has counted would be wrong.
  for (const unknown of [rows, newest, querySeconds, lag, registeredAt]) unknown.set(Number.NaN)
  const compactedRows = counter('ticklake_catalog_compacted_rows_total', 'Rows written by compaction')
  const deletedObjects = counter(
    'ticklake_catalog_deleted_objects_total',
    'Objects deleted because a compacted hour holds their rows',
  )
  let countedAt: number | undefined
  const outages = new Outages(outageLines(log, 'nothing is changed meanwhile'))
  return {
    started: (facts: object) => log.info(facts, 'catalog started'),
    stopped: () => log.info('catalog stopped'),
    healthListening: (facts: { host: string; port: number }) =>
      log.info(facts, `health at http://${facts.host}:${facts.port}/readyz, numbers at /metrics`),
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
        log.info({ hour, objects }, 'objects deleted whose rows are in a compacted hour')
      },
      refused: (facts) => log.error(facts, 'hour not compacted; its objects stay as they are'),
    } satisfies CompactionEvents,
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
    },
    attemptFailed(attempt: string, error: unknown) {
      failures.inc({ attempt })
      outages.failed(attempt, error)
    },
    attemptSucceeded: (attempt: string) => outages.worked(attempt),
    /** Why that attempt does not work just now; undefined while it does. */
    whyFailing: (attempt: string) => outages.why(attempt),
    /** Calls back whenever somebody asks for the count's metric. */
    whenAsked(callback: () => void) {
      new Gauge({
        name: 'ticklake_catalog_count_age_seconds',
        help: 'How old the count is; asking for the metrics renews it',
        registers,
        collect() {
          callback()
          this.set(countedAt === undefined ? Number.NaN : (Date.now() - countedAt) / 1000)
        },
      })
    },
  }
}
