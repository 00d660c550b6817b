import type { Logger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { expect, test } from 'vitest'
import { makeEvents } from './events.ts'
import type { SkippedRow } from './message.ts'

function setUp() {
  const lines: string[] = []
  const note = (facts: unknown, message: string) => lines.push(`${message} ${JSON.stringify(facts)}`)
  const log = { info: note, warn: note, error: note, debug: note } as unknown as Logger
  const registry = makeRegistry('producer')
  const kept: SkippedRow[] = []
  const clock = { now: 0 }
  const events = makeEvents(
    log,
    registry,
    (row) => kept.push(row),
    () => clock.now,
  )
  return { lines, registry, kept, clock, events }
}

const bad = (line: number): SkippedRow => ({
  file: 'm.csv',
  line,
  column: 'Open',
  reason: 'bad_number',
  detail: '"x" is not a number',
  text: 'x',
})

test('of each kind of fault the first row is logged, then how many there were; all are counted and kept', async () => {
  const { lines, registry, kept, clock, events } = setUp()
  for (let line = 2; line < 1_002; line++) events.rowSkipped(bad(line))
  events.rowSkipped({ ...bad(1_002), column: 'High' })
  events.rowSkipped({ ...bad(1_003), reason: 'missing_value' })
  expect(lines).toHaveLength(3)
  expect(lines[0]).toContain('m.csv line 2, column Open')
  expect(kept).toHaveLength(1_002)
  expect(await registry.getSingleMetricAsString('ticklake_producer_rows_skipped_total')).toContain(
    '{reason="bad_number",service="producer"} 1001',
  )
  clock.now = 10_000
  events.progress()
  expect(lines.at(-1)).toContain('rows skipped: 1000 for bad_number in column Open, the first at line 2')
  const logged = lines.length
  events.ended()
  expect(lines.slice(logged), 'what was logged is not logged again').toHaveLength(1)
})

test('a loop counts its bad rows in every pass and logs them in the first', () => {
  const { lines, kept, events } = setUp()
  events.rowSkipped(bad(2))
  events.passEnded()
  events.rowSkipped(bad(2))
  expect([lines.length, kept.length, events.totals().skipped]).toEqual([1, 1, 2])
})

test('rows are in the metrics the moment they are asked for', async () => {
  const { registry, clock, events } = setUp()
  for (let i = 0; i < 300; i++) events.rowProduced()
  events.rowsDelivered(200)
  clock.now = 2_000
  events.progress()
  const text = await registry.metrics()
  expect(text).toContain('ticklake_producer_rows_produced_total{service="producer"} 300')
  expect(text).toContain('ticklake_producer_rows_delivered_total{service="producer"} 200')
  expect(text).toContain('ticklake_producer_rows_in_flight{service="producer"} 100')
  expect(text).toContain('ticklake_producer_rows_per_second{service="producer"} 100')
  expect(await registry.metrics()).toContain('ticklake_producer_rows_produced_total{service="producer"} 300')
})
