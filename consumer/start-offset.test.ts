// Where reading begins, and when a person has to decide: the chain of claims against what Kafka says.
import { expect, test } from 'vitest'
import type { ConsumerEvents } from './events.ts'
import type { PartitionWriter } from './partition-writer.ts'
import { startOffset } from './start-offset.ts'

interface Facts {
  /** Where the completed chain ends, and the newest claim. */
  readonly landed: number
  readonly claimed?: number
  readonly low?: number
  readonly high?: number
  readonly committed?: number
  readonly onRetentionLoss?: 'stop' | 'record'
}

function start({ landed, claimed = landed, low = 0, high = 1_000, committed, ...config }: Facts) {
  const skips: [number, string][] = []
  const writer = {
    confirmTopic: async () => {},
    recover: async () => landed,
    skipTo: async (to: number, reason: string) => {
      skips.push([to, reason])
      return to
    },
    claimedEnd: claimed,
    canSkip: landed === claimed,
    signal: new AbortController().signal,
  } as unknown as PartitionWriter
  const client = {
    watermarks: async () => ({ low, high }),
    committed: async () => committed,
    offsetAt: async () => undefined,
  }
  const events = { attemptFailed: () => {}, attemptSucceeded: () => {} } as unknown as ConsumerEvents
  const settings = { onRetentionLoss: 'stop' as const, groupId: 'g', ...config }
  return { from: startOffset(writer, 0, client, settings, events), skips }
}

test.each<[string, Facts, number]>([
  ['nothing was committed', { landed: 100 }, 100],
  ['a stale offset', { landed: 100, committed: 40 }, 100],
  ['an offset at the end of the chain', { landed: 100, committed: 100 }, 100],
  ['an unfinished claim, committed or not', { landed: 100, claimed: 150, committed: 150 }, 100],
  ['Kafka has deleted what has landed', { landed: 100, low: 100 }, 100],
])('%s: the chain says where to go on', async (_name, facts, wanted) => {
  const { from, skips } = start(facts)
  expect(await from).toBe(wanted)
  expect(skips).toEqual([])
})

test.each<[string, Facts, RegExp]>([
  ['an offset beyond the claims', { landed: 100, committed: 101 }, /COMMITTED_BEYOND_CLAIMS/],
  ['a topic that ends before the chain does', { landed: 100, high: 99 }, /TOPIC_TRUNCATED/],
  ['a first record beyond the chain', { landed: 100, low: 103 }, /RECORDS_LOST_TO_RETENTION/],
  [
    'records lost within an unfinished claim, which no other claim can leave out',
    { landed: 100, claimed: 150, low: 103, onRetentionLoss: 'record' },
    /RECORDS_LOST_TO_RETENTION/,
  ],
])('%s is refused', async (_name, facts, code) => {
  const { from, skips } = start(facts)
  await expect(from).rejects.toMatchObject({ code: expect.stringMatching(code) })
  expect(skips).toEqual([])
})

test('what its last owner claims and commits meanwhile is not taken for an offset that somebody moved', async () => {
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
    get claimedEnd() {
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

test('a loss is written down when that was asked for', async () => {
  const { from, skips } = start({ landed: 100, low: 103, onRetentionLoss: 'record' })
  expect(await from).toBe(103)
  expect(skips).toEqual([[103, "retention: Kafka's first offset was 103"]])
})
