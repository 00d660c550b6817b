// Malformed LZ4 and Snappy is rejected, and never reads earlier bytes of the slab.
import { expect, test } from 'vitest'
import { Damage } from './damage.ts'
import { lz4Decompress } from './lz4.ts'
import { snappyDecompress, snappySize } from './snappy.ts'

/** Bytes of another batch, before those that are written. */
const BEFORE = 100

function refused(decompress: (target: Buffer, view: DataView) => number): string {
  const target = Buffer.from(new ArrayBuffer(1_000)).fill('secret of another batch ')
  try {
    const end = decompress(target, new DataView(target.buffer))
    return target.toString('latin1', BEFORE, end)
  } catch (error) {
    if (!(error instanceof Damage)) throw error
    return error.code
  }
}

function lz4(frame: number[], limit = 900): string {
  const source = Uint8Array.from(frame)
  return refused((target, view) =>
    lz4Decompress(source, new DataView(source.buffer), 0, source.length, target, view, BEFORE, limit),
  )
}

const head = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0]
const end = [0, 0, 0, 0]
const block = (...bytes: number[]) => [bytes.length, 0, 0, 0, ...bytes]
const [a, b] = [0x61, 0x62]

test('LZ4: what is right, and what is not', () => {
  expect(lz4([...head, ...block(0x21, a, b, 2, 0, 0x10, b), ...end])).toBe('abababab'.slice(0, 7).concat('b'))
  expect(lz4([...head, 1, 0, 0, 0x80, a, ...end])).toBe('a')
  const wrong: Record<string, number[]> = {
    'a match before the frame': [...head, ...block(0x21, a, b, 3, 0, 0x10, b), ...end],
    'a match before it all': [...head, ...block(0x21, a, b, 200, 0, 0x10, b), ...end],
    'a match at no distance': [...head, ...block(0x21, a, b, 0, 0, 0x10, b), ...end],
    'literals that are not there': [...head, ...block(0x50, a, b), ...end],
    'a length without an end': [...head, ...block(0xf0, 255, 255, 255), ...end],
    'half a distance': [...head, ...block(0x21, a, b, 2), ...end],
    'an end within a sequence': [...head, ...block(0x21, a, b, 2, 0), ...end],
    'a block longer than the frame': [...head, 200, 0, 0, 0, a, ...end],
    'no end': [...head, ...block(0x20, a, b)],
    'another magic': [0, ...head.slice(1), ...end],
    'a dictionary': [...head.slice(0, 4), 0x41, 0x40, 0, ...end],
    nothing: [],
  }
  for (const [what, frame] of Object.entries(wrong)) expect(lz4(frame), what).toBe('CORRUPT_BATCH')
  // 19 and 255 times 3 more bytes, of 200 that may be written.
  const bomb = [...head, ...block(0x1f, a, 1, 0, 255, 255, 255, 0, 0x10, b), ...end]
  expect(lz4(bomb, BEFORE + 200)).toBe('BATCH_TOO_LARGE')
  expect(lz4(bomb)).toBe(`${'a'.repeat(785)}b`)
})

test('Snappy: what is right, and what is not', () => {
  const snappy = (bytes: number[]) => {
    const source = Uint8Array.from(bytes)
    const view = new DataView(source.buffer)
    return refused((target) => {
      const limit = BEFORE + snappySize(source, view, 0, source.length)
      return snappyDecompress(source, view, 0, source.length, target, BEFORE, limit)
    })
  }
  expect(snappy([6, 1 << 2, a, b, 1, 2])).toBe('ababab')
  expect(snappy([4, 60 << 2, 3, a, b, a, b])).toBe('abab')
  const java = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]
  expect(snappy([...java, 0, 0, 0, 3, 1, 0, a, 0, 0, 0, 3, 1, 0, b])).toBe('ab')
  const wrong: Record<string, number[]> = {
    'a copy before the block': [6, 1 << 2, a, b, 1, 3],
    'a copy from the block before': [...java, 0, 0, 0, 3, 1, 0, a, 0, 0, 0, 5, 5, 0, b, 1, 2],
    'a copy at no distance': [6, 1 << 2, a, b, 1, 0],
    'more than it says': [3, 1 << 2, a, b, 1, 2],
    'less than it says': [9, 1 << 2, a, b, 1, 2],
    'literals that are not there': [4, 3 << 2, a],
    'half a copy': [6, 1 << 2, a, b, 1],
    'half a length': [6, 61 << 2, 1],
    'no size': [255, 255, 255, 255, 255, 1],
    'a block longer than the frame': [...java, 0, 0, 0, 9, 1, 0, a],
    nothing: [],
  }
  for (const [what, bytes] of Object.entries(wrong)) expect(snappy(bytes), what).toBe('CORRUPT_BATCH')
})
