// Messages validated in place give the same rows and rejected records as the same messages as objects.
import { isCanonical } from '@ticklake/contract/canonical.ts'
import { hostileValues, tickText } from '@ticklake/contract/hostile-values.ts'
import { validate } from '@ticklake/contract/validation.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Message, type MessageSpans, PendingBatches } from './pending-batches.ts'
import type { RecordTaker } from './record-buffer.ts'

const MS = Date.UTC(2026, 0, 1)
const START = 7_000

/** Everything that the batches received, in order, as text. */
function given(push: (batches: PendingBatches) => void): string[] {
  const counted: string[] = []
  const batches = new PendingBatches({
    flushAfterMs: () => 60_000,
    flushBytes: 1e9,
    flushRows: 1e9,
    aliases: true,
    events: {
      unknownFields: (count) => counted.push(`${count} unknown`),
      recordRejected: (reason, partition, offset) => counted.push(`${reason} ${partition} ${offset}`),
    },
    onReady: () => {},
  })
  batches.startAt(START)
  push(batches)
  batches.stopAging()
  const last = batches.lastRecord
  batches.seal()
  const taken: string[] = []
  const taker: RecordTaker = {
    accept: (offset, timestampMs, bytes, original) =>
      taken.push(
        `${offset} ${timestampMs} ${Buffer.from(bytes).toString('latin1')} ${JSON.stringify(original)}`,
      ),
    reject: (record) => taken.push(JSON.stringify(record)),
  }
  batches.takeFullBatch()?.replay(taker)
  return [...taken, ...counted, JSON.stringify(last), `${batches.leaderEpochAt(START + 1)}`]
}

interface Sent {
  readonly value: Uint8Array | null
  readonly timestampMs: number
}

/** The messages in a block of the reader, with these bytes before, between and after them. */
function spansOf(sent: readonly Sent[], between: Uint8Array): MessageSpans {
  const parts: Uint8Array[] = [between]
  let at = between.length
  const valueStarts = new Int32Array(sent.length)
  const valueEnds = new Int32Array(sent.length)
  for (const [i, { value }] of sent.entries()) {
    valueStarts[i] = value === null ? -1 : at
    at += value?.length ?? 0
    valueEnds[i] = value === null ? -1 : at
    parts.push(value ?? new Uint8Array(), between)
    at += between.length
  }
  return {
    count: sent.length,
    bytes: Buffer.concat(parts),
    valueStarts,
    valueEnds,
    offsets: Float64Array.from(sent, (_, i) => START - 1 + i),
    timestamps: Float64Array.from(sent, ({ timestampMs }) => timestampMs),
    leaderEpoch: 4,
    message: (i) => messagesOf(sent)[i]!,
  }
}

/** Starts at the offset before the start: records that were already read are left out. */
function messagesOf(sent: readonly Sent[]): Message[] {
  return sent.map(({ value, timestampMs }, i) => ({
    partition: 3,
    offset: START - 1 + i,
    timestamp: timestampMs < 0 ? undefined : timestampMs,
    key: Buffer.from('k'),
    value,
    headers: [],
    leaderEpoch: 4,
  }))
}

/** Whether the slow path (forced by a leading space) accepts everything that the fast path accepts. */
function expectSound({ count, bytes, valueStarts, valueEnds }: MessageSpans): void {
  for (let i = 0; i < count; i++) {
    if (valueStarts[i]! < 0 || !isCanonical(bytes, valueStarts[i], valueEnds[i])) continue
    const value = Buffer.from(bytes.subarray(valueStarts[i], valueEnds[i]))
    const slow = validate(Buffer.concat([Buffer.from(' '), value]))
    expect(slow, value.toString()).toMatchObject({ accepted: true, unknownFields: 0 })
    const row = slow.accepted && JSON.parse(Buffer.from(slow.canonical).toString())
    expect(row).toEqual(JSON.parse(value.toString()))
  }
}

function expectSame(sent: readonly Sent[], between: Uint8Array): void {
  expectSound(spansOf(sent, between))
  const asObjects = given((batches) => {
    for (const message of messagesOf(sent)) batches.push(message)
  })
  expect(given((batches) => batches.pushAll(spansOf(sent, between)))).toEqual(asObjects)
}

const timestamps = fc.constantFrom(MS, MS + 1, MS + 3_600_000, -1, Date.UTC(2019, 0, 1), Date.UTC(2100, 0, 1))

const rawNumber = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '-0.5',
    '1.50',
    '01',
    '1e3',
    '10000000000',
    '.5',
    '5.',
    '-',
    '',
    'null',
    '1E400',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
)
const rawText = fc.oneof(
  fc.string({ maxLength: 300, unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.integer({ min: 250, max: 260 }).map((length) => `"${'x'.repeat(length)}"`),
  fc.constantFrom('""', '"é"', '"a\\"b"', '7'),
)
const rawDate = fc.oneof(
  fc.constantFrom('"2020-02-30"', '"0000-01-01"', '"2020-2-01"', '"1900-02-29"', '"2000-02-29"'),
  fc.date({ noInvalidDate: true }).map((date) => `"${date.toISOString().slice(0, 10)}"`),
)
const tick = fc
  .record(
    {
      index: rawText,
      date: rawDate,
      open: rawNumber,
      adj_close: rawNumber,
      close_usd: rawNumber,
      source: rawText,
      traded_at: fc.constantFrom('"2026-11-20 09:59:59.250"', '"2026-11-20T09:59:59Z"', 'null', '"x"'),
      isin: rawText,
    },
    { requiredKeys: [] },
  )
  .map(tickText)

/** A tick: whole, truncated, with some bytes changed, or followed by another one. */
const value = fc
  .tuple(tick, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 2 }), fc.nat(20), fc.boolean())
  .map(([text, changes, cut, isWhole]) => {
    const bytes = Buffer.from(text)
    if (isWhole) return bytes
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
    return cut < 10 ? Buffer.concat([bytes, bytes]) : bytes.subarray(0, bytes.length - cut + 10)
  })

test('any messages give the same rows and rejected records, whatever bytes lie around them', () => {
  const around = fc.oneof(
    fc.constantFrom(Buffer.from(''), Buffer.from('}'), Buffer.from('0}'), Buffer.from(tickText())),
    fc.uint8Array({ maxLength: 12 }),
  )
  const sent = fc.array(fc.record({ value, timestampMs: timestamps }), { minLength: 1, maxLength: 4 })
  fc.assert(fc.property(sent, around, expectSame), { numRuns: 1_000 })
})

test('a value that ends early is not completed by the bytes after it', () => {
  const whole = Buffer.from(tickText({ source: '"a feed"' }))
  for (let end = 0; end <= whole.length; end++) {
    for (const between of [whole.subarray(end), Buffer.from('}')]) {
      expectSame(
        [
          { value: whole.subarray(0, end), timestampMs: MS },
          { value: whole, timestampMs: MS },
        ],
        between,
      )
    }
  }
})

test('each hostile value gives the same, also null', () => {
  const sent = hostileValues.map(({ value }) => ({ value, timestampMs: MS }))
  expectSame(sent, Buffer.from('"}'))
})
