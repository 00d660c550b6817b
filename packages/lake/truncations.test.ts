// Which recorded truncations still count.
import { claimKey, claimsPrefix, truncationKey, withdrawalKey } from '@ticklake/contract/keys.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import { readTruncations } from './truncations.ts'

const lake = { prefix: 'p', dataset: 'd' }
const topicId = '0'.repeat(32)
const olderTopicId = '1'.repeat(32)

/** The stored claim that begins era 1 of a partition. */
function eraOf(partition: number): string {
  return JSON.stringify({
    ...{ v: 3, topic: 't', topicId, partition, S: 9, E: 10, nonce: 'n', encoder: 'jsonl/1', contract: 1 },
    ...{ files: [], dead: 0, gaps: 1, skipped: 0, era: { number: 1, shift: 5, landedBefore: 9 } },
    begins: { kafkaOffset: 5, why: '', foundAt: '', replacedTo: 9 },
  })
}

test('a truncation counts until it is withdrawn or an era begins, however many there are', async () => {
  const store = memoryStore()
  const truncate = (partition: number, era = 0) => {
    const key = truncationKey(lake, topicId, partition, era)
    store.objects.set(key, '{}')
    return key
  }
  for (let partition = 0; partition < 200; partition++) {
    truncate(partition)
    store.objects.set(claimKey(lake, topicId, partition, 9), eraOf(partition))
  }
  store.objects.set(withdrawalKey(truncate(200)), '{}')
  const open = [truncate(201), truncate(199, 1), truncate(202)]
  store.objects.set(claimKey(lake, topicId, 202, 9), 'not a claim')
  const truncations = await readTruncations(store, lake)
  expect(truncations).toHaveLength(204)
  expect(truncations.filter(({ isOpen }) => isOpen).map(({ key }) => key)).toEqual(open.sort())
})

test('a stray object among the claims of an older topic does not hide the truncations of this one', async () => {
  const store = memoryStore()
  const own = truncationKey(lake, topicId, 0)
  for (const key of [own, truncationKey(lake, olderTopicId, 0)]) store.objects.set(key, '{}')
  store.objects.set(`${claimsPrefix(lake, olderTopicId, 0)}copy of a claim.json`, '{}')
  expect(await readTruncations(store, lake, topicId)).toMatchObject([{ key: own, isOpen: true }])
  await expect(readTruncations(store, lake)).rejects.toMatchObject({ code: 'CLAIM_UNREADABLE' })
})
