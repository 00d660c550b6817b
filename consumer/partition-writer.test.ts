// One partition's claims and objects against an S3 that is a map.
import { claimText, parseClaim } from '@ticklake/contract/claim.ts'
import { claimKey, claimsPrefix } from '@ticklake/contract/keys.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { expect, test, vi } from 'vitest'
import { consumerEvents } from './events.ts'
import type { LandingPort } from './landing.ts'
import { PartitionWriter } from './partition-writer.ts'
import { planSkip } from './plan.ts'

const plan = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'json-object' as const,
  topic: 't',
  topicId: '0'.repeat(32),
}

/** As much of S3 as claims and objects of one record need. */
function startWriter(flushAfterMs = 60_000) {
  const objects = new Map<string, string>()
  const store = {
    firstKey: async (prefix: string) => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()[0],
    read: async (key: string) => objects.get(key),
    putIfAbsent: async (key: string, body: string | Uint8Array) => {
      if (objects.has(key)) return 'exists'
      objects.set(key, Buffer.from(body).toString())
      return 'stored'
    },
  }
  const landing = { store, inTurn: <T>(work: () => Promise<T>) => work() } as unknown as LandingPort
  const registry = makeRegistry('consumer')
  const writer = new PartitionWriter({
    plan,
    partition: 0,
    flushAfterMs: () => flushAfterMs,
    flushBytes: 1_000_000,
    flushRows: 3,
    landing,
    events: consumerEvents(makeLogger('consumer', { LOG_LEVEL: 'silent' }), registry),
    confirmTopic: async () => {},
    confirmDataset: async () => {},
    commit: async () => {},
    onProgress: () => {},
  })
  const claims = () =>
    [...objects]
      .filter(([key]) => key.startsWith(claimsPrefix(plan.lake, plan.topicId, 0)))
      .map(([, text]) => parseClaim(text))
      .sort((a, b) => a.S - b.S)
  return { writer, objects, claims, registry }
}

const row = Buffer.from('{}')

test.each([
  [
    'less than was gathered',
    2,
    [
      [0, 2],
      [2, 5],
      [5, 7],
    ],
  ],
  [
    'exactly what was frozen',
    3,
    [
      [0, 3],
      [3, 6],
      [6, 7],
    ],
  ],
  ['more than was gathered', 9, [[0, 9]]],
])('where a rival leaves out %s, the chain goes on without a hole', async (_what, end, ranges) => {
  const { writer, objects, claims } = startWriter()
  await writer.recover()
  const skip = planSkip(plan, 0, 0, end, 'retention')
  objects.set(claimKey(plan.lake, plan.topicId, 0, 0), claimText(skip))
  for (let offset = 0; offset < 7; offset++) writer.gathering.accept(offset, Date.now(), row)
  const ran = writer.run()
  await vi.waitFor(() => expect(claims().length).toBe(Math.max(1, ranges.length - 1)))
  writer.drain()
  await ran
  expect(claims().map(({ S, E }) => [S, E])).toEqual(ranges)
})

test('offsets without a record that another’s claim does not cover are claimed, though nothing comes after them', async () => {
  const { writer, objects, claims } = startWriter(50)
  await writer.recover()
  const skip = planSkip(plan, 0, 0, 2, 'retention')
  objects.set(claimKey(plan.lake, plan.topicId, 0, 0), claimText(skip))
  for (let offset = 0; offset < 2; offset++) writer.gathering.accept(offset, Date.now(), row)
  writer.gathering.reachedEnd(4)
  const ran = writer.run()
  await vi.waitFor(() =>
    expect(claims().map(({ S, E, gaps }) => [S, E, gaps])).toEqual([
      [0, 2, 0],
      [2, 4, 2],
    ]),
  )
  writer.drain()
  await ran
})

test('a range that is left out is counted as completed, but not as a flush: nothing was frozen', async () => {
  const { writer, registry } = startWriter()
  expect(await writer.recover()).toBe(0)
  expect(await writer.skipTo(7, 'the test leaves it out')).toBe(7)
  const counted = async (name: string) =>
    (await registry.getSingleMetric(name)!.get()).values.map(({ value }) => value)
  expect(await counted('ticklake_consumer_claims_completed_total')).toEqual([1])
  expect((await counted('ticklake_consumer_flush_seconds')).every((value) => value === 0)).toBe(true)
})
