// What happens when Kafka has replaced landed records.
import { recordDigest } from '@ticklake/contract/last-record.ts'
import type { FoundRecord } from '@ticklake/lake/chain-end.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import { TruncationGuard } from './truncation-guard.ts'

const target = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'parquet' as const,
  topic: 't',
  topicId: '0'.repeat(32),
}
const rules = { contract: 3, aliases: false }
const timestampMs = Date.UTC(2026, 0, 1)
const tick = (open: string) =>
  Buffer.from(
    `{"index":"A","date":"2021-03-04","open":${open},"high":1,"low":1,"close":1,"adj_close":null,"volume":1,"close_usd":null}`,
  )
const record = (value: Uint8Array | null, ms: number | undefined = timestampMs) => ({
  timestampMs: ms,
  value,
})

function guard(found: FoundRecord, objects = new Map<string, string>()) {
  const results: string[] = []
  const it = new TruncationGuard({
    store: memoryStore(objects),
    target,
    events: { recordCompared: (result) => results.push(result) },
    find: async () => found,
    epochEnd: async () => -1,
  })
  return { it, results, objects }
}

const landed = (value: Uint8Array | null) => ({
  offset: 7,
  sha256: recordDigest(record(value), rules),
  ...rules,
})

test.each<[string, Uint8Array | null, FoundRecord]>([
  ['a row', tick('1.5'), record(tick('1.5'))],
  ['the same row, written differently', tick('1.5'), record(tick(' 1.50'))],
  ['a rejected record', Buffer.from('poison'), record(Buffer.from('poison'))],
  ['a tombstone', null, record(null)],
])('%s is recognized', async (_what, value, found) => {
  const { it, results } = guard(found)
  expect(await it.compare(0, landed(value))).toEqual({ result: 'same' })
  expect(results).toEqual(['same'])
})

test.each<[string, Uint8Array | null, FoundRecord, RegExp]>([
  ['a price that differs by one byte', tick('1.5'), record(tick('1.6')), /another one/],
  ['the same row at another time', tick('1.5'), record(tick('1.5'), timestampMs + 1), /another one of 2026/],
  ['a rejected record in the place of a row', tick('1.5'), record(Buffer.from('x')), /another one/],
  ['an empty value in the place of a tombstone', null, record(Buffer.alloc(0)), /another one/],
  ['the end of the partition', tick('1.5'), 'beyond-end', /Kafka ends before it/],
])('%s is not a landed record', async (_what, value, found, why) => {
  const { it, results } = guard(found)
  expect(await it.compare(0, landed(value))).toEqual({
    result: 'replaced',
    offset: 7,
    why: expect.stringMatching(why),
  })
  expect(results).toEqual(['replaced'])
})

test('a record that Kafka no longer has is not compared', async () => {
  const { it, results } = guard('absent')
  expect(await it.compare(0, landed(tick('1.5')))).toEqual({ result: 'unknown' })
  expect(results).toEqual(['unknown'])
})

test('a truncated partition is refused, now and at every later start; the others are not', async () => {
  const { it, objects } = guard('absent')
  await it.requireIntact(3)
  expect(await it.refuse(3, 'offset 7 is another record')).toMatchObject({ code: 'TOPIC_TRUNCATED' })
  // Another consumer found it at the same time.
  expect(await it.refuse(3, 'offset 9 is another record')).toMatchObject({ code: 'TOPIC_TRUNCATED' })
  expect([...objects.keys()]).toEqual([`p/_control/d/truncations/${target.topicId}/00003.json`])
  const later = guard('absent', objects).it
  await expect(later.requireIntact(3)).rejects.toMatchObject({
    code: 'TOPIC_TRUNCATED',
    why: expect.stringContaining('offset 7'),
    remedy: expect.stringContaining('LAKE_DATASET'),
  })
  await later.requireIntact(4)
  objects.set([...objects.keys()][0]!, 'not JSON')
  await expect(later.requireIntact(3)).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
})
