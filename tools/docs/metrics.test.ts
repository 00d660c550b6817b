// Every metric is named as Prometheus names things, and is on the page; every event line and its counter share a name.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Metric, metricsByService, metricsPage } from './metrics.ts'

const all = await metricsByService()
const ours = Object.entries(all).flatMap(([service, metrics]) =>
  service === 'process' ? [] : metrics.map((metric) => ({ service, ...metric })),
)

test('docs/metrics.md is what `node tools/docs/metrics.ts` writes', async () => {
  expect(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')).toBe(await metricsPage())
})

test.each(ours)(
  '$name has its service in its name, and words that say what it is',
  ({ service, name, help, labels }) => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    expect(name.startsWith(`ticklake_${service.replaceAll('-', '_')}_`)).toBe(true)
    expect(help.length).toBeGreaterThan(15)
    for (const label of labels) expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/)
    for (const label of labels) expect(['le', 'quantile', 'service', 'job', 'instance']).not.toContain(label)
  },
)

const problems = ({ name, type }: Pick<Metric, 'name' | 'type'>): string[] => [
  ...(type === 'counter' && !name.endsWith('_total') ? ['a counter ends in _total'] : []),
  ...(type !== 'counter' && name.endsWith('_total') ? ['only a counter ends in _total'] : []),
  ...(/_(count|sum|bucket)$/.test(name) ? ['_count, _sum and _bucket are a histogram’s own'] : []),
  ...(/_(ms|millis|milliseconds|minutes|hours|kb|mb|mib|kilobytes|megabytes|percent)(_|$)/.test(name)
    ? ['base units: seconds, bytes, ratio']
    : []),
  ...(type === 'histogram' && !/_(seconds|bytes|rows)$/.test(name) ? ['a histogram ends in its unit'] : []),
  ...(/(duration|latency|delay|_age|_time)$/.test(name) ? ['a time ends in _seconds'] : []),
  ...(/(_size|_memory|_scanned)$/.test(name) ? ['a size ends in _bytes'] : []),
]

test('every name keeps to the rules, those that Node’s own library brings too', () => {
  const broken = Object.values(all)
    .flat()
    .flatMap((metric) => problems(metric).map((problem) => `${metric.name}: ${problem}`))
  expect(broken).toEqual([])
})

test('a name that breaks a rule is seen', () => {
  expect(problems({ name: 'x_rows', type: 'counter' })).toHaveLength(1)
  expect(problems({ name: 'x_flush_ms', type: 'histogram' })).toHaveLength(2)
  expect(problems({ name: 'x_rows_total', type: 'gauge' })).toHaveLength(1)
})

test('what an operator asks for is there', () => {
  const names = new Set(
    Object.values(all)
      .flat()
      .map(({ name }) => name),
  )
  for (const name of [
    'ticklake_producer_rows_delivered_total',
    'ticklake_consumer_rows_landed_total',
    'ticklake_consumer_object_bytes_total',
    'ticklake_consumer_lag_records',
    'ticklake_consumer_flush_seconds',
    'ticklake_consumer_claims_completed_total',
    'ticklake_consumer_records_refused_total',
    'ticklake_consumer_last_landed_timestamp_seconds',
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
  ]) {
    expect(names).toContain(name)
  }
})
