// Notices that follow, against a bucket that is a map and a dead-letter topic that does what it is told.
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import type { RefusedRecord } from '../batching/record-buffer.ts'
import { consumerEvents } from '../events.ts'
import { LetGo } from '../retry.ts'
import { deadFile } from './dead-letter.ts'
import type { Notice } from './dead-letter-producer.ts'
import { FollowingNotices } from './pending-dead-letters.ts'

const plan = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'parquet' as const,
  topic: 't',
  topicId: '0'.repeat(32),
}
const never = new AbortController().signal

function failure(retryable: boolean): Failure {
  return new Failure({ code: 'DEAD_LETTERS', what: 'not taken', retryable })
}

function claimOf(S: number, partition = 0): Claim {
  const counts = { dead: 1, gaps: 0, skipped: 0 }
  return {
    v: 1,
    topic: 't',
    topicId: plan.topicId,
    partition,
    S,
    E: S + 1,
    nonce: 'n',
    encoder: 'e',
    contract: 1,
    files: [],
    ...counts,
  }
}

function refusedAt(offset: number): RefusedRecord[] {
  const value = Buffer.from([0xff, offset])
  return [
    { offset, timestampMs: 0, reason: 'not_json', detail: 'no JSON', key: null, value, headers: [] },
  ] as never
}

function start(more: { isAssigned?: (partition: number) => boolean; followsAfterMs?: number } = {}) {
  const objects = new Map<string, string>()
  const sent: Notice[] = []
  const topic = { fails: undefined as unknown, attempts: 0 }
  const events = consumerEvents(makeLogger('consumer', { LOG_LEVEL: 'silent' }), makeRegistry('consumer'))
  const make = () =>
    new FollowingNotices({
      plan,
      store: memoryStore(objects),
      notices: {
        send: async (notices) => {
          topic.attempts++
          if (topic.fails) throw topic.fails
          sent.push(...notices)
        },
      },
      events,
      isAssigned: () => true,
      retryAfterMs: 1,
      ...more,
    })
  const following = make()
  /** What the writer does with a claim of one refused record. */
  const land = async (S: number, partition = 0, by = following) => {
    const claim = claimOf(S, partition)
    const told = await by.tell(claim, refusedAt(S), never)
    if (!told) await by.defer(claim)
    objects.set(deadKey(plan.lake, claim), deadFile(claim, refusedAt(S)))
    return told
  }
  return { objects, sent, topic, events, following, make, land }
}

test('a topic that takes notices is told at once, and nothing is written down', async () => {
  const { land, sent, objects } = start()
  expect(await land(7)).toBe(true)
  expect(sent.map(({ offset }) => offset)).toEqual([7])
  expect([...objects.keys()].filter((key) => key.includes('/notices/'))).toEqual([])
})

test('a refusal holds nothing up: later notices follow without an attempt, and all are sent when it is over', async () => {
  const { land, sent, topic, events, following } = start()
  topic.fails = failure(false)
  expect([await land(1), await land(2), await land(30)]).toEqual([false, false, false])
  expect(topic.attempts, 'one attempt, not one a claim').toBe(1)
  await following.sendWhatFollows()
  expect(events.isFailing()).toEqual(['notify_dead_letters'])
  topic.fails = undefined
  await following.sendWhatFollows()
  expect(sent.map(({ offset, value }) => [offset, value?.[1]])).toEqual([
    [1, 1],
    [2, 2],
    [30, 30],
  ])
  expect(events.isFailing()).toEqual([])
  expect(await land(31), 'and the next one is told directly').toBe(true)
  await following.sendWhatFollows()
  expect(sent, 'each once').toHaveLength(4)
})

test('what fails for a while is tried again, and follows when that lasts too long', async () => {
  const { land, sent, topic } = start({ followsAfterMs: 50 })
  topic.fails = failure(true)
  setTimeout(() => {
    topic.fails = undefined
  }, 15)
  expect(await land(1)).toBe(true)
  topic.fails = new Error('Local: Unknown topic')
  expect(await land(2)).toBe(false)
  expect(sent.map(({ offset }) => offset)).toEqual([1])
})

test('another consumer sends what was left, of its own partitions, and of dead files that are there', async () => {
  const { land, sent, topic, objects, following, make } = start({ isAssigned: (partition) => partition < 2 })
  topic.fails = failure(false)
  await land(1)
  await land(1, 2)
  await following.defer(claimOf(5, 1))
  topic.fails = undefined
  const heir = make()
  await heir.sendWhatFollows()
  expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([[0, 1]])
  objects.set(deadKey(plan.lake, claimOf(5, 1)), deadFile(claimOf(5, 1), refusedAt(5)))
  await heir.sendWhatFollows()
  await heir.sendWhatFollows()
  expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 1],
    [1, 5],
  ])
})

test('a dead-letter file that cannot be read holds up no other, and later messages are sent at once again', async () => {
  const { land, sent, topic, events, following, objects } = start()
  topic.fails = failure(false)
  for (const S of [1, 2, 30]) await land(S)
  objects.set(deadKey(plan.lake, claimOf(1)), 'no dead letter')
  topic.fails = undefined
  await following.sendWhatFollows()
  expect(sent.map(({ offset }) => offset)).toEqual([2, 30])
  expect(events.isFailing(), 'the unreadable one is reported').toEqual(['notify_dead_letters'])
  expect(await land(40)).toBe(true)
})

test('whoever waits for the topic lets go of its partition at once', async () => {
  const { following, topic } = start({ followsAfterMs: 60_000 })
  topic.fails = failure(true)
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 10)
  await expect(following.tell(claimOf(1), refusedAt(1), controller.signal)).rejects.toThrow(LetGo)
})
