import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_TAIL, SinkTail } from './sink-tail.ts'

const origin = { topicId: 'f'.repeat(32), partition: 12_345 }

function expected(offset: number, timestampMs: number): string {
  const time = new Date(timestampMs).toISOString().replace('T', ' ').slice(0, 23)
  return `,"kafka_topic_id":"${origin.topicId}","kafka_partition":12345,"kafka_offset":${offset},"kafka_timestamp":"${time}"}\n`
}

test('in any sequence of rows, each gets its own tail', () => {
  const offset = fc.oneof(
    fc.constantFrom(0, 8, 98, 999, 999_999_998),
    fc.maxSafeNat().filter((n) => n < 2 ** 52),
  )
  const step = fc.constantFrom(0, 1, 1, 1, 1, 2, 90)
  const time = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2100, 0, 1) - 1 })
  const run = fc.tuple(offset, time, fc.array(fc.tuple(step, fc.constantFrom(0, 1, 999, 86_400_000, -5_000))))
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 3 }), (runs) => {
      const tail = new SinkTail(origin)
      for (const [firstOffset, firstMs, steps] of runs) {
        let at = firstOffset
        let ms = firstMs
        for (const [rise, later] of [[0, 0], ...steps] as const) {
          at += rise
          ms += later
          tail.moveTo(at, ms)
          expect(Buffer.from(tail.bytes).toString()).toBe(expected(at, ms))
        }
      }
    }),
  )
})

test('the longest tail fits into the space reserved for it', () => {
  const tail = new SinkTail(origin)
  tail.moveTo(Number.MAX_SAFE_INTEGER, Date.UTC(2099, 0, 1))
  expect(tail.bytes.length).toBeLessThanOrEqual(MAX_TAIL)
})
