// One partition's claims and objects in an in-memory S3.
import { setImmediate } from 'node:timers/promises'
import { claimText, parseClaim } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { claimKey, claimsPrefix, hourOf, recordKey } from '@ticklake/contract/keys.ts'
import type { FoundRecord } from '@ticklake/lake/chain-end.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { ticks } from '@ticklake/testing/topic.ts'
import { expect, test, vi } from 'vitest'
import { consumerEvents } from '../events.ts'
import { buildSkip } from './claim-builder.ts'
import type { LandingPort } from './landing.ts'
import { PartitionWriter } from './partition-writer.ts'
import { TruncationGuard } from './truncation-guard.ts'

const target = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'json-object' as const,
  topic: 't',
  topicId: '0'.repeat(32),
}

/** The part of S3 that claims and objects of one record need. */
function startWriter(
  flushAfterMs = 60_000,
  confirmDataset = async () => {},
  aliases = false,
  stored = new Map<string, string>(),
  onTruncation: 'stop' | 'record' = 'stop',
) {
  const store = memoryStore(stored)
  const { objects } = store
  const landing = {
    store,
    uploadLimit: <T>(work: () => Promise<T>) => work(),
    announcements: { announce: async () => true },
  } as unknown as LandingPort
  const registry = makeRegistry('consumer')
  const events = consumerEvents(makeLogger('consumer', { LOG_LEVEL: 'silent' }), registry)
  const found = new Map<number, FoundRecord>()
  const epoch = { end: -1 }
  const log = { end: Number.POSITIVE_INFINITY }
  const commits: number[] = []
  const truncation = new TruncationGuard({
    store,
    target,
    events,
    find: async (_partition, from, to) => {
      for (let offset = from; offset < to; offset++)
        if (found.has(offset)) return { offset, ...(found.get(offset) as object) } as FoundRecord
      return to > log.end ? 'beyond-end' : 'absent'
    },
    epochEnd: async () => epoch.end,
  })
  const writer = new PartitionWriter({
    target: { ...target, aliases },
    partition: 0,
    flushAfterMs: () => flushAfterMs,
    flushBytes: 1_000_000,
    flushRows: 3,
    landing,
    events,
    confirmTopic: async () => {},
    confirmDataset,
    truncation,
    onTruncation,
    commit: async (offset) => {
      commits.push(offset)
    },
    onProgress: () => {},
  })
  const claims = () =>
    [...objects]
      .filter(([key]) => key.startsWith(claimsPrefix(target.lake, target.topicId, 0)))
      .map(([, text]) => parseClaim(text))
      .sort((a, b) => a.S - b.S)
  return { writer, objects, claims, registry, events, found, epoch, log, commits }
}

const row = Buffer.from('{}')

test.each([
  [
    'less than is pending',
    2,
    [
      [0, 2],
      [2, 5],
      [5, 7],
    ],
  ],
  [
    'exactly the batch',
    3,
    [
      [0, 3],
      [3, 6],
      [6, 7],
    ],
  ],
  ['more than is pending', 9, [[0, 9]]],
])('where a rival skips %s, the chain goes on without a hole', async (_what, end, ranges) => {
  const { writer, objects, claims } = startWriter()
  await writer.recover()
  const skip = buildSkip(target, 0, 0, end, 'retention')
  objects.set(claimKey(target.lake, target.topicId, 0, 0), claimText(skip))
  for (let offset = 0; offset < 7; offset++) writer.pending.accept(offset, Date.now(), row)
  const ran = writer.run()
  await vi.waitFor(() => expect(claims().length).toBe(Math.max(1, ranges.length - 1)))
  writer.drain()
  await ran
  expect(claims().map(({ S, E }) => [S, E])).toEqual(ranges)
})

test('offsets without a record that another consumer’s claim does not cover are claimed, even if nothing follows them', async () => {
  const { writer, objects, claims } = startWriter(50)
  await writer.recover()
  const skip = buildSkip(target, 0, 0, 2, 'retention')
  objects.set(claimKey(target.lake, target.topicId, 0, 0), claimText(skip))
  for (let offset = 0; offset < 2; offset++) writer.pending.accept(offset, Date.now(), row)
  writer.pending.reachedEnd(4)
  const ran = writer.run()
  await vi.waitFor(() =>
    expect(claims().map(({ S, E, gaps }) => [S, E, gaps])).toEqual([
      [0, 2, 0],
      [2, 4, 2],
    ]),
  )
  writer.drain()
  await ran
})

