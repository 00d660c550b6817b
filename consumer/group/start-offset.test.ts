// Where reading starts, and when a person has to decide: the chain of claims compared with Kafka.
import { datasetKey, initialOffsetKey } from '@ticklake/contract/keys.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import type { LandingTarget } from '../claims/claim-builder.ts'
import { openDataset } from '../claims/dataset.ts'
import type { PartitionWriter } from '../claims/partition-writer.ts'
import type { ConsumerEvents } from '../events.ts'
import { startOffset } from './start-offset.ts'
import { parseStartPoint, type StoredStartPoint } from './start-point.ts'

interface Facts {
  /** Where the completed chain ends, and the newest claim. */
  readonly landed: number
  readonly claimed?: number
  readonly low?: number
  readonly high?: number
  readonly committed?: number
  readonly onRetentionLoss?: 'stop' | 'record'
  readonly startPoint?: StoredStartPoint | undefined
  /** The first offset with a record that is not older than the start point’s time. */
  readonly sinceTime?: number
}

function start({
  landed,
  claimed = landed,
  low = 0,
  high = 1_000,
  committed,
  startPoint,
  sinceTime,
  ...config
}: Facts) {
  const skips: [number, string][] = []
  const writer = {
    confirmTopic: async () => {},
    recover: async () => landed,
    skipTo: async (to: number, reason: string) => {
      skips.push([to, reason])
      return to
    },
    unclaimedFrom: claimed,
    canSkip: landed === claimed,
    goOnBehind: async (why: string) => {
      throw new Failure({ code: 'TOPIC_TRUNCATED', what: 'refused', why })
    },
    signal: new AbortController().signal,
  } as unknown as PartitionWriter
  const client = {
    watermarks: async () => ({ low, high }),
    committed: async () => committed,
    offsetAt: async () => sinceTime,
  }
  const events = { attemptFailed: () => {}, attemptSucceeded: () => {} } as unknown as ConsumerEvents
  const settings = { onRetentionLoss: 'stop' as const, groupId: 'g', ...config }
  return { from: startOffset(writer, 0, client, settings, events, startPoint), skips }
}

test.each<[string, Facts, number]>([
  ['nothing was committed', { landed: 100 }, 100],
  ['a stale offset', { landed: 100, committed: 40 }, 100],
  ['an offset at the end of the chain', { landed: 100, committed: 100 }, 100],
  ['an unfinished claim, committed or not', { landed: 100, claimed: 150, committed: 150 }, 100],
  ['Kafka has deleted what has landed', { landed: 100, low: 100 }, 100],
])('%s: the chain says where to continue', async (_name, facts, wanted) => {
  const { from, skips } = start(facts)
  expect(await from).toBe(wanted)
  expect(skips).toEqual([])
})

test.each<[string, Facts, RegExp]>([
  ['an offset beyond the claims', { landed: 100, committed: 101 }, /COMMITTED_BEYOND_CLAIMS/],
  ['a topic that ends before the chain does', { landed: 100, high: 99 }, /TOPIC_TRUNCATED/],
  ['a first record beyond the chain', { landed: 100, low: 103 }, /RECORDS_LOST_TO_RETENTION/],
  [
    'records lost within an unfinished claim, which no other claim can skip',
    { landed: 100, claimed: 150, low: 103, onRetentionLoss: 'record' },
    /RECORDS_LOST_TO_RETENTION/,
  ],
])('%s is refused', async (_name, facts, code) => {
  const { from, skips } = start(facts)
  await expect(from).rejects.toMatchObject({ code: expect.stringMatching(code) })
  expect(skips).toEqual([])
})

test('what the last owner claims and commits meanwhile is not mistaken for an offset that was moved', async () => {
  let chain = 100
  let recovered = 0
  const goesOn = async <T>(answer: T) => {
    chain += 40
    return answer
  }
  const writer = {
    confirmTopic: async () => {},
    recover: async () => {
      recovered = chain
      return goesOn(recovered)
    },
    get unclaimedFrom() {
      return recovered
    },
    signal: new AbortController().signal,
  } as unknown as PartitionWriter
  const client = {
    watermarks: async () => goesOn({ low: 0, high: 1_000 }),
    committed: async () => goesOn(chain),
    offsetAt: async () => undefined,
  }
  const events = { attemptFailed: () => {}, attemptSucceeded: () => {} } as unknown as ConsumerEvents
  const from = await startOffset(writer, 0, client, { onRetentionLoss: 'stop', groupId: 'g' }, events)
  expect(from).toBe(recovered)
})

