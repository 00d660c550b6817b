// Announcements of rejected records, against a store in memory and a dead-letter topic that the test controls.
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import type { RejectedRecord } from '../batching/record-buffer.ts'
import { consumerEvents } from '../events.ts'
import { Aborted } from '../retry.ts'
import { deadFile } from './dead-letter.ts'
import type { DeadLetterMessage } from './dead-letter-producer.ts'
import { Announcements } from './pending-dead-letters.ts'

const target = {
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
    topicId: target.topicId,
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

function rejectedAt(offset: number): RejectedRecord[] {
  const value = Buffer.from([0xff, offset])
  return [
    { offset, timestampMs: 0, reason: 'not_json', detail: 'no JSON', key: null, value, headers: [] },
  ] as never
}

function start(more: { isAssigned?: (partition: number) => boolean; pendingAfterMs?: number } = {}) {
  const objects = new Map<string, string>()
  const sent: DeadLetterMessage[] = []
  const topic = { fails: undefined as unknown, attempts: 0 }
  const events = consumerEvents(makeLogger('consumer', { LOG_LEVEL: 'silent' }), makeRegistry('consumer'))
  const make = () =>
    new Announcements({
      target,
      store: memoryStore(objects),
      sender: {
        send: async (messages) => {
          topic.attempts++
          if (topic.fails) throw topic.fails
          sent.push(...messages)
        },
      },
      events,
      isAssigned: () => true,
      retryAfterMs: 1,
      ...more,
    })
  const announcements = make()
  /** What the writer does for a claim with one rejected record. */
  const land = async (S: number, partition = 0, by = announcements) => {
    const claim = claimOf(S, partition)
    const sentNow = await by.announce(claim, rejectedAt(S), never)
    if (!sentNow) await by.defer(claim)
    objects.set(deadKey(target.lake, claim), deadFile(claim, rejectedAt(S)))
    return sentNow
  }
  return { objects, sent, topic, events, announcements, make, land }
}

test('a topic that accepts messages gets them at once, and nothing is recorded', async () => {
  const { land, sent, objects } = start()
  expect(await land(7)).toBe(true)
  expect(sent.map(({ offset }) => offset)).toEqual([7])
  expect([...objects.keys()].filter((key) => key.includes('/notices/'))).toEqual([])
})

test('a topic that refuses messages delays nothing: later messages are pending without an attempt, and all are sent when it accepts them again', async () => {
  const { land, sent, topic, events, announcements } = start()
  topic.fails = failure(false)
  expect([await land(1), await land(2), await land(30)]).toEqual([false, false, false])
  expect(topic.attempts, 'one attempt, not one per claim').toBe(1)
  await announcements.sendPending()
  expect(events.isFailing()).toEqual(['notify_dead_letters'])
  topic.fails = undefined
  await announcements.sendPending()
  expect(sent.map(({ offset, value }) => [offset, value?.[1]])).toEqual([
    [1, 1],
    [2, 2],
    [30, 30],
  ])
  expect(events.isFailing()).toEqual([])
  expect(await land(31), 'and the next one is announced directly').toBe(true)
  await announcements.sendPending()
  expect(sent, 'each once').toHaveLength(4)
})

test('a temporary failure is retried, and the message is pending when it lasts too long', async () => {
  const { land, sent, topic } = start({ pendingAfterMs: 50 })
  topic.fails = failure(true)
  setTimeout(() => {
    topic.fails = undefined
  }, 15)
  expect(await land(1)).toBe(true)
  topic.fails = new Error('Local: Unknown topic')
  expect(await land(2)).toBe(false)
  expect(sent.map(({ offset }) => offset)).toEqual([1])
})

test('another consumer sends the pending messages of its own partitions, if their dead-letter files exist', async () => {
  const { land, sent, topic, objects, announcements, make } = start({
    isAssigned: (partition) => partition < 2,
  })
  topic.fails = failure(false)
  await land(1)
  await land(1, 2)
  await announcements.defer(claimOf(5, 1))
  topic.fails = undefined
  const heir = make()
  await heir.sendPending()
  expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([[0, 1]])
  objects.set(deadKey(target.lake, claimOf(5, 1)), deadFile(claimOf(5, 1), rejectedAt(5)))
  await heir.sendPending()
  await heir.sendPending()
  expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 1],
    [1, 5],
  ])
})

test('an unreadable dead-letter file delays no other, and later messages are again sent at once', async () => {
  const { land, sent, topic, events, announcements, objects } = start()
  topic.fails = failure(false)
  for (const S of [1, 2, 30]) await land(S)
  objects.set(deadKey(target.lake, claimOf(1)), 'no dead letter')
  topic.fails = undefined
  await announcements.sendPending()
  expect(sent.map(({ offset }) => offset)).toEqual([2, 30])
  expect(events.isFailing(), 'the unreadable one is reported').toEqual(['notify_dead_letters'])
  expect(await land(40)).toBe(true)
})

test('an aborted partition does not wait for the topic', async () => {
  const { announcements, topic } = start({ pendingAfterMs: 60_000 })
  topic.fails = failure(true)
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 10)
  await expect(announcements.announce(claimOf(1), rejectedAt(1), controller.signal)).rejects.toThrow(Aborted)
})