const tickOf = (open: string, more = '') =>
  `{"index":"A","date":"2021-03-04","open":${open},"high":1,"low":1,"close":1,"adj_close":null,"volume":1,"close_usd":null${more}}`

/** The claim of release 0.1.0 for the offsets 0 to 3. */
function earlierClaim(timestampMs: number) {
  const { dt, hour } = hourOf(timestampMs)
  const key = recordKey(target.lake, { dt, hour }, target.topicId, 0, '{offset}')
  const counts = { dead: 1, gaps: 0, skipped: 0 }
  const maker = { nonce: 'theirs', encoder: 'json-object/1', contract: 1 }
  return claimText({
    ...{ v: 1, topic: target.topic, topicId: target.topicId, partition: 0, S: 0, E: 4 },
    ...maker,
    files: [{ key, rows: 3 }],
    ...counts,
  })
}

test.each(['exists when the partition is assigned', 'takes the offset of ours first'])(
  'an unfinished claim of an earlier contract that %s is finished as that contract validates',
  async (when) => {
    const { writer, objects, claims, registry, events } = startWriter()
    const warned = vi.spyOn(events, 'earlierReleaseBeside')
    const timestamp = Date.UTC(2026, 0, 1)
    const key = claimKey(target.lake, target.topicId, 0, 0)
    const isThere = when.startsWith('is there')
    if (isThere) objects.set(key, earlierClaim(timestamp))
    await writer.recover()
    const values = [tickOf('1.50', ',"source":"x"'), tickOf('1.50', ',"source":7'), 'poison', tickOf('1.50')]
    for (const [offset, value] of values.entries())
      writer.pending.push({ partition: 0, offset, timestamp, value: Buffer.from(value) })
    objects.set(key, earlierClaim(timestamp))
    const ran = writer.run()
    writer.drain()
    await ran
    expect(claims().map(({ S, E }) => [S, E])).toEqual([[0, 4]])
    const rows = [...objects].filter(([name]) => name.includes('stock_market_'))
    // Byte for byte what it wrote: a message that it had to rewrite, and one that was canonical.
    expect(rows.map(([, row]) => row.slice(0, row.indexOf(',"kafka_')))).toEqual([
      tickOf('1.5').slice(0, -1),
      tickOf('1.5').slice(0, -1),
      tickOf('1.50').slice(0, -1),
    ])
    expect([...objects.keys()].filter((name) => name.includes('/dead/'))).toHaveLength(1)
    const unknown = await registry.getSingleMetric('ticklake_consumer_unknown_fields_total')!.get()
    expect(unknown.values[0]!.value, 'what was left out is counted').toBe(2)
    expect(warned, 'the consumer that just wrote it is still running').toHaveBeenCalledTimes(isThere ? 0 : 1)
  },
)

test.each([true, false])(
  'an unfinished claim whose writer had the opposite of aliases %s is finished as its writer would',
  async (own) => {
    const { writer, objects, claims } = startWriter(60_000, async () => {}, own)
    const timestamp = Date.UTC(2026, 0, 1)
    const { dt, hour } = hourOf(timestamp)
    const files = [
      { key: recordKey(target.lake, { dt, hour }, target.topicId, 0, '{offset}'), rows: own ? 1 : 2 },
    ]
    const theirs = claimText({
      ...{ v: 2, topic: target.topic, topicId: target.topicId, partition: 0, S: 0, E: 2, nonce: 'theirs' },
      ...{
        encoder: 'json-object/1',
        contract: CONTRACT_VERSION,
        ...(own ? {} : { aliases: true as const }),
        files,
      },
      ...{ dead: own ? 1 : 0, gaps: 0, skipped: 0 },
    })
    await writer.recover()
    const values = [tickOf('1'), tickOf('1').replace('"index"', '"Symbol"')]
    for (const [offset, value] of values.entries())
      writer.pending.push({ partition: 0, offset, timestamp, value: Buffer.from(value) })
    objects.set(claimKey(target.lake, target.topicId, 0, 0), theirs)
    const ran = writer.run()
    writer.drain()
    await ran
    expect(claims().map(({ S, E, nonce }) => [S, E, nonce])).toEqual([[0, 2, 'theirs']])
    expect([...objects.keys()].filter((name) => name.includes('stock_market_'))).toHaveLength(own ? 1 : 2)
    const dead = [...objects].filter(([name]) => name.includes('/dead/'))
    expect(dead).toHaveLength(own ? 1 : 0)
    // Whole, as received.
    if (own) expect(dead[0]![1]).toContain('Symbol')
  },
)

