// Malformed responses always end in an error of this package.
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { KafkaReaderError } from '../errors.ts'
import { apiVersionsCall } from './api-versions.ts'
import type { Call } from './call.ts'
import { fetchCall } from './fetch.ts'
import { leaderEpochsCall } from './leader-epochs.ts'
import { listOffsetsCall } from './list-offsets.ts'
import { metadataCall } from './metadata.ts'
import { saslAuthenticateCall, saslHandshakeCall } from './sasl.ts'
import { WireReader, WireWriter } from './wire.ts'

// A busy machine may need more than the default timeout.
vi.setConfig({ testTimeout: 60_000 })

const topicId = '00112233445566778899aabbccddeeff'

/** Two partitions: one with records and an aborted transaction, one that diverges. */
function fetchAnswer(): Buffer {
  const writer = new WireWriter()
  writer.int32(12).int16(0).int32(77)
  writer.compactArray([topicId], () => {
    writer.uuid(topicId)
    writer.compactArray([0, 1], (partition) => {
      writer
        .int32(partition)
        .int16(0)
        .int64(2 ** 40)
        .int64(2 ** 40 - 3)
        .int64(0)
      writer.compactArray([5], (producerId) =>
        writer
          .int64(producerId)
          .int64(2 ** 33 + 1)
          .noTags(),
      )
      writer.int32(-1).compactBytes(Buffer.alloc(100, 1))
      const diverging = new WireWriter().int32(4).int64(99).noTags().bytes()
      writer.unsignedVarint(1).unsignedVarint(0).unsignedVarint(diverging.length).raw(diverging)
    })
    writer.noTags()
  })
  // An unknown tagged field.
  writer.unsignedVarint(1).unsignedVarint(9).unsignedVarint(3).raw(Buffer.alloc(3))
  return Buffer.from(writer.bytes())
}

const request = {
  maxWaitMs: 1,
  minBytes: 1,
  maxBytes: 1,
  readCommitted: true,
  sessionId: 0,
  sessionEpoch: -1,
  partitions: [],
  forgotten: [],
  rack: '',
}

test('an answer to Fetch is read, with numbers exact to 2^53 and what diverges', () => {
  const answer = fetchCall(17, request).decode(new WireReader(fetchAnswer()))
  expect(answer).toMatchObject({ throttleMs: 12, error: 0, sessionId: 77 })
  expect(answer.partitions).toMatchObject(
    [0, 1].map((partition) => ({
      topicKey: topicId,
      partition,
      highWatermark: 2 ** 40,
      lastStableOffset: 2 ** 40 - 3,
      aborted: [{ producerId: 5, firstOffset: 2 ** 33 + 1 }],
      preferredReplica: -1,
      diverging: { epoch: 4, endOffset: 99 },
    })),
  )
  expect(answer.partitions.map(({ recordsStart, recordsEnd }) => recordsEnd - recordsStart)).toEqual([
    100, 100,
  ])
})

const calls: Call<unknown>[] = [
  fetchCall(12, request),
  fetchCall(17, request),
  metadataCall(9, []),
  metadataCall(12, []),
  listOffsetsCall(7, true, []),
  leaderEpochsCall(4, []),
  apiVersionsCall,
  saslHandshakeCall('PLAIN'),
  saslAuthenticateCall(Buffer.alloc(0)),
]

test('any bytes, and answers that were changed, are read or refused, and nothing else', () => {
  const changed = fc.tuple(fc.nat(300), fc.nat(255), fc.nat(300)).map(([at, value, length]) => {
    const bytes = fetchAnswer()
    bytes[at % bytes.length] = value
    return bytes.subarray(0, Math.max(length, bytes.length - length))
  })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((any) => Buffer.from(any)),
    changed,
  )
  fc.assert(
    fc.property(fc.constantFrom(...calls), bytes, (call, answer) => {
      try {
        call.decode(new WireReader(answer))
      } catch (error) {
        if (!(error instanceof KafkaReaderError)) throw error
      }
    }),
    { numRuns: 3_000 },
  )
})

test('what is written is read', () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.nat(2 ** 32 - 1),
      fc.string(),
      fc.option(fc.string()),
      (long, short, text, maybe) => {
        const writer = new WireWriter()
          .int64(long)
          .unsignedVarint(short)
          .compactString(text)
          .compactString(maybe)
        const reader = new WireReader(Buffer.from(writer.string(text).bytes()))
        expect(reader.int64()).toBe(long)
        expect(reader.unsignedVarint()).toBe(short)
        const plain = Buffer.from(text).toString()
        expect(reader.compactString()).toBe(plain)
        expect(reader.compactString()).toBe(maybe === null ? null : Buffer.from(maybe).toString())
        expect(reader.string()).toBe(plain)
      },
    ),
  )
})
