// What happens in the producer: each event is one function here, which logs it and counts it under the same name.
import type { Logger } from '@ticklake/runtime/log.ts'
import { Counter, Gauge, type Registry } from '@ticklake/runtime/metrics.ts'
import { Outage } from '@ticklake/runtime/outage.ts'
import type { FeedReports } from './feeds/feed.ts'
import type { ReaderEvents, SkippedRow } from './message.ts'

export interface Totals {
  readonly produced: number
  readonly delivered: number
  readonly failed: number
  readonly skipped: number
  readonly skippedByReason: Readonly<Record<string, number>>
  readonly blank: number
}

export type Events = ReturnType<typeof makeEvents>

/** Kinds of faults that are logged with an example each; a file has a dozen at most. */
const MAX_KINDS = 100
const SUMMARY_EVERY_MS = 10_000

/**
 * @param keepRejected called with every skipped row, also where the log leaves rows out
 * @param now ms, for rates
 */
export function makeEvents(
  log: Logger,
  registry: Registry,
  writeReject: (row: SkippedRow) => void = () => {},
  now: () => number = Date.now,
) {
  let produced = 0
  let delivered = 0
  let failed = 0
  let blank = 0
  let summarisedAt = now()
  let deliveredThen = 0
  let firstPass = true
  const skippedByReason: Record<string, number> = {}
  /** The first row of each kind of fault, and how many there were. */
  const kinds = new Map<string, { count: number; unlogged: number; readonly first: SkippedRow }>()
  const skipped = () => Object.values(skippedByReason).reduce((sum, count) => sum + count, 0)

  // Rows are counted in plain numbers and copied when someone asks: a counter's call for each row costs more than the row.
  const total = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  total('ticklake_producer_rows_produced_total', 'rows handed to the Kafka client', () => produced)
  total('ticklake_producer_rows_delivered_total', 'rows that the broker acknowledged', () => delivered)
  total('ticklake_producer_delivery_failures_total', 'rows that the Kafka client gave up', () => failed)
  total('ticklake_producer_rows_blank_total', 'blank rows of the source, passed over', () => blank)
  const skippedRows = new Counter({
    name: 'ticklake_producer_rows_skipped_total',
    help: 'rows of the source that are no ticks, left out, by reason',
    labelNames: ['reason'],
    registers: [registry],
  })
  const unknownFields = new Counter({
    name: 'ticklake_producer_unknown_fields_total',
    help: 'fields of JSON lines that are not the contract’s, left out',
    registers: [registry],
  })
  new Gauge({
    name: 'ticklake_producer_rows_in_flight',
    help: 'rows that wait for the broker’s acknowledgement',
    registers: [registry],
    collect() {
      this.set(produced - delivered - failed)
    },
  })
  const rate = new Gauge({
    name: 'ticklake_producer_rows_per_second',
    help: 'rows delivered per second, since the last line of progress (at most ten seconds)',
    registers: [registry],
  })
  const brokerUp = new Gauge({
    name: 'ticklake_producer_broker_up',
    help: '1 while the broker answers, otherwise 0',
    registers: [registry],
  })

  let outage: Outage | undefined
  const brokerOutage = (servers: string): Outage => {
    const logOutage = (facts: { why: string }, waited: string) =>
      log.warn({ servers, ...facts }, `waiting for the broker at ${servers}${waited}: ${facts.why}`)
    outage ??= new Outage(
      'reach_broker',
      {
        failed: (facts) => logOutage(facts, ''),
        stillFailing: (facts) => logOutage(facts, `, ${facts.seconds} s so far`),
        back: (facts) =>
          log.info({ servers, ...facts }, `the broker at ${servers} answers after ${facts.seconds} s`),
      },
      now,
    )
    return outage
  }

  const feedGapTicks = new Counter({
    name: 'ticklake_producer_feed_missed_ticks_total',
    help: 'ticks that a live feed did not deliver, by what came of them; a feed that does not number its ticks counts one for each gap',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const feedDuplicates = new Counter({
    name: 'ticklake_producer_feed_duplicates_total',
    help: 'ticks that a live feed delivered again, left out',
    registers: [registry],
  })
  const feedUp = new Gauge({
    name: 'ticklake_producer_feed_up',
    help: '1 while the live feed answers, 0 while it is connected to again; absent without a feed',
    labelNames: ['feed'],
    registers: [registry],
  })
  const feedOutage = new Outage(
    'reach_feed',
    {
      failed: (facts) => log.warn(facts, `the feed is connected to again: ${facts.why}`),
      stillFailing: (facts) => log.warn(facts, `the feed is away, ${facts.seconds} s so far: ${facts.why}`),
      back: (facts) => log.info(facts, `the feed answers again after ${facts.seconds} s`),
    },
    now,
  )
  const feed: FeedReports = {
    connected(name) {
      feedUp.set({ feed: name }, 1)
      feedOutage.worked()
    },
    failed(name, why) {
      feedUp.set({ feed: name }, 0)
      feedOutage.failed(why)
    },
    gap(gap) {
      feedGapTicks.inc({ outcome: 'filled' }, gap.filled)
      feedGapTicks.inc({ outcome: 'missing' }, gap.missed === undefined ? 1 : gap.missed - gap.filled)
      const filled = gap.missed === undefined ? '' : `: ${gap.filled} of ${gap.missed} were fetched`
      const { why } = gap
      if (why === undefined) log.info(gap, `gap in the feed, ${gap.what}${filled}`)
      else log.warn(gap, `gap in the feed, ${gap.what}${filled}; ${why}`)
    },
    duplicates(count) {
      feedDuplicates.inc(count)
    },
  }

  const readerEvents: ReaderEvents = {
    rowSkipped(row) {
      skippedByReason[row.reason] = (skippedByReason[row.reason] ?? 0) + 1
      skippedRows.inc({ reason: row.reason })
      // A loop meets the same rows again: they are counted again, and logged once.
      if (!firstPass) return
      writeReject(row)
      const name = `${row.reason} ${row.column}`
      const kind = kinds.get(name)
      if (kind) {
        kind.count++
        kind.unlogged++
        return
      }
      if (kinds.size >= MAX_KINDS) return
      kinds.set(name, { count: 1, unlogged: 0, first: row })
      const { text, ...facts } = row
      log.warn(facts, `row skipped: ${lineOf(row)}: ${row.detail}`)
    },
    fileFound(found, file) {
      if (firstPass) log.info({ file, found }, `${file}: ${found}`)
    },
    blankRow() {
      blank++
    },
    unknownFields(count) {
      unknownFields.inc(count)
    },
  }

  /** One line for each kind of fault of which there were more since the last time. */
  const logKinds = () => {
    for (const kind of kinds.values()) {
      if (kind.unlogged === 0) continue
      const { first, count } = kind
      const column = first.column ? ` in column ${first.column}` : ''
      log.warn(
        { reason: first.reason, column: first.column, count, firstLine: first.line },
        `rows skipped: ${count} for ${first.reason}${column}, the first at line ${first.line}`,
      )
      kind.unlogged = 0
    }
  }

  return {
    ...readerEvents,
    feed,
    rowProduced() {
      produced++
    },
    rowsDelivered(total: number) {
      delivered = total
    },
    deliveryFailed(reason: string) {
      if (failed++ === 0) log.error({ reason }, `a row was not delivered: ${reason}`)
    },
    sourceOpened(source: string, mode: string, pace: number | 'max') {
      log.info(
        { source, mode, rate: pace },
        `reading ${source}, ${mode}, ${pace === 'max' ? 'as fast as it goes' : `${pace} rows a second`}`,
      )
    },
    passEnded() {
      firstPass = false
    },
    /** To be called as often as the broker is found away; it is logged once, and then once a minute. */
    waitingForBroker(servers: string, reason: string) {
      brokerUp.set(0)
      brokerOutage(servers).failed(reason)
    },
    /** To be called with each sign of life. */
    brokerFound(servers: string) {
      brokerUp.set(1)
      if (outage) outage.worked()
      else log.info({ servers }, `the broker at ${servers} answers`)
      outage ??= brokerOutage(servers)
    },
    healthListens(host: string, port: number) {
      log.info({ host, port }, `health at http://${host}:${port}/readyz, metrics at /metrics`)
    },
    clientWarned(reason: string) {
      log.debug({ reason }, 'the Kafka client says')
    },
    stopping(signal: unknown) {
      log.info({ signal: String(signal) }, 'stopping: no more rows are read, those under way are awaited')
    },
    /** One line now and then: how far it is, and how many bad rows the log left out. */
    progress() {
      const elapsedMs = now() - summarisedAt
      if (elapsedMs === 0) return
      const perSecond = Math.round(((delivered - deliveredThen) / elapsedMs) * 1000)
      rate.set(perSecond)
      if (elapsedMs < SUMMARY_EVERY_MS) return
      summarisedAt = now()
      deliveredThen = delivered
      log.info(
        { produced, delivered, failed, skipped: skipped(), perSecond },
        `${delivered} rows delivered, ${perSecond} a second`,
      )
      logKinds()
    },
    ended() {
      logKinds()
      const facts = { produced, delivered, failed, skipped: skipped(), skippedByReason, blank }
      log.info(facts, 'ended')
      rate.set(0)
    },
    stays() {
      log.info('every row was sent: nothing follows, it stays until it is stopped (PRODUCER_AT_END)')
    },
    totals(): Totals {
      return { produced, delivered, failed, skipped: skipped(), skippedByReason, blank }
    },
  }
}

function lineOf({ file, line, column }: SkippedRow): string {
  return `${file} line ${line}${column ? `, column ${column}` : ''}`
}