test('no claim is put once the dataset has a newer contract', async () => {
  let newer = false
  const { writer, claims } = startWriter(60_000, async () => {
    if (newer) throw new Failure({ code: 'NEWER_CONTRACT', what: 'raised' })
  })
  await writer.recover()
  const ran = writer.run()
  for (let offset = 0; offset < 3; offset++) writer.pending.accept(offset, Date.now(), row)
  await vi.waitFor(() => expect(claims()).toHaveLength(1))
  newer = true
  for (let offset = 3; offset < 6; offset++) writer.pending.accept(offset, Date.now(), row)
  await expect(ran).rejects.toMatchObject({ code: 'NEWER_CONTRACT' })
  expect(claims()).toHaveLength(1)
  const { writer: next } = startWriter(60_000, async () => {
    throw new Failure({ code: 'NEWER_CONTRACT', what: 'raised' })
  })
  await expect(next.recover(), 'nor is another partition accepted').rejects.toMatchObject({
    code: 'NEWER_CONTRACT',
  })
})

test('skipped records are counted as a completed claim, but not as a flush', async () => {
  const { writer, registry } = startWriter()
  expect(await writer.recover()).toBe(0)
  expect(await writer.skipTo(7, 'the test skips it')).toBe(7)
  const counted = async (name: string) =>
    (await registry.getSingleMetric(name)!.get()).values.map(({ value }) => value)
  expect(await counted('ticklake_consumer_claims_completed_total')).toEqual([1])
  expect((await counted('ticklake_consumer_flush_seconds')).every((value) => value === 0)).toBe(true)
})

const RECORD_MS = Date.UTC(2026, 0, 1)

function recordOf(value: string) {
  return { timestamp: RECORD_MS, value: Buffer.from(value), leaderEpoch: 4 }
}

/** A writer that has landed offsets 0 to 2; Kafka has the record at offset 2. */
async function landedThree(confirmDataset = async () => {}) {
  const it = startWriter(60_000, confirmDataset)
  await it.writer.recover()
  const ran = it.writer.run()
  const push = (offset: number) => it.writer.pending.push({ partition: 0, offset, ...recordOf(tickOf('1')) })
  for (let offset = 0; offset < 3; offset++) push(offset)
  await vi.waitFor(() => expect(it.claims()).toHaveLength(1))
  const same: FoundRecord = { timestampMs: RECORD_MS, value: Buffer.from(tickOf('1')) }
  return { ...it, ran, push, same, other: { ...same, value: Buffer.from(tickOf('2')) } }
}

test('a claim has the digest and the leader epoch of its last record', async () => {
  const { claims, writer, ran } = await landedThree()
  writer.drain()
  await ran
  expect(claims()[0]!.last).toEqual({
    offset: 2,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    leaderEpoch: 4,
  })
})

test('after a lost connection nothing is claimed until the last record is found again', async () => {
  const { claims, writer, ran, push, found, same } = await landedThree()
  push(3)
  writer.connectionLost()
  writer.connectionLost()
  found.set(3, same)
  for (const offset of [4, 5]) push(offset)
  await vi.waitFor(() => expect(claims()).toHaveLength(2))
  writer.drain()
  await ran
})

