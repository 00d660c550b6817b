// The metrics for alerts about audits, compaction and truncation.
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AuditOutcome } from './audit/run.ts'
import { catalogEvents } from './events.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-21T12:20:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp() {
  const lines: string[] = []
  const registry = makeRegistry('catalog')
  const events = catalogEvents(
    makeLogger('catalog', {}, { write: (line) => void lines.push(line) }),
    registry,
  )
  const shown = async (name: string) => {
    const text = await registry.metrics()
    return Object.fromEntries(
      [...text.matchAll(new RegExp(`^ticklake_${name}\\{(.*)\\} (\\S+)$`, 'gm'))].map(([, labels, value]) => [
        labels!.replace(/,?service="catalog"/, ''),
        Number(value),
      ]),
    )
  }
  return { events, shown, lines }
}

const outcome = (lost: number, twice: number, what?: string) =>
  ({
    scannedBytes: 5_000,
    report: {
      produced: 10,
      landed: 10 - lost,
      dead: 0,
      skipped: 0,
      lost,
      twice,
      late: 0,
      findings: what ? [{ what }] : [],
    },
  }) as unknown as AuditOutcome

test('before the first audit nothing is known; a bad and a good one set their metrics and log lines', async () => {
  const { events, shown, lines } = setUp()
  expect(await shown('catalog_audit_findings')).toEqual({ '': Number.NaN })
  events.audited(outcome(0, 0), true, 800)
  vi.advanceTimersByTime(60_000)
  events.audited(outcome(3, 2, 'ticks/x.parquet is missing'), false, 800)
  events.auditFailed()
  expect(await shown('catalog_audits_total')).toEqual({
    'outcome="good"': 1,
    'outcome="bad"': 1,
    'outcome="failed"': 1,
  })
  const now = Date.now() / 1000
  expect(await shown('catalog_audit_last_verdict_timestamp_seconds')).toEqual({ '': now })
  expect(await shown('catalog_audit_last_success_timestamp_seconds')).toEqual({ '': now - 60 })
  expect(await shown('catalog_audit_findings')).toEqual({ '': 1 })
  expect(await shown('catalog_audit_lost_rows')).toEqual({ '': 3 })
  expect(await shown('catalog_audit_duplicate_rows')).toEqual({ '': 2 })
  expect(await shown('catalog_audit_scanned_bytes_total')).toEqual({ '': 10_000 })
  expect(lines.join('')).toMatch(/"level":"error".*x\.parquet is missing.*lost 3, twice 2/)
})

test('of the hours that compaction left, the closed ones are counted, with the oldest', async () => {
  const { events, shown } = setUp()
  events.compaction.passed({ pending: ['2026-11-21-12', '2026-11-21-11', '2026-11-21-09'] })
  expect(await shown('catalog_compaction_backlog')).toEqual({ '': 2 })
  expect(await shown('catalog_compaction_oldest_pending_hour_timestamp_seconds')).toEqual({
    '': Date.parse('2026-11-21T10:00:00Z') / 1000,
  })
  events.compaction.passed({ pending: ['2026-11-21-12'] })
  expect(await shown('catalog_compaction_backlog')).toEqual({ '': 0 })
  expect(await shown('catalog_compaction_oldest_pending_hour_timestamp_seconds')).toEqual({ '': Number.NaN })
})

test('a refused hour is reported by its code since the first such pass, until a pass without one', async () => {
  const { events, shown } = setUp()
  const since = Date.now() / 1000
  for (let pass = 0; pass < 3; pass++) {
    events.compaction.refused({ hour: '2026-11-21-09', code: 'MERGER_FAILED', why: 'out of memory' })
    events.compaction.passed({ pending: ['2026-11-21-09'] })
    vi.advanceTimersByTime(300_000)
  }
  const labels = 'attempt="compact_hour",code="MERGER_FAILED"'
  expect(await shown('failing_since_timestamp_seconds')).toEqual({ [labels]: since })
  events.compaction.passed({ pending: [] })
  expect(await shown('failing_since_timestamp_seconds')).toEqual({})
})

test('partitions that end before their claims are reported as long as they do', async () => {
  const { events, shown } = setUp()
  const measured = { produced: 1, landed: 0, records: 0, marginByPartition: new Map() }
  events.lagMeasured({ ...measured, truncatedByPartition: new Map([[2, 40]]) })
  expect(await shown('catalog_truncated_records')).toEqual({ 'partition="2"': 40 })
  events.lagMeasured({ ...measured, truncatedByPartition: new Map() })
  expect(await shown('catalog_truncated_records')).toEqual({})
})

test('each alert that fails is logged, and counts as failing until all of them work', async () => {
  const { events, shown, lines } = setUp()
  const since = Date.now() / 1000
  const failure = (code: string) => new Failure({ code, what: code, retryable: true })
  events.alertFailed('a', failure('ALERT_NOT_CHECKED'))
  events.alertFailed('b', failure('WEBHOOK_FAILED'))
  const warnings = lines.filter((line) => line.includes('failed and is tried again'))
  expect(warnings.map((line) => JSON.parse(line).attempt)).toEqual(['check_alert a', 'check_alert b'])
  events.alertWorks('a')
  expect(await shown('failing_since_timestamp_seconds')).toEqual({
    'attempt="check_alert",code="WEBHOOK_FAILED"': since,
  })
  events.alertWorks('b')
  expect(await shown('failing_since_timestamp_seconds')).toEqual({})
})
