// dataset.json in an in-memory S3: who opens it, who raises it, and who stops.
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { datasetKey } from '@ticklake/contract/keys.ts'
import { release } from '@ticklake/runtime/release.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import type { ObjectStore } from '../s3.ts'
import type { LandingTarget } from './claim-builder.ts'
import { datasetGuard, openDataset } from './dataset.ts'

const target: LandingTarget = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'parquet',
  topic: 't',
  topicId: '0'.repeat(32),
}
const key = datasetKey(target.lake)
const fixed = { topic: 't', topicId: target.topicId, format: 'parquet', routing: 'hour-utc' }
/** As release 0.1.0 wrote it. */
const earlier = { v: 1, ...fixed, contract: 1 }
const newer = { v: 1, ...fixed, contract: CONTRACT_VERSION + 1, release: '9.9.9' }

function bucket(stored?: object, { honoursIfMatch = true, meanwhile = [] as object[] } = {}) {
  const memory = memoryStore()
  const { objects } = memory
  const put = (value: object) => objects.set(key, `${JSON.stringify(value)}\n`)
  if (stored) put(stored)
  let replaced = 0
  const store: ObjectStore = {
    ...memory,
    async replace(name, body, type, etag) {
      // Another consumer writes between the read and the write.
      if (body !== objects.get(name) && meanwhile.length > 0) put(meanwhile.shift()!)
      const result = await memory.replace(name, body, type, honoursIfMatch ? etag : (objects.get(name) ?? ''))
      if (result === 'stored') replaced++
      return result
    },
  }
  const raised: [number, number][] = []
  return {
    store,
    put,
    raised,
    remove: () => objects.delete(key),
    stored: () => JSON.parse(objects.get(key)!),
    replaced: () => replaced,
    open: (as: LandingTarget = target) =>
      openDataset(store, as, undefined, (from, to) => void raised.push([from, to])),
    guard: () => datasetGuard(store, target, (from, to) => void raised.push([from, to])),
  }
}

test('a new dataset has this release’s contract, and says which release that is', async () => {
  const { open, stored, raised } = bucket()
  await open()
  expect(stored()).toEqual({ v: 1, ...fixed, contract: CONTRACT_VERSION, release })
  expect(raised).toEqual([])
})

test('a dataset of an earlier contract is raised in place, once, and keeps everything else', async () => {
  const { open, stored, raised, replaced } = bucket({ ...earlier, from: 'earliest', note: 'mine' })
  expect(await open()).toMatchObject({ at: 'earliest' })
  expect(stored()).toEqual({
    ...earlier,
    from: 'earliest',
    note: 'mine',
    contract: CONTRACT_VERSION,
    release,
  })
  await open()
  expect(raised).toEqual([[1, CONTRACT_VERSION]])
  expect(replaced()).toBe(1)
})

test('two that raise it at the same time do no harm, and one that is overtaken by a newer release stops', async () => {
  const both = bucket(earlier, { meanwhile: [{ ...earlier, contract: CONTRACT_VERSION, release: 'other' }] })
  await both.open()
  expect(both.stored()).toMatchObject({ contract: CONTRACT_VERSION, release: 'other' })
  expect(both.raised).toEqual([])
  const overtaken = bucket(earlier, { meanwhile: [newer] })
  await expect(overtaken.open()).rejects.toMatchObject({ code: 'NEWER_CONTRACT' })
  expect(overtaken.stored()).toEqual(newer)
})

test('a dataset of a newer contract is refused, at the start and while it runs, with the release that is needed', async () => {
  const { open, put, guard, stored } = bucket()
  await open()
  const confirm = guard()
  await confirm()
  put(newer)
  for (const refused of [open(), confirm()]) {
    await expect(refused).rejects.toMatchObject({
      code: 'NEWER_CONTRACT',
      message: expect.stringContaining(`contract ${CONTRACT_VERSION + 1} (ticklake 9.9.9)`),
      remedy: expect.stringContaining('ticklake 9.9.9 or newer'),
    })
  }
  expect(stored()).toEqual(newer)
})

test('a consumer with other settings does not raise it', async () => {
  const { open, stored } = bucket(earlier)
  await expect(open({ ...target, format: 'jsonl' })).rejects.toMatchObject({ code: 'DATASET_DIFFERS' })
  expect(stored()).toEqual(earlier)
})

test('an earlier contract that was restored while the consumer runs is raised again', async () => {
  const { open, put, guard, stored } = bucket(earlier)
  await open()
  put(earlier)
  await guard()()
  expect(stored().contract).toBe(CONTRACT_VERSION)
})

test('a dataset.json that is missing or unreadable stops the consumer', async () => {
  const { open, put, remove, guard } = bucket()
  await open()
  put({ v: 1, ...fixed })
  await expect(guard()()).rejects.toMatchObject({ code: 'DATASET_UNREADABLE' })
  put({ ...newer, v: 2 })
  await expect(guard()()).rejects.toMatchObject({
    code: 'DATASET_DIFFERS',
    why: 'dataset.json has version 2 (ticklake 9.9.9), this release reads 1',
  })
  remove()
  await expect(guard()()).rejects.toMatchObject({ code: 'DATASET_MISSING' })
})

test('a bucket that ignores If-Match is refused before the contract is raised', async () => {
  const { open, stored } = bucket(earlier, { honoursIfMatch: false })
  await expect(open()).rejects.toMatchObject({ code: 'CONDITIONAL_WRITES_IGNORED' })
  expect(stored()).toEqual(earlier)
})