test('records in memory are not claimed with those that replaced them in Kafka', async () => {
  const { claims, writer, ran, push, found, other, objects } = await landedThree()
  push(3)
  writer.connectionLost()
  found.set(3, other)
  for (const offset of [4, 5]) push(offset)
  const why = expect.stringMatching(/^the record at offset 3 was read, and/)
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true, why })
  expect(claims()).toHaveLength(1)
  // What landed is as it was: the partition is read again from there.
  expect([...objects.keys()].filter((key) => key.includes('/truncations/'))).toHaveLength(0)
})

test('an adopted claim of which only a part was read is compared by its last record, and not called wrong', async () => {
  const before = await landedThree()
  before.writer.drain()
  await before.ran
  for (const key of before.objects.keys()) if (key.includes('stock_market_')) before.objects.delete(key)
  const { writer, found } = startWriter(60_000, undefined, false, before.objects)
  found.set(0, before.same).set(2, before.same)
  expect(await writer.recover()).toBe(0)
  const ran = writer.run()
  const push = (offset: number) => writer.pending.push({ partition: 0, offset, ...recordOf(tickOf('1')) })
  push(0)
  writer.connectionLost()
  found.set(2, before.other)
  for (const offset of [1, 2]) push(offset)
  // Recovery compares what the claim covers, and refuses the partition or begins an era.
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
})

