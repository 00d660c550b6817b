import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frames } from './frames.ts'

/** Feeds bytes in pieces of these sizes. */
function receive(frames: Frames, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const free = frames.free()
    if (free.length === 0) throw new Error('no place')
    const length = Math.min(sizes[i % sizes.length]!, free.length, bytes.length - at)
    free.set(bytes.subarray(at, at + length))
    frames.received(length)
    at += length
  }
}

function framed(length: number, fill: number): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(length)
  return Buffer.concat([head, Buffer.alloc(length, fill)])
}

test('answers are whole, however they were split', () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 4, max: 60 }), fc.integer({ min: 4, max: 20_000 })), {
    minLength: 1,
    maxLength: 12,
  })
  const sizes = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(lengths, sizes, (expected, cuts) => {
      const frames = new Frames(100_000, 50_000)
      const got: number[] = []
      frames.listen({
        onFrame: (frame, length) => {
          expect(frame.subarray(0, length).every((byte) => byte === got.length)).toBe(true)
          got.push(length)
          frames.release(frame)
        },
        onRefused: () => expect.unreachable(),
      })
      receive(frames, Buffer.concat(expected.map(framed)), cuts)
      expect(got).toEqual(expected)
    }),
    { numRuns: 50 },
  )
})

test('an answer that is too large, or invalid, is refused before memory is allocated for it', () => {
  for (const announced of [1_001, 2 ** 31 - 1, 3, 0, -5]) {
    const frames = new Frames(1_000, 1_000)
    const refused: number[] = []
    frames.listen({ onFrame: () => expect.unreachable(), onRefused: (length) => refused.push(length) })
    const head = Buffer.alloc(4)
    head.writeInt32BE(announced)
    receive(frames, head, [4])
    expect(refused).toEqual([announced])
  }
})
