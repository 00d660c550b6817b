// Rates, metrics, costs, pollers and examples: the small parts of the dashboard's server.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { athenaCost } from '../../cost.ts'
import { queryLines, runOf } from './console.ts'
import { examples } from './examples.ts'
import { parseMetrics } from './metrics-text.ts'
import { type Polled, Poller } from './poller.ts'
import { problemOf } from './problem.ts'
import { Rate } from './rate.ts'
import { requireReadOnly } from './read-only.ts'
import type { QueryLine } from './wire.ts'

test('a rate smooths bursts, and a restart is not a negative rate', () => {
  const rate = new Rate(10_000)
  expect(rate.perSecond()).toBeNull()
  for (let second = 0; second <= 20; second += 2) rate.add(second * 1000, second * 100)
  expect(rate.perSecond()).toBeCloseTo(100)
  rate.add(22_000, 5)
  expect(rate.perSecond()).toBeNull()
})

test('metrics are summed over their labels', () => {
  const metrics = parseMetrics(
    '# HELP x y\nx_total{service="a",reason="b{c}"} 2\nx_total{service="a",reason="d"} 3\ny 1.5e3\nz NaN\n',
  )
  expect([...metrics]).toEqual([
    ['x_total', 5],
    ['y', 1500],
  ])
})

test('a query costs at least 10 MB, then whole MB, at 5 dollars a TB', () => {
  expect(athenaCost(0)).toBeCloseTo(0.0000477, 7)
  expect(athenaCost(2 ** 40)).toBe(5)
  expect(athenaCost(20 * 2 ** 20 + 1)).toBe((21 / 2 ** 20) * 5)
  // A count each second, as the documents have it.
  expect((86_400 * athenaCost(0)).toFixed(2)).toBe('4.12')
})

test('statements that read no data are free', async () => {
  const result = { id: 'a', columns: [], elapsedMs: 1, scannedBytes: 2 ** 40, statementType: '' }
  const dollarsOf = async (sql: string) => {
    const lines: QueryLine[] = []
    const athena = { query: async () => ({ ...result, rows: rowsOf() }) }
    const asked = queryLines(athena, runOf(sql), new AbortController().signal, { defect() {} })
    for await (const line of asked) lines.push(line)
    return lines.find((line) => line.type === 'end')?.dollars
  }
  expect(await dollarsOf('SELECT 1')).toBe(5)
  expect(await dollarsOf('EXPLAIN ANALYZE SELECT 1')).toBe(5)
  expect(await dollarsOf('EXPLAIN SELECT 1')).toBe(0)
  expect(await dollarsOf('SHOW TABLES')).toBe(0)
})

async function* rowsOf(): AsyncGenerator<string[][]> {}

test('every example is a statement that the dashboard accepts, whatever the names', () => {
  for (const { sql } of examples({ database: 'stock-market-kafka', table: 'kafka-stock"x' }, 'view')) {
    expect(() => requireReadOnly(sql)).not.toThrow()
  }
})

test('an unexpected error’s text is not shown, but logged', () => {
  const defects: unknown[] = []
  const defect = new Error('connect failed with password hunter2')
  const problem = problemOf(defect, (thrown) => defects.push(thrown))
  expect(JSON.stringify(problem)).not.toContain('hunter2')
  expect(problem.code).toBe('DEFECT')
  expect(defects).toEqual([defect])
})

test('an unexpected error ends a statement, and is logged', async () => {
  const defects: unknown[] = []
  const thrown = new TypeError('rows is not iterable')
  const athena = { query: () => Promise.reject(thrown) }
  const lines: QueryLine[] = []
  const asked = queryLines(athena, runOf('SELECT 1'), new AbortController().signal, {
    defect: (error) => defects.push(error),
  })
  for await (const line of asked) lines.push(line)
  expect(lines).toMatchObject([{ type: 'error', problem: { code: 'DEFECT' } }])
  expect(defects).toEqual([thrown])
})

test('a poller holds its last answer through a failure, says why, and stops when aborted', async () => {
  const stop = new AbortController()
  const defects: unknown[] = []
  const seen: Pick<Polled<number>, 'value' | 'problem'>[] = []
  let asked = 0
  const poller = new Poller({
    everyMs: 1,
    onDefect: (error) => defects.push(reasonOf(error)),
    request: async () => {
      seen.push(poller.state)
      asked++
      if (asked === 2 || asked === 3) throw new Error('away')
      if (asked === 4) throw new Failure({ code: 'KAFKA_UNREACHABLE', what: 'no broker answers' })
      if (asked === 6) stop.abort()
      return asked
    },
  })
  await poller.run(stop.signal)
  expect(asked).toBe(6)
  // The state before each request: the answer to the first lasts until the fifth.
  expect(seen.map(({ value, problem }) => [value, problem?.code])).toEqual([
    [undefined, undefined],
    [1, undefined],
    [1, 'DEFECT'],
    [1, 'DEFECT'],
    [1, 'KAFKA_UNREACHABLE'],
    [5, undefined],
  ])
  expect(poller.state.value).toBe(5)
  // The same defect again is not logged again.
  expect(defects).toEqual(['away'])
})