test('a connection whose loss is noticed only while a batch is confirmed is as good as one lost before', async () => {
  let answer = async () => {}
  const it = await landedThree(() => answer())
  answer = async () => {
    await setImmediate()
    it.writer.connectionLost()
  }
  it.found.set(5, it.other)
  for (const offset of [3, 4, 5]) it.push(offset)
  await expect(it.ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
  expect(it.claims()).toHaveLength(1)
})

test('a connection that is lost again while a record is compared is not forgotten', async () => {
  const { claims, writer, ran, push, found, same, other } = await landedThree()
  for (const offset of [3, 4]) push(offset)
  writer.connectionLost()
  found.set(4, same)
  vi.spyOn(found, 'get').mockImplementationOnce(() => {
    found.set(4, other)
    writer.connectionLost()
    return same
  })
  writer.drain()
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
  expect(claims()).toHaveLength(1)
})

test('after a lost connection a record that Kafka no longer has is not compared, but a refusal of another consumer counts', async () => {
  const { claims, writer, ran, push } = await landedThree()
  writer.connectionLost()
  for (const offset of [3, 4, 5]) push(offset)
  await vi.waitFor(() => expect(claims()).toHaveLength(2))
  writer.connectionLost()
  await writer.refuseTruncated('another consumer found another record')
  for (const offset of [6, 7, 8]) push(offset)
  const why = expect.stringContaining('another consumer found')
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', why })
  expect(claims()).toHaveLength(2)
})

test('after a lost connection a partition whose last landed record was replaced is refused for good', async () => {
  const { claims, writer, ran, push, found, other, objects } = await landedThree()
  writer.connectionLost()
  found.set(2, other)
  for (const offset of [3, 4, 5]) push(offset)
  const error = await ran.catch((reason) => reason)
  expect(error).toMatchObject({ code: 'TOPIC_TRUNCATED' })
  expect(error.retryable).not.toBe(true)
  expect(claims()).toHaveLength(1)
  expect([...objects.keys()].filter((key) => key.includes('/truncations/'))).toHaveLength(1)
})

test.each(['complete', 'unfinished'])(
  'a chain with another record in Kafka for its last claim (%s) is refused',
  async (state) => {
    const { writer, ran, objects, other } = await landedThree()
    writer.drain()
    await ran
    if (state === 'unfinished')
      for (const key of objects.keys()) if (key.includes('stock_market_')) objects.delete(key)
    const next = startWriter(60_000, undefined, false, objects)
    next.found.set(2, other)
    await expect(next.writer.recover()).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
    const later = startWriter(60_000, undefined, false, objects)
    await expect(later.writer.recover(), 'no matter what it finds').rejects.toMatchObject({
      code: 'TOPIC_TRUNCATED',
    })
  },
)

/** A writer with CONSUMER_ON_TRUNCATION=record for a chain [0,3) of which Kafka has replaced the last record. */
async function recording({ epochEnd = 1, unfinished = false } = {}) {
  const before = await landedThree()
  before.writer.drain()
  await before.ran
  if (unfinished)
    for (const key of before.objects.keys()) if (key.includes('stock_market_')) before.objects.delete(key)
  const it = startWriter(60_000, undefined, false, before.objects, 'record')
  it.found.set(2, before.other)
  it.epoch.end = epochEnd
  return it
}

test.each([false, true])(
  'with `record` the chain continues in a new era after the replaced records; their claim was unfinished: %s',
  async (unfinished) => {
    const { writer, claims, commits } = await recording({ unfinished })
    expect(await writer.recover()).toBe(4)
    expect([writer.shift, commits]).toEqual([3, [1]])
    expect(claims()[1]).toMatchObject({
      v: 3,
      S: 3,
      E: 4,
      files: [],
      gaps: 1,
      era: { number: 1, shift: 3, landedBefore: 3 },
      begins: { kafkaOffset: 1, replacedTo: 3, ...(unfinished && { unfinished: { S: 0, E: 3 } }) },
    })
    const ran = writer.run()
    const { value } = ticks(1, 1).next().value!
    writer.sink.push({ partition: 0, offset: 1, timestamp: Date.now(), value, leaderEpoch: 5 })
    const rest = [2, 3]
    writer.sink.pushAll({
      count: 2,
      bytes: value!,
      valueStarts: Int32Array.of(0, -1),
      valueEnds: Int32Array.of(value!.length, -1),
      offsets: Float64Array.from(rest),
      timestamps: Float64Array.of(Date.now(), Date.now()),
      leaderEpoch: 5,
      message: (i) => ({ partition: 0, offset: rest[i]!, timestamp: Date.now(), value, leaderEpoch: 5 }),
    })
    writer.drain()
    await ran
    expect(claims()[2]).toMatchObject({
      v: 3,
      S: 4,
      E: 7,
      gaps: 0,
      era: { number: 1, shift: 3 },
      last: { offset: 6 },
    })
    expect(commits).toEqual([1, 4])
  },
)

test('after an earlier start was refused, `record` continues, and then `stop` continues in the era', async () => {
  const it = await recording()
  await startWriter(60_000, undefined, false, it.objects).writer.refuseTruncated('another record')
  expect(await it.writer.recover()).toBe(4)
  expect(await startWriter(60_000, undefined, false, it.objects).writer.recover()).toBe(4)
})

test.each([
  ['Kafka does not know the epoch’s end', -1],
  ['the epoch ends after the replaced record', 3],
])(
  'if %s, `record` refuses as `stop` does: it does not guess where the logs diverge',
  async (_what, epochEnd) => {
    const { writer, claims } = await recording({ epochEnd })
    await expect(writer.recover()).rejects.toMatchObject({
      code: 'TOPIC_TRUNCATED',
      why: expect.stringContaining('where the two logs diverge is unknown'),
    })
    expect(claims()).toHaveLength(1)
  },
)

test('a second truncation before anything landed in an era is found, and begins the next one where the log was truncated', async () => {
  const first = await recording({ epochEnd: 2 })
  expect(await first.writer.recover()).toBe(4)
  expect(first.writer.shift).toBe(2)

  const unchanged = startWriter(60_000, undefined, false, first.objects, 'record')
  unchanged.epoch.end = 2
  expect(await unchanged.writer.recover()).toBe(4)

  const it = startWriter(60_000, undefined, false, first.objects, 'record')
  it.epoch.end = 1
  expect(await it.writer.recover()).toBe(5)
  expect(it.writer.shift).toBe(4)
  expect(it.claims().map(({ S, E, begins }) => [S, E, begins?.kafkaOffset])).toEqual([
    [0, 3, undefined],
    [3, 4, 2],
    [4, 5, 1],
  ])
  expect(it.claims()[2]).toMatchObject({ era: { number: 2, landedBefore: 3 }, begins: { replacedTo: 2 } })
})

test('with `stop` a second truncation before anything landed in an era is refused', async () => {
  const first = await recording({ epochEnd: 2 })
  await first.writer.recover()
  const it = startWriter(60_000, undefined, false, first.objects)
  it.epoch.end = 1
  await expect(it.writer.recover()).rejects.toMatchObject({
    code: 'TOPIC_TRUNCATED',
    why: expect.stringContaining('from offset 1 on'),
  })
  expect(it.claims()).toHaveLength(2)
})

test('a second truncation while a consumer runs in an empty era is found before its next claim', async () => {
  const { writer, epoch, claims } = await recording({ epochEnd: 2 })
  await writer.recover()
  writer.connectionLost()
  epoch.end = 1
  const ran = writer.run()
  for (const offset of [2, 3, 4]) {
    const { value } = ticks(1, 1).next().value!
    writer.sink.push({ partition: 0, offset, timestamp: Date.now(), value, leaderEpoch: 6 })
  }
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
  expect(claims()).toHaveLength(2)
})

test('a consumer with records of the old log in memory finds the era’s claim, and drops them', async () => {
  const old = await landedThree()
  for (const offset of [3, 4]) old.push(offset)
  const it = startWriter(60_000, undefined, false, old.objects, 'record')
  it.found.set(2, old.other)
  it.epoch.end = 1
  await it.writer.recover()
  old.push(5)
  await expect(old.ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
  expect(it.claims().map(({ S, E }) => [S, E])).toEqual([
    [0, 3],
    [3, 4],
  ])
})

/** The chain of `landedThree`, and a claim without a record behind it, as of an aborted transaction. */
async function landedThreeAndGaps() {
  const it = await landedThree()
  it.writer.pending.reachedEnd(5)
  it.writer.drain()
  await it.ran
  expect(it.claims().map(({ S, E, gaps }) => [S, E, gaps])).toEqual([
    [0, 3, 0],
    [3, 5, 2],
  ])
  return it
}

test('a chain that ends with a claim without a record is compared by the last record before it', async () => {
  const { objects, other } = await landedThreeAndGaps()
  const next = startWriter(60_000, undefined, false, objects)
  next.found.set(2, other)
  await expect(next.writer.recover()).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
  const recording = startWriter(60_000, undefined, false, objects, 'record')
  recording.found.set(2, other)
  recording.epoch.end = 1
  expect(await recording.writer.recover()).toBe(6)
  expect(recording.claims()[2]).toMatchObject({ S: 5, E: 6, begins: { kafkaOffset: 1, replacedTo: 5 } })
})

test('after a lost connection, too, before anything is read', async () => {
  const { objects, other, same } = await landedThreeAndGaps()
  const { writer, found, claims } = startWriter(60_000, undefined, false, objects)
  found.set(2, same)
  expect(await writer.recover()).toBe(5)
  writer.connectionLost()
  found.set(2, other)
  const ran = writer.run()
  for (const offset of [5, 6, 7]) writer.pending.push({ partition: 0, offset, ...recordOf(tickOf('1')) })
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
  expect(claims()).toHaveLength(2)
})

test('an era whose only claim behind its start has no record is compared by its start', async () => {
  const first = await recording({ epochEnd: 2 })
  await first.writer.recover()
  const ran = first.writer.run()
  first.writer.sink.reachedEnd(3)
  first.writer.drain()
  await ran
  expect(first.claims().map(({ S, E }) => [S, E])).toEqual([
    [0, 3],
    [3, 4],
    [4, 5],
  ])
  const it = startWriter(60_000, undefined, false, first.objects, 'record')
  it.epoch.end = 1
  expect(await it.writer.recover()).toBe(6)
  expect(it.claims()[3]).toMatchObject({ era: { number: 2 }, begins: { kafkaOffset: 1 } })
})

test('a record that Kafka has where the chain ends with gaps has not landed: the partition is refused, or an era begins before it', async () => {
  const { objects, other, same } = await landedThreeAndGaps()
  const next = startWriter(60_000, undefined, false, objects)
  next.found.set(2, same).set(4, other)
  const why = expect.stringMatching(/^no record has landed from offset 3 to 4, and Kafka has one at 4/)
  await expect(next.writer.recover()).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', why })
  const recording = startWriter(60_000, undefined, false, objects, 'record')
  recording.found.set(2, same).set(4, other)
  recording.epoch.end = 4
  expect(await recording.writer.recover()).toBe(6)
  expect(recording.claims()[2]).toMatchObject({ begins: { kafkaOffset: 4 } })
})

test('offsets that were read as gaps before a lost connection are not claimed as gaps if Kafka has a record there now', async () => {
  const { claims, writer, ran, push, found, same, other, objects } = await landedThree()
  push(3)
  writer.pending.reachedEnd(6)
  writer.connectionLost()
  found.set(3, same).set(5, other)
  writer.drain()
  const why = expect.stringMatching(/^no record was read from offset 4 to 5, and Kafka has one at 5/)
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true, why })
  expect(claims()).toHaveLength(1)
  expect([...objects.keys()].filter((key) => key.includes('/truncations/'))).toHaveLength(0)
})

