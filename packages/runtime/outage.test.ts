// A failing dependency makes one line when it fails, one a minute, and one when it is back.
import { expect, test } from 'vitest'
import { Failure } from './errors.ts'
import type { Logger } from './log.ts'
import { failingSince, makeRegistry } from './metrics.ts'
import { Outages, outageLines } from './outage.ts'

function setUp() {
  const lines: string[] = []
  const clock = { ms: 0 }
  const log = {
    warn: (_: unknown, message: string) => lines.push(`warn ${message}`),
    info: (_: unknown, message: string) => lines.push(`info ${message}`),
  } as unknown as Logger
  return { lines, clock, outages: new Outages(outageLines(log, 'nothing is lost'), () => clock.ms) }
}

test('150 s of failures each second are three lines, then one that it works again', () => {
  const { lines, clock, outages } = setUp()
  outages.worked('put_object')
  for (let second = 0; second < 150; second++) {
    clock.ms = second * 1000
    outages.failed('put_object', new Error('no answer'))
  }
  expect(outages.failing()).toEqual(['put_object'])
  clock.ms = 150_000
  outages.worked('put_object')
  clock.ms = 151_000
  outages.worked('put_object')
  expect(outages.failing()).toEqual([])
  expect(lines).toEqual([
    'warn put object failed and is tried again, nothing is lost: no answer',
    'warn put object still fails after 60 s, nothing is lost: no answer',
    'warn put object still fails after 120 s, nothing is lost: no answer',
    'info put object works again after 150 s',
  ])
})

test('two dependencies have separate lines, and a second outage starts from zero', () => {
  const { lines, clock, outages } = setUp()
  outages.failed('a', 'x')
  outages.failed('b', 'y')
  outages.worked('a')
  clock.ms = 1_000
  outages.failed('a', 'z')
  expect(outages.failing()).toEqual(['a', 'b'])
  expect(lines.filter((line) => line.startsWith('warn a failed'))).toHaveLength(2)
})

test('a Failure logs its why beside what happened', () => {
  const { outages } = setUp()
  outages.failed('a', new Failure({ code: 'X', what: 'S3 does not answer', why: 'ECONNREFUSED' }))
  expect(outages.why('a')).toBe('S3 does not answer (ECONNREFUSED)')
})

test('a metric has since when an attempt fails, with the code of its last error, and disappears when it works', async () => {
  const registry = makeRegistry('catalog')
  const clock = { ms: 5_000 }
  const log = { warn() {}, info() {} } as unknown as Logger
  const outages = new Outages(outageLines(log, ''), () => clock.ms, failingSince(registry))
  const shown = async () => (await registry.metrics()).match(/^ticklake_failing_since.*$/gm)
  const line = (code: string) =>
    `ticklake_failing_since_timestamp_seconds{attempt="audit",code="${code}",service="catalog"} 5`
  outages.worked('audit')
  expect(await shown()).toBeNull()
  outages.failed('audit', new Failure({ code: 'TOPIC_CHANGED', what: 'another topic' }))
  expect(await shown()).toEqual([line('TOPIC_CHANGED')])
  clock.ms = 9_000
  outages.failed('audit', new Error('socket hang up'))
  expect(await shown()).toEqual([line('OTHER')])
  outages.failed('audit', 'no broker answers', 'KAFKA_UNREACHABLE')
  expect(await shown()).toEqual([line('KAFKA_UNREACHABLE')])
  outages.worked('audit')
  expect(await shown()).toBeNull()
})
