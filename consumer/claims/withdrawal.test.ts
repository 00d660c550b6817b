// Which refusals are withdrawn when their partitions are compared with Kafka again.
import { type Claim, claimText } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import { recordDigest } from '@ticklake/contract/last-record.ts'
import type { FoundRecord } from '@ticklake/lake/chain-end.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import { RecordBuffer } from '../batching/record-buffer.ts'
import { buildClaim, buildEra } from './claim-builder.ts'
import { TruncationGuard } from './truncation-guard.ts'
import { withdrawTruncations } from './withdrawal.ts'

const lake = { prefix: 'p', dataset: 'd' }
const target = { lake, format: 'jsonl' as const, topic: 't', topicId: '0'.repeat(32) }
const there = { timestampMs: Date.UTC(2026, 0, 1), value: Buffer.from('poison'), leaderEpoch: 4 }
const rules = { contract: CONTRACT_VERSION, aliases: false }

/** A claim of offset 0, as a consumer of this release writes it. */
function landed(): Claim {
  const buffer = new RecordBuffer(0)
  buffer.cursor = 1
  const claim = buildClaim(target, 0, buffer, undefined)
  return { ...claim, last: { offset: 0, sha256: recordDigest(there, rules), leaderEpoch: 4 } }
}

function without(name: 'last' | 'leaderEpoch'): Claim {
  return JSON.parse(JSON.stringify(landed(), (key, value) => (key === name ? undefined : value))) as Claim
}

/** A refused partition with these claims, what Kafka has at offset 0, and what behind it. */
async function refused(claims: readonly Claim[], found: FoundRecord, behind: FoundRecord = 'absent') {
  const store = memoryStore()
  for (const claim of claims) store.objects.set(claimKey(lake, target.topicId, 0, claim.S), claimText(claim))
  const guard = new TruncationGuard({
    store,
    target,
    events: { recordCompared: () => {} },
    find: async () => found,
    epochEnd: async () => -1,
  })
  await guard.refuse(0, 'another record')
  const find = async (_partition: number, from: number) => (from === 0 ? found : behind)
  const withdraw = () => withdrawTruncations({ store, target, find })
  return { guard, withdraw, store }
}

test('a refusal is withdrawn if Kafka has the last landed record, by an object beside it; a later one counts again', async () => {
  const { guard, withdraw, store } = await refused([landed()], there)
  const before = [...store.objects]
  expect(await withdraw()).toMatchObject([{ partition: 0, isWithdrawn: true }])
  expect([...store.objects].slice(0, before.length), 'nothing is changed or deleted').toEqual(before)
  await guard.requireIntact(0)
  expect(await withdraw(), 'nothing is left to withdraw').toEqual([])

  const again = { code: 'TOPIC_TRUNCATED', why: expect.stringContaining('replaced again') }
  expect(await guard.refuse(0, 'replaced again')).toMatchObject(again)
  await expect(guard.requireIntact(0)).rejects.toMatchObject(again)
  expect(await withdraw()).toMatchObject([{ isWithdrawn: true }])
  await guard.requireIntact(0)
})

test.each<[string, Claim, FoundRecord, string]>([
  ['Kafka has another record', landed(), { ...there, value: null }, 'has another one'],
  ['Kafka ends before the record', landed(), 'beyond-end', 'Kafka ends before it'],
  ['Kafka no longer has the record', landed(), 'absent', 'no longer has'],
  ['the same record was sent again', landed(), { ...there, leaderEpoch: 5 }, 'is of leader epoch 5'],
  ['the claim has no leader epoch', without('leaderEpoch'), there, 'no leader epoch'],
  ['the claim has no digest', without('last'), there, 'no record to compare'],
])('a refusal stays if %s', async (_what, claim, found, why) => {
  const { guard, withdraw } = await refused([claim], found)
  expect(await withdraw()).toMatchObject([{ isWithdrawn: false, why: expect.stringContaining(why) }])
  await expect(guard.requireIntact(0)).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
})

test.each<[FoundRecord, boolean]>([
  ['absent', true],
  [{ ...there, offset: 2 }, false],
  ['beyond-end', false],
])(
  'if the newest claim has only gaps, where Kafka now has %j, the refusal is withdrawn: %s',
  async (behind, isWithdrawn) => {
    const { files, last: _, ...gaps } = landed()
    const { withdraw } = await refused([landed(), { ...gaps, files, S: 1, E: 3, gaps: 2 }], there, behind)
    expect(await withdraw()).toMatchObject([{ isWithdrawn }])
  },
)

test('where an era has begun since, nothing has to be withdrawn', async () => {
  const era = buildEra(target, landed(), {
    kafkaOffset: 0,
    why: 'another record',
    foundAt: '',
    replacedTo: 1,
  })
  const { withdraw } = await refused([landed(), era], there)
  expect(await withdraw()).toEqual([])
})