test('so are gaps behind the last landed record', async () => {
  const { claims, writer, ran, found, same, other } = await landedThree()
  writer.pending.reachedEnd(5)
  writer.connectionLost()
  found.set(2, same).set(3, other)
  writer.drain()
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
  expect(claims()).toHaveLength(1)
})

test('if Kafka ends within gaps that were read and have not landed, they are read again, and nothing is refused', async () => {
  const { objects, same } = await landedThreeAndGaps()
  const { writer, found, log, claims } = startWriter(60_000, undefined, false, objects)
  found.set(2, same)
  await writer.recover()
  const ran = writer.run()
  writer.pending.reachedEnd(8)
  writer.connectionLost()
  log.end = 6
  writer.drain()
  const why = expect.stringMatching(/^no record has landed from offset 3 to 7, and Kafka ends before that/)
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true, why })
  expect(claims()).toHaveLength(2)
  expect([...objects.keys()].filter((key) => key.includes('/truncations/'))).toHaveLength(0)
})

test('if Kafka ends within landed gaps, the partition is refused, or an era begins where Kafka ends', async () => {
  const { objects, same } = await landedThreeAndGaps()
  const { writer, found, log } = startWriter(60_000, undefined, false, objects)
  found.set(2, same)
  log.end = 4
  await expect(writer.recover()).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
  const recording = startWriter(60_000, undefined, false, objects, 'record')
  recording.found.set(2, same)
  recording.log.end = 4
  recording.epoch.end = 4
  expect(await recording.writer.recover()).toBe(6)
  expect(recording.claims()[2]).toMatchObject({ begins: { kafkaOffset: 4, replacedTo: 5 } })
})

