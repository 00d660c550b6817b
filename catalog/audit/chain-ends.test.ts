// What an audit reports for a chain of which Kafka has replaced the last record.
import { claimText, parseClaim } from '@ticklake/contract/claim.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import { recordDigest } from '@ticklake/contract/last-record.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import { chainEnds, checkChainEnd } from './chain-ends.ts'

const record = { timestampMs: Date.UTC(2026, 0, 1), value: Buffer.from('poison') }
const other = { ...record, value: Buffer.from('another') }
const last = { offset: 99, sha256: recordDigest(record, { contract: 3 }), leaderEpoch: 0 }
const claim = (more: object = {}) =>
  parseClaim(
    JSON.stringify({
      ...{ v: 2, topic: 't', topicId: '0'.repeat(32), partition: 0, S: 0, E: 100, nonce: 'n', last },
      ...{ encoder: 'parquet/1', contract: 3, files: [], dead: 100, gaps: 0, skipped: 0, ...more },
    }),
  )
const topic = { partition: 0, low: 0, end: 150 }
const lookup = (found: typeof record | 'absent', epochEnd = 60, at = 99) => ({
  find: async (_partition: number, from: number, to = from + 1) => {
    if (found !== 'absent' && from <= at && at < to) return { ...found, offset: at, leaderEpoch: 0 }
    return from === 99 && at !== 99 ? { ...record, offset: 99, leaderEpoch: 0 } : 'absent'
  },
  epochEnd: async () => epochEnd,
})

/** The end of a chain of these claims, as it is read from the bucket. */
async function endOf(...claims: ReturnType<typeof claim>[]) {
  const lake = { prefix: 'p', dataset: 'd' }
  const texts = claims.map((one) => [claimKey(lake, one.topicId, 0, one.S), claimText(one)] as const)
  return (await chainEnds(memoryStore(new Map(texts)), lake, '0'.repeat(32), [topic])).get(0)!
}

test('records that took the offsets of landed ones are counted as lost', async () => {
  expect(await checkChainEnd(await endOf(claim()), topic, lookup(other))).toMatchObject({
    kind: 'broker',
    lost: 40,
    what: expect.stringMatching(/offset 99.*40 records/),
    remedy: expect.stringMatching(/LAKE_DATASET.*CONSUMER_ON_TRUNCATION=record/),
  })
  const unknown = claim({ last: { offset: 99, sha256: last.sha256 } })
  expect(await checkChainEnd(await endOf(unknown), topic, lookup(other)), 'at least the one').toMatchObject({
    lost: 1,
  })
})

test.each([
  ['is the same', claim(), topic, record],
  ['is no longer in Kafka', claim(), topic, 'absent' as const],
  ['is below what Kafka still has', claim(), { ...topic, low: 100 }, other],
  ['was not recorded by an earlier release', claim({ v: 1, last: undefined }), topic, other],
])('a last record that %s is no finding', async (_what, newest, partition, found) => {
  expect(await checkChainEnd(await endOf(newest), partition, lookup(found))).toBeUndefined()
})

test('a newest claim without a record hides nothing: the last record before it is compared', async () => {
  const gaps = claim({ S: 100, E: 110, dead: 0, gaps: 10, last: undefined })
  expect(await checkChainEnd(await endOf(claim(), gaps), topic, lookup(other))).toMatchObject({ lost: 40 })
  const inGap = lookup(other, 103, 104)
  expect(await checkChainEnd(await endOf(claim(), gaps), topic, inGap), 'records in the gaps').toMatchObject({
    lost: 2,
    what: expect.stringMatching(/from offset 100 to 109, and Kafka has one at 104/),
  })
  const older = claim({ v: 1, last: undefined })
  expect(
    await checkChainEnd(
      await endOf(claim({ S: 0, E: 100 }), { ...older, S: 100, E: 200 }, { ...gaps, S: 200, E: 210 }),
      { ...topic, end: 210 },
      lookup(other),
    ),
    'what an earlier release landed last cannot be compared',
  ).toBeUndefined()
})

test.each([{ offset: 100, sha256: last.sha256 }, { offset: 99, sha256: 'short' }, { offset: 99 }, 'x'])(
  'a claim with the last record %j cannot be used',
  (bad) => {
    expect(() => claim({ last: bad })).toThrow('with the last record')
  },
)
