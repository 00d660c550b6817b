// The consumer's events: one function for each, which logs and counts it under the same name.
import type { Claim } from '@ticklake/contract/claim.ts'
import { claimRows } from '@ticklake/contract/claim.ts'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, failingSince, Gauge, Histogram, type Registry } from '@ticklake/runtime/metrics.ts'
import { Outages, outageLines } from '@ticklake/runtime/outage.ts'
import { release } from '@ticklake/runtime/release.ts'
import { RejectionWatch } from './dead-letters/rejection-watch.ts'

export type ConsumerEvents = ReturnType<typeof consumerEvents>

export function consumerEvents(log: Logger, registry: Registry) {
  const registers = [registry]
  const received = counter('ticklake_consumer_records_received_total', 'Records read from Kafka')
  const rows = counter('ticklake_consumer_rows_landed_total', 'Rows in objects whose claim is complete')
  const objects = counter('ticklake_consumer_objects_written_total', 'Objects written to the table')
  const bytes = counter('ticklake_consumer_object_bytes_total', 'Bytes of these objects')
  const claims = counter('ticklake_consumer_claims_completed_total', 'Claims completed')
  const adopted = counter(
    'ticklake_consumer_claims_adopted_total',
    'Claims of other consumers that this one completed',
  )
  const dead = new Counter({
    name: 'ticklake_consumer_records_refused_total',
    help: 'Rejected records, by reason; dead-letter files hold them',
    labelNames: ['reason'],
    registers,
  })
  const unknown = counter(
    'ticklake_consumer_unknown_fields_total',
    'Fields of messages that the contract does not know',
  )
  const dropped = counter(
    'ticklake_consumer_records_dropped_total',
    'Records dropped from memory unclaimed; the partition’s next owner re-reads them',
  )
  const failures = new Counter({
    name: 'ticklake_consumer_failures_total',
    help: 'Failed attempts, by what was attempted; each is retried',
    labelNames: ['attempt'],
    registers,
  })
  const compared = new Counter({
    name: 'ticklake_consumer_records_compared_total',
    help: 'Landed records that were compared with Kafka, by result; unknown: Kafka no longer has the record',
    labelNames: ['result'],
    registers,
  })
  const eras = counter(
    'ticklake_consumer_eras_begun_total',
    'Eras begun because Kafka had replaced landed records (CONSUMER_ON_TRUNCATION=record)',
  )
  const flushSeconds = new Histogram({
    name: 'ticklake_consumer_flush_seconds',
    help: 'Time from the start of a flush to its complete claim',
    buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  })
  const buffered = gauge('ticklake_consumer_buffer_bytes', 'Bytes held in memory, not yet in S3')
  const freshness = gauge(
    'ticklake_consumer_last_landed_timestamp_seconds',
    'Broker time of the newest landed record',
  )
  const brokerUp = gauge('ticklake_consumer_broker_up', '1 while a broker can be reached, otherwise 0')
  const partitions = gauge('ticklake_consumer_assigned_partitions', 'Partitions assigned to this consumer')
  const landedOffset = new Gauge({
    name: 'ticklake_consumer_claimed_offset',
    help: 'Landed offset of a partition: the end of its last complete claim',
    labelNames: ['partition'],
    registers,
  })
  const lag = new Gauge({
    name: 'ticklake_consumer_lag_records',
    help: 'Records of a partition in Kafka beyond its landed offset',
    labelNames: ['partition'],
    registers,
  })
  const following = gauge(
    'ticklake_consumer_notices_following',
    'Claims whose rejected records are still to be announced in the dead-letter topic; their dead-letter files are written',
  )
  const outages = new Outages(
    outageLines(log, 'the data stays in memory and in Kafka'),
    Date.now,
    failingSince(registry),
  )
  const rejections = new RejectionWatch(log)
  let newestMs = 0

  function counter(name: string, help: string) {
    return new Counter({ name, help, registers })
  }
  function gauge(name: string, help: string) {
    return new Gauge({ name, help, registers })
  }

  return {
    started: (facts: object) => log.info(facts, 'consumer started'),
    endReached: () => log.info('every record that the topic had at the start has landed'),
    stopped: () => log.info('consumer stopped; every record that it read is in the lake or still in Kafka'),
    datasetRaised: (from: number, to: number) =>
      log.info(
        { from, to, release },
        `raised the dataset from contract ${from} to ${to}; consumers of earlier releases stop`,
      ),
    healthListening: (host: string, port: number) =>
      log.info({ host, port }, `health at http://${host}:${port}/readyz, metrics at /metrics`),
    brokerAway: (why: string) => {
      brokerUp.set(0)
      outages.failed('reach_broker', why, 'KAFKA_UNREACHABLE')
    },
    brokerBack: () => {
      brokerUp.set(1)
      outages.worked('reach_broker')
    },
    brokerMessage: (message: string) => log.debug({ message }, 'kafka client'),
    assigned: (assignment: { partition: number; from: number }[], count: number) => {
      partitions.set(count)
      log.info({ assignment }, 'partitions assigned')
    },
    revoked: (revoked: number[], count: number, how: 'flush' | 'drop') => {
      partitions.set(count)
      for (const partition of revoked) {
        lag.remove(String(partition))
        landedOffset.remove(String(partition))
      }
      log.info({ partitions: revoked, how }, 'partitions revoked')
    },
    recordsReceived: (count: number) => {
      received.inc(count)
      rejections.received(count)
    },
    recordRejected: (reason: string, partition: number, offset: number, detail: string) => {
      dead.inc({ reason })
      rejections.rejected(reason, partition, offset, detail)
      log.debug({ reason, partition, offset, detail }, 'record rejected')
    },
    recordCompared: (result: 'same' | 'unknown' | 'replaced') => compared.inc({ result }),
    unknownFields: (count: number) => unknown.inc(count),
    recordsDropped: (partition: number, count: number) => {
      dropped.inc(count)
      log.info({ partition, count }, 'dropped unclaimed records; the partition’s next owner re-reads them')
    },
    claimAdopted: (claim: Claim) => {
      adopted.inc()
      log.info(
        { partition: claim.partition, S: claim.S, E: claim.E },
        'completing a claim that another consumer wrote',
      )
    },
    earlierReleaseBeside: ({ partition, S, E, contract }: Claim) =>
      log.warn(
        { partition, S, E, contract },
        'a consumer of an earlier release writes to the same dataset and drops the columns that were added since; stop it',
      ),
    objectWritten: (size: number, stored: boolean) => {
      if (!stored) return
      objects.inc()
      bytes.inc(size)
    },
    claimCompleted: (claim: Claim, lastTimestampMs: number | undefined, seconds: number | undefined) => {
      claims.inc()
      rows.inc(claimRows(claim))
      if (seconds !== undefined) flushSeconds.observe(seconds)
      landedOffset.set({ partition: claim.partition }, claim.E)
      // Partitions land in any order, and one with a lag must not make the lake look old.
      newestMs = Math.max(newestMs, lastTimestampMs ?? 0)
      if (newestMs > 0) freshness.set(newestMs / 1000)
      const { partition, S, E, dead: rejected, gaps, skipped } = claim
      const facts = {
        partition,
        S,
        E,
        rows: claimRows(claim),
        ...(rejected && { dead: rejected }),
        ...(gaps && { gaps }),
      }
      if (rejected > 0 || skipped > 0)
        log.warn({ ...facts, ...(skipped && { skipped }) }, 'batch landed, not all of it as rows')
      else log.debug(facts, 'batch landed')
    },
    eraBegun: ({ partition, E, era, begins }: Claim) => {
      eras.inc()
      log.warn(
        { partition, era: era!.number, shift: era!.shift, from: E, ...begins },
        `Kafka has lost the records [${begins!.kafkaOffset},${begins!.replacedTo}) of partition ${partition}, which have landed; the lake keeps them, and new records land after them in a new era`,
      )
    },
    commitFailed: (partition: number, error: unknown) => {
      failures.inc({ attempt: 'commit' })
      log.debug(
        { partition, why: reasonOf(error) },
        'offset not committed; the claims record what has landed, so nothing is lost',
      )
    },
    attemptFailed: (attempt: string, error: unknown) => {
      failures.inc({ attempt })
      outages.failed(attempt, error)
    },
    attemptSucceeded: (attempt: string) => outages.worked(attempt),
    isFailing: () => outages.failing(),
    announcementsPending: (claims: number) => following.set(claims),
    buffered: (size: number) => buffered.set(size),
    lagMeasured: (partition: number, records: number) => lag.set({ partition }, records),
  }
}
