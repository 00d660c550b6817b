// What counts as landed: only complete claims, wherever compaction has put their rows, and nothing of a bad claim.

import { type Claim, claimText } from '@ticklake/contract/claim.ts'
import type { Manifest } from '@ticklake/contract/compaction.ts'
import { claimKey, dataKey, deadKey, manifestKey, recordKey } from '@ticklake/contract/keys.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import { ChainTails, readChainTail } from './chain-tail.ts'
import { isComplete } from './completeness.ts'

const lake = { prefix: 'lake', dataset: 'ticks' }
const topicId = '0123456789abcdef0123456789abcdef'
const path = { dt: '2026-11-21', hour: '09' }

function claimOf(S: number, E: number, dead = 0): Claim {
  const key = dataKey(lake, path, { topicId, partition: 0, S, E }, 'parquet')
  return {
    ...{ v: 1, topic: 't', topicId, partition: 0, S, E, nonce: 'n', encoder: 'parquet/1', contract: 1 },
    files: [{ key, rows: E - S - dead }],
    ...{ dead, gaps: 0, skipped: 0 },
  }
}

/** A bucket with these claims; `landed` have their objects. */
function bucketWith(claims: readonly Claim[], landed: readonly Claim[] = claims) {
  const store = memoryStore()
  for (const claim of claims) store.objects.set(claimKey(lake, topicId, 0, claim.S), claimText(claim))
  for (const claim of landed) {
    for (const { key } of claim.files) store.objects.set(key, 'rows')
    if (claim.dead > 0) store.objects.set(deadKey(lake, claim), '')
  }
  return store
}

const [a, b] = [claimOf(0, 10), claimOf(10, 25, 2)]
const tailOf = (store: ReturnType<typeof bucketWith>) => readChainTail(store, lake, topicId, 0)

test('a partition without claims has landed nothing', async () => {
  expect(await tailOf(bucketWith([]))).toMatchObject({
    landedOffset: 0,
    newest: undefined,
    complete: undefined,
  })
})

test('the landed offset is the end of the last complete claim', async () => {
  expect(await tailOf(bucketWith([a, b]))).toMatchObject({ landedOffset: 25, complete: { S: 10 } })
  const unfinished = await tailOf(bucketWith([a, b], [a]))
  expect(unfinished).toMatchObject({ landedOffset: 10, newest: { S: 10 }, complete: { S: 0 } })
})

test('a claim without its dead-letter file is not complete', async () => {
  const store = bucketWith([a, b])
  store.objects.delete(deadKey(lake, b))
  expect((await tailOf(store)).landedOffset).toBe(10)
})

test('a claim is complete when compaction has moved its rows and deleted its object', async () => {
  const store = bucketWith([a])
  const [file] = a.files
  store.objects.delete(file!.key)
  const run = { key: 'lake/_compacted/ticks/x.parquet', rows: 10, replaced: [file!] }
  const manifest: Manifest = { v: 1, ...path, seq: 1, run: '000001-ab', files: [run] }
  expect(await isComplete(store, lake, a)).toBe(false)
  store.objects.set(manifestKey(lake, path, 1), JSON.stringify(manifest))
  expect(await isComplete(store, lake, a)).toBe(true)
  store.objects.set(manifestKey(lake, path, 2), JSON.stringify({ ...manifest, seq: 2, files: [] }))
  expect(await isComplete(store, lake, a), 'only the newest manifest counts').toBe(false)
})

test('a claim with one object per record is complete when all of them exist', async () => {
  const template = recordKey(lake, path, topicId, 0, '{offset}')
  const claim: Claim = { ...claimOf(5, 8), files: [{ key: template, rows: 3 }] }
  const store = bucketWith([claim], [])
  const recordAt = (offset: number) => recordKey(lake, path, topicId, 0, offset)
  for (const offset of [4, 5, 6, 8]) store.objects.set(recordAt(offset), '{}')
  store.objects.set(recordAt(7).replace('.json', '.json.bak'), '{}')
  expect(await isComplete(store, lake, claim), 'neither neighbouring nor other keys count').toBe(false)
  store.objects.set(recordAt(7), '{}')
  expect(await isComplete(store, lake, claim)).toBe(true)
})

test.each<[string, string]>([
  ['no JSON', 'x'],
  ['counts that do not add up', claimText({ ...b, gaps: 1 })],
  ['another start than its key', claimText({ ...a })],
  ['another partition than its key', claimText({ ...b, partition: 1 })],
  ['another topic than its key', claimText({ ...b, topicId: 'f'.repeat(32) })],
])('a newest claim with %s lands nothing: everything before it has landed', async (_what, text) => {
  const store = bucketWith([a, b])
  store.objects.set(claimKey(lake, topicId, 0, 10), text)
  const { landedOffset, newest, complete } = await tailOf(store)
  expect([landedOffset, newest?.claim, complete?.S]).toEqual([10, undefined, 0])
  expect(newest?.fault).toMatch(/./)
})

test('an object among the claims that is not a claim is reported, not ignored', async () => {
  const store = bucketWith([a])
  store.objects.set(claimKey(lake, topicId, 0, 10).replace('.json', '.txt'), '')
  await expect(tailOf(store)).rejects.toMatchObject({ code: 'CLAIM_UNREADABLE' })
})

test('a complete tail costs one LIST, until there is a newer claim', async () => {
  const store = bucketWith([a])
  const read: string[] = []
  const tails = new ChainTails(
    {
      ...store,
      text: (key) => {
        read.push(key)
        return store.text(key)
      },
    },
    lake,
  )
  const landed = async () => (await tails.read(topicId, [0])).map(({ landedOffset }) => landedOffset)
  expect([...(await landed()), ...(await landed()), read.length]).toEqual([10, 10, 1])
  store.objects.set(claimKey(lake, topicId, 0, 10), claimText(b))
  expect(await landed(), 'incomplete').toEqual([10])
  for (const { key } of b.files) store.objects.set(key, 'rows')
  store.objects.set(deadKey(lake, b), '')
  expect(await landed()).toEqual([25])
})