test('if Kafka has deleted the last landed record after a refusal for gaps behind it, an era can still begin', async () => {
  const { objects } = await landedThreeAndGaps()
  await startWriter(60_000, undefined, false, objects).writer.refuseTruncated('Kafka ends before that')
  const recording = startWriter(60_000, undefined, false, objects, 'record')
  recording.epoch.end = 4
  expect(await recording.writer.recover()).toBe(6)
  expect(recording.claims()[2]).toMatchObject({ begins: { kafkaOffset: 4 } })
})

test('gaps that were read where nothing has landed before are not claimed if Kafka has a record there now', async () => {
  const { writer, found, claims } = startWriter()
  await writer.recover()
  const ran = writer.run()
  writer.pending.reachedEnd(3)
  writer.connectionLost()
  found.set(1, { timestampMs: RECORD_MS, value: Buffer.from(tickOf('2')) })
  writer.drain()
  await expect(ran).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', retryable: true })
  expect(claims()).toHaveLength(0)
})

test('skipped records behind the last landed one may be in Kafka: a restored log has them again', async () => {
  const { objects, same, other } = await landedThreeAndGaps()
  const skipping = startWriter(60_000, undefined, false, objects)
  skipping.found.set(2, same)
  await skipping.writer.recover()
  await skipping.writer.skipTo(9, 'retention')
  const { writer, found } = startWriter(60_000, undefined, false, objects)
  found.set(2, same).set(6, other)
  expect(await writer.recover()).toBe(9)
  const ran = writer.run()
  writer.pending.reachedEnd(10)
  writer.connectionLost()
  writer.drain()
  await ran
  found.set(4, other)
  const next = startWriter(60_000, undefined, false, objects)
  next.found.set(2, same).set(4, other)
  await expect(next.writer.recover()).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
})