test('a loss is recorded if so configured', async () => {
  const { from, skips } = start({ landed: 100, low: 103, onRetentionLoss: 'record' })
  expect(await from).toBe(103)
  expect(skips).toEqual([[103, "retention: Kafka's first offset was 103"]])
})

const target: LandingTarget = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'parquet',
  topic: 't',
  topicId: '0'.repeat(32),
}

/** A dataset in an in-memory S3, opened again for each start. */
function dataset(from?: string) {
  const store = memoryStore()
  const { objects } = store
  return {
    objects,
    opened: () => openDataset(store, target, from === undefined ? undefined : parseStartPoint(from)),
  }
}

test('what Kafka deletes after a dataset began is a loss, even if nothing had landed yet', async () => {
  const { opened } = dataset('earliest')
  const empty = start({ landed: 0, high: 0, startPoint: await opened() })
  expect(await empty.from).toBe(0)
  expect(empty.skips).toEqual([])
  const stopped = start({ landed: 0, low: 100, startPoint: await opened() })
  await expect(stopped.from).rejects.toMatchObject({
    code: 'RECORDS_LOST_TO_RETENTION',
    message: expect.stringContaining('[0,100)'),
  })
  expect(stopped.skips).toEqual([])
  const recorder = start({ landed: 0, low: 100, startPoint: await opened(), onRetentionLoss: 'record' })
  expect(await recorder.from).toBe(100)
  expect(recorder.skips).toEqual([[100, "retention: Kafka's first offset was 100"]])
})

test.each<[string, Partial<Facts>]>([
  ['earliest', { low: 40 }],
  ['2026-11-21T00:00:00.000Z', { low: 10, sinceTime: 40 }],
])(
  '--from %s skips what was before it when the partition was first seen, and no more',
  async (from, seen) => {
    const { opened } = dataset(from)
    const first = start({ landed: 0, ...seen, startPoint: await opened() })
    expect(await first.from).toBe(40)
    expect(first.skips).toEqual([[40, `--from ${from}`]])
    // Its claim was not written, so the next start finds none.
    const later: Facts = { landed: 0, low: 100, sinceTime: 100, startPoint: await opened() }
    const stopped = start(later)
    await expect(stopped.from).rejects.toMatchObject({
      code: 'RECORDS_LOST_TO_RETENTION',
      message: expect.stringContaining('[40,100)'),
    })
    expect(stopped.skips).toEqual([[40, `--from ${from}`]])
    const recorder = start({ ...later, onRetentionLoss: 'record' })
    expect(await recorder.from).toBe(100)
    expect(recorder.skips).toEqual([
      [40, `--from ${from}`],
      [100, "retention: Kafka's first offset was 100"],
    ])
  },
)

test('an initial offset that cannot be read stops the partition, and nothing is skipped', async () => {
  const { objects, opened } = dataset('earliest')
  objects.set(initialOffsetKey(target.lake, target.topicId, 0), '{"v":2}\n')
  const { from, skips } = start({ landed: 0, low: 40, startPoint: await opened() })
  await expect(from).rejects.toMatchObject({ code: 'BEGINNING_UNREADABLE' })
  expect(skips).toEqual([])
})

test('a dataset that begins at offset 0, or has claims, stores no initial offset', async () => {
  const plain = dataset()
  await start({ landed: 0, startPoint: await plain.opened() }).from
  expect([...plain.objects.keys()]).toEqual([datasetKey(target.lake)])
  const begun = dataset('earliest')
  await start({ landed: 100, low: 40, startPoint: await begun.opened() }).from
  expect([...begun.objects.keys()]).toEqual([datasetKey(target.lake)])
})
