// Rates, metrics, costs, pollers and examples: the small parts of the page's server.
import { expect, test } from 'vitest'
import { athenaCost } from './cost.ts'
import { examples } from './examples.ts'
import { parseMetrics } from './metrics-text.ts'
import { Poller } from './poller.ts'
import { problemOf } from './problem.ts'
import { Rate } from './rate.ts'
import { requireReadOnly } from './read-only.ts'

test('a rate evens out bursts, and a new start is no negative speed', () => {
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

test('a query costs 10 MB at least, 5 dollars a TB; what reads no data is free', () => {
  expect(athenaCost(0, 'select')).toBeCloseTo(0.0000477, 7)
  expect(athenaCost(1024 ** 4, 'select')).toBe(5)
  expect(athenaCost(1024 ** 4, 'explain analyze')).toBe(5)
  expect(athenaCost(0, 'show')).toBe(0)
  expect(athenaCost(0, 'explain')).toBe(0)
})

test('every example is a statement that the page lets through, whatever the names', () => {
  for (const { sql } of examples({ database: 'stock-market-kafka', table: 'kafka-stock"x' }, 'view')) {
    expect(() => requireReadOnly(sql)).not.toThrow()
  }
})

test('a defect’s own text is not shown', () => {
  const problem = problemOf(new Error('connect failed with password hunter2'))
  expect(JSON.stringify(problem)).not.toContain('hunter2')
  expect(problem.code).toBe('DEFECT')
})

test('a poller keeps its last answer through a failure, says why, and stops when told', async () => {
  const stop = new AbortController()
  let asked = 0
  const poller = new Poller({
    everyMs: 1,
    ask: async () => {
      asked++
      if (asked === 2) throw new Error('away')
      if (asked === 4) stop.abort()
      return asked
    },
  })
  const states: unknown[] = []
  const watching = setInterval(() => states.push(poller.state.problem?.code ?? poller.state.value), 0)
  await poller.run(stop.signal)
  clearInterval(watching)
  expect(asked).toBe(4)
  expect(poller.state.value).toBe(3)
  expect(poller.state.problem).toBeUndefined()
})
