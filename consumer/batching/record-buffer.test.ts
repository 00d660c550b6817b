import { expect, test } from 'vitest'
import { RecordBuffer, type RecordTaker, type RejectedRecord } from './record-buffer.ts'

const MS = Date.UTC(2026, 0, 1)

function rejected(offset: number): RejectedRecord {
  return { offset, timestampMs: MS, reason: 'not_json', detail: '', key: null, value: null, headers: [] }
}

/** The rows that were handed over, as text. */
function listener(): RecordTaker & { readonly heard: string[] } {
  const heard: string[] = []
  return {
    heard,
    accept: (offset, timestampMs, bytes) =>
      heard.push(`${offset} ${timestampMs - MS} ${bytes.length}:${bytes[0]}:${bytes.at(-1)}`),
    reject: ({ offset }) => heard.push(`${offset} rejected`),
  }
}

test('records come back unchanged and in order, from any number of blocks, including records larger than a block', () => {
  const buffer = new RecordBuffer(0)
  const wanted: string[] = []
  for (let offset = 0; offset < 20_000; offset++) {
    if (offset % 1000 === 7) {
      buffer.reject(rejected(offset))
      wanted.push(`${offset} rejected`)
      continue
    }
    const length = offset === 12_345 ? 3_000_000 : 1 + (offset % 400)
    buffer.accept(offset, MS + offset, new Uint8Array(length).fill(offset % 256))
    wanted.push(`${offset} ${offset} ${length}:${offset % 256}:${offset % 256}`)
  }
  const taker = listener()
  buffer.replay(taker)
  expect(taker.heard).toEqual(wanted)
  expect(buffer.rowBlocks().reduce((sum, { count }) => sum + count, 0)).toBe(buffer.rows)
})

test('memory that is held is counted in whole blocks, as are the encoded files that replace the rows', () => {
  const buffer = new RecordBuffer(0)
  expect(buffer.heldBytes).toBe(0)
  for (let offset = 0; offset < 10_000; offset++) buffer.accept(offset, MS, new Uint8Array(180))
  expect(buffer.recordBytes).toBe(10_000 * 200)
  expect(buffer.heldBytes).toBeGreaterThanOrEqual(buffer.recordBytes)
  expect(buffer.heldBytes, 'at most one more block').toBeLessThan(buffer.recordBytes + 1_400_000)
  const slabs = buffer.takeSlabs()
  expect(slabs.reduce((sum, { memory }) => sum + memory.byteLength, 0)).toBe(buffer.heldBytes)
  buffer.holdInstead(5_000)
  expect(buffer.heldBytes).toBe(5_000)
  expect(buffer.rows, 'the claim still knows their number').toBe(10_000)
})
