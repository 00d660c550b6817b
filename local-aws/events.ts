// The events of local-aws: each is logged and counted in one place.
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, Gauge, Histogram, type Registry } from '@ticklake/runtime/metrics.ts'
import { Outage, type OutageLines } from '@ticklake/runtime/outage.ts'
import type { DenialReason } from './http/denied-request.ts'

/** A web page may try again without end: one line a minute for each reason; the counter has the rest. */
const deniedLogEveryMs = 60_000

/** What is checked only when the metrics are scraped. */
interface Asked {
  /** By name: why a server does not answer; undefined if it does. */
  readonly upstreams: Readonly<Record<string, () => Promise<string | undefined>>>
  readonly freeBytes: () => number
}

export type Events = ReturnType<typeof makeEvents>

/** The events of one server; `registry` holds their metrics. */
export function makeEvents(log: Logger, registry: Registry) {
  const registers = [registry]
  const requests = new Counter({
    name: 'ticklake_local_aws_requests_total',
    help: 'Requests by service and status',
    labelNames: ['aws_service', 'status'],
    registers,
  })
  const queries = new Counter({
    name: 'ticklake_local_aws_queries_total',
    help: 'Queries that ended, by state',
    labelNames: ['state'],
    registers,
  })
  const querySeconds = new Histogram({
    name: 'ticklake_local_aws_query_seconds',
    help: 'Time from the request to the end of a query',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  })
  const refused = new Counter({
    name: 'ticklake_local_aws_refused_total',
    help: 'Requests that were refused, by reason',
    labelNames: ['reason'],
    registers,
  })
  const deniedLoggedAt = new Map<DenialReason, number>()
  const expired = new Counter({
    name: 'ticklake_local_aws_queries_expired_total',
    help: 'Finished queries that left the history',
    registers,
  })

  const lines: OutageLines = {
    failed: (facts) => log.warn(facts, `the S3 server does not answer: ${facts.why}`),
    stillFailing: (facts) =>
      log.warn(facts, `the S3 server still does not answer after ${facts.seconds} s: ${facts.why}`),
    back: (facts) => log.info(facts, `the S3 server answers again after ${facts.seconds} s`),
  }
  const upstream = new Outage('reach_s3', lines)
  const records = new Outage('store_query', {
    failed: ({ why }) => log.error({ why }, `query records cannot be stored, so no new query is run: ${why}`),
    stillFailing: ({ why, seconds }) =>
      log.error({ why, seconds }, `query records still cannot be stored after ${seconds} s: ${why}`),
    back: ({ seconds }) => log.info({ seconds }, `query records are stored again after ${seconds} s`),
  })

  return {
    listening: (at: { url: string; s3: string; engine: string }) => log.info(at, 'listening'),
    /** The folder of LOCAL_AWS_SEED_DIR is loaded. */
    seeded: (facts: { objects: number; statements: number }) => log.info(facts, 'seeded'),
    answered: (service: string, status: number) => requests.inc({ aws_service: service, status }),
    /** A refused request: its body was not read. */
    refused: (facts: { reason: DenialReason; method: string; path: string; why: string }) => {
      refused.inc({ reason: facts.reason })
      const now = Date.now()
      const isDue = now - (deniedLoggedAt.get(facts.reason) ?? 0) >= deniedLogEveryMs
      if (isDue) deniedLoggedAt.set(facts.reason, now)
      log[isDue ? 'warn' : 'debug'](facts, 'request refused')
    },
    /** A request that could not be passed on; the client got a 503 or a closed connection. */
    upstreamFailed: (facts: { method: string; target: string; reason: string }) => {
      log.debug(facts, 'request not passed through')
      upstream.failed(facts.reason)
    },
    /** The S3 server answered a request. */
    upstreamAnswered: () => upstream.worked(),
    /** From now on a scrape checks whether these servers answer, and how much space the disk has. */
    whenAsked({ upstreams, freeBytes }: Asked) {
      new Gauge({
        name: 'ticklake_local_aws_upstream_up',
        help: '1 while the server behind local-aws answers, 0 while it does not; checked at each scrape',
        labelNames: ['upstream'],
        registers,
        async collect() {
          const asked = Object.entries(upstreams).map(async ([name, whyAway]) => {
            this.set({ upstream: name }, (await whyAway()) === undefined ? 1 : 0)
          })
          await Promise.all(asked)
        },
      })
      new Gauge({
        name: 'ticklake_local_aws_disk_free_bytes',
        help: 'Free bytes on the disk of LOCAL_AWS_DATA_DIR',
        registers,
        collect() {
          this.set(freeBytes())
        },
      })
    },
    /** A defect: an operation threw something other than an AwsError. */
    unhandledError: (facts: { target: string; err: unknown }) =>
      log.error(facts, 'unhandled error in operation'),
    /** A query's record could not be stored: either it was not run, or it ended and only this process knows how. */
    historyFailed: (why: string) => records.failed(why),
    historyStored: () => records.worked(),
    queryEnded: (facts: { id: string; state: string; ms: number; reason: string | undefined }) => {
      queries.inc({ state: facts.state })
      querySeconds.observe(facts.ms / 1000)
      log[facts.state === 'FAILED' ? 'info' : 'debug'](facts, 'query ended')
    },
    /** The rows of an INSERT or CTAS are written; only the list of their files is not. */
    manifestFailed: (facts: { id: string; reason: string }) =>
      log.warn(facts, 'a query wrote its rows, but not the list of its files'),
    queriesExpired: (count: number) => {
      expired.inc(count)
      log.debug({ count }, 'old queries left the history')
    },
    expiryFailed: (reason: string) => log.warn({ reason }, 'old results could not be removed; retried later'),
    /** Queries that an earlier run of this server left unfinished. */
    interruptedQueriesFailed: (count: number) =>
      log.warn({ count }, 'queries of an earlier run were marked as failed'),
  }
}
