// Any bytes give an error of this package or the right records, never a crash, never more memory than the limit.
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { crc32c } from './crc32c.ts'
import { Damage } from './damage.ts'
import { decode, golden, goldenRows } from './golden.ts'
import { lz4Bound, lz4Decompress } from './lz4.ts'
import { SlabPool } from './slab.ts'
import { snappyDecompress, snappySize } from './snappy.ts'
import {
  type BatchRecord,
  batch,
  checksum,
  javaSnappy,
  lz4Frame,
  snappyBlock,
  withChecksum,
} from './test-batch.ts'

// A busy machine may need more than the default timeout.
vi.setConfig({ testTimeout: 60_000 })

const MAX_BATCH_BYTES = 200_000
/** The smallest slab. */
const MIB = 1024 * 1024

/** Slabs are reused, as in a reader. */
const slabs = new SlabPool()

/** The records or the Damage; any other error fails the test. */
function outcome(bytes: Buffer): ReturnType<typeof decode> | Damage {
  try {
    const decoded = decode(bytes, { maxBatchBytes: MAX_BATCH_BYTES }, slabs)
    for (const { slab, first, count } of decoded.runs) {
      let within = slab.bytes.length < MIB + 100 && slab.offsets.length <= MAX_BATCH_BYTES / 7
      for (let i = first; i < first + count; i++) {
        within &&= slab.valueStarts[i]! <= slab.valueEnds[i]! && slab.valueEnds[i]! <= slab.used
      }
      expect(within).toBe(true)
      slabs.release(slab)
    }
    return decoded
  } catch (error) {
    if (error instanceof Damage) return error
    throw error
  }
}

const mutation = fc.record({
  at: fc.nat(5_000),
  how: fc.constantFrom('flip', 'set', 'cut', 'insert', 'repeat'),
  value: fc.nat(255),
})

function mutate(bytes: Buffer, mutations: readonly { at: number; how: string; value: number }[]): Buffer {
  let mutated = Buffer.from(bytes)
  for (const { at: anywhere, how, value } of mutations) {
    const at = anywhere % Math.max(mutated.length, 1)
    if (how === 'flip') mutated[at]! ^= 1 << (value % 8)
    else if (how === 'set') mutated[at] = value
    else if (how === 'cut')
      mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + (value % 9))])
    else if (how === 'insert')
      mutated = Buffer.concat([mutated.subarray(0, at), Buffer.alloc(value % 9, value), mutated.subarray(at)])
    else mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(Math.max(at - value, 0))])
  }
  return mutated
}

const anyGolden = fc.constantFrom(...golden)
const contents = goldenRows.map(([, , key, value]) => [key, value])

test('a batch that was changed anywhere is an error, or its records are the right ones', () => {
  fc.assert(
    fc.property(anyGolden, fc.array(mutation, { minLength: 1, maxLength: 4 }), ({ bytes }, mutations) => {
      const result = outcome(mutate(bytes, mutations))
      // The checksum does not cover offset and epoch.
      if (!(result instanceof Damage)) {
        const rows = result.rows.map(([, , key, value]) => [key, value])
        expect(contents.slice(0, rows.length)).toEqual(rows.slice(0, contents.length))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a batch that was changed, with a checksum that fits, crashes nothing and stays within its memory', () => {
  fc.assert(
    fc.property(anyGolden, fc.array(mutation, { minLength: 1, maxLength: 6 }), ({ bytes }, mutations) => {
      const body = mutate(bytes.subarray(21), mutations)
      const changed = Buffer.concat([bytes.subarray(0, 21), body])
      changed.writeInt32BE(changed.length - 12, 8)
      outcome(withChecksum(changed))
    }),
    { numRuns: 1_000 },
  )
})

const bytesOf = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const nullable = fc.option(bytesOf)
const recordsOf = fc
  .array(
    fc.record({
      step: fc.integer({ min: 1, max: 1_000 }),
      timestampDelta: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
      key: nullable,
      value: nullable,
      headers: fc.array(fc.tuple(fc.string({ maxLength: 20 }), nullable), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((items) => {
    let delta = -1
    return items.map(({ step, ...item }): BatchRecord => {
      delta += step
      return { ...item, delta }
    })
  })

test('what is written is read, in every codec', () => {
  fc.assert(
    fc.property(recordsOf, fc.constantFrom(0, 1, 2, 3, 4), fc.nat(2 ** 52), (records, codec, baseOffset) => {
      const bytes = batch(records, { codec, baseOffset, baseTimestamp: 2 ** 41 })
      const { rows, nextOffset, runs } = decode(bytes, {}, slabs)
      for (const { slab } of runs) slabs.release(slab)
      const hex = (bytes: Uint8Array | null | undefined) =>
        bytes ? Buffer.from(bytes).toString('hex') : null
      expect(rows).toEqual(
        records.map(({ delta, timestampDelta, key, value }) => [
          baseOffset + delta,
          2 ** 41 + timestampDelta!,
          hex(key),
          hex(value),
        ]),
      )
      expect(nextOffset).toBe(baseOffset + records.at(-1)!.delta + 1)
    }),
    { numRuns: 200 },
  )
})

/** Text with near and far repetitions, and noise. */
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(400)), { maxLength: 30 })
  .map((parts) =>
    Buffer.concat(
      parts.flatMap(([part, times]) => Array.from({ length: times % 97 ? times % 7 : times }, () => part)),
    ),
  )

test('LZ4 and Snappy give back what was compressed, and write nothing before it', () => {
  fc.assert(
    fc.property(compressible, fc.nat(40), (bytes, before) => {
      const pad = (packed: Buffer) => {
        const padded = Buffer.concat([Buffer.alloc(before), packed])
        return { padded, view: new DataView(padded.buffer, padded.byteOffset, padded.length) }
      }
      const check = (target: Buffer, end: number) => {
        expect(target.subarray(before, end).equals(bytes)).toBe(true)
        expect(target.subarray(0, before).every((byte) => byte === 7)).toBe(true)
      }
      for (const compress of [snappyBlock, javaSnappy]) {
        const { padded, view } = pad(compress(bytes))
        const size = snappySize(padded, view, before, padded.length)
        expect(size).toBe(bytes.length)
        const target = Buffer.alloc(before + size, 7)
        check(target, snappyDecompress(padded, view, before, padded.length, target, before, before + size))
      }
      const { padded, view } = pad(lz4Frame(bytes))
      expect(lz4Bound(view, before, padded.length)).toBeGreaterThanOrEqual(bytes.length)
      // With and without space for copies of eight bytes.
      for (const slack of [0, 16]) {
        const target = Buffer.from(new ArrayBuffer(before + bytes.length + slack)).fill(7)
        const targetView = new DataView(target.buffer)
        const limit = before + bytes.length
        check(target, lz4Decompress(padded, view, before, padded.length, target, targetView, before, limit))
      }
    }),
    { numRuns: 200 },
  )
})

test('the checksum is CRC-32C', () => {
  expect(checksum(Buffer.from('123456789'))).toBe(0xe3069283)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, from) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const start = Math.min(from, bytes.length)
      expect(crc32c(bytes, view, start, bytes.length) >>> 0).toBe(checksum(bytes.subarray(start)))
    }),
  )
})
