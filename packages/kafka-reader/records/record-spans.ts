// Finds the key, the value and the headers of each record of a batch; copies nothing.
import type { BatchHead } from './batch-head.ts'
import { corrupt } from './damage.ts'
import type { Slab } from './slab.ts'

/** The smallest record: length, attributes, two deltas, two lengths, no headers. */
export const SMALLEST_RECORD_BYTES = 7

/** The position after the last varint. */
let next = 0

/**
 * Writes the positions of the slab's records from `start` to `end` into its arrays, and returns how many there are;
 * those below `fromOffset` are skipped. A null key or value starts at -1.
 * @throws Damage CORRUPT_BATCH if the records do not match the header exactly
 */
export function noteRecords(
  slab: Slab,
  start: number,
  end: number,
  head: BatchHead,
  fromOffset: number,
): number {
  const { bytes, keyStarts, keyEnds, valueStarts, valueEnds, headerStarts, offsets, timestamps } = slab
  const { count, baseOffset, lastOffsetDelta, appendTime, baseTimestamp, maxTimestamp } = head
  const firstDelta = fromOffset - baseOffset
  let to = slab.count
  let at = start
  let lastDelta = -1
  for (let i = 0; i < count; i++) {
    // Common lengths of a varint are read here, longer ones below.
    if (at + SMALLEST_RECORD_BYTES > end) throw corrupt('the batch has fewer records than it says')
    let byte = bytes[at]!
    let length: number
    if (byte < 0x80) {
      length = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      length = varint(bytes, at, end)
      at = next
    }
    const recordEnd = at + length
    if (length < SMALLEST_RECORD_BYTES - 1 || recordEnd > end) {
      throw corrupt(`a record says that it has ${length} bytes`)
    }
    // After the attributes, which are unused so far.
    at++
    let timestampDelta: number
    byte = bytes[at]!
    if (byte < 0x80) {
      timestampDelta = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      timestampDelta = varlong(bytes, at, recordEnd)
      at = next
    }
    let delta: number
    byte = bytes[at]!
    if (byte < 0x80 && at < recordEnd) {
      delta = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      delta = varint(bytes, at, recordEnd)
      at = next
    }
    if (delta <= lastDelta || delta > lastOffsetDelta) throw corrupt('the offsets of the records are wrong')
    lastDelta = delta
    let keyLength: number
    byte = bytes[at]!
    if (byte < 0x80 && at < recordEnd) {
      keyLength = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      keyLength = varint(bytes, at, recordEnd)
      at = next
    }
    let keyStart = -1
    let keyEnd = -1
    if (keyLength >= 0) {
      keyStart = at
      at += keyLength
      keyEnd = at
    }
    let valueLength: number
    byte = bytes[at]!
    if (byte < 0x80 && at < recordEnd) {
      valueLength = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      valueLength = varint(bytes, at, recordEnd)
      at = next
    }
    let valueStart = -1
    let valueEnd = -1
    if (valueLength >= 0) {
      valueStart = at
      at += valueLength
      valueEnd = at
    }
    // At least the number of headers follows.
    if (at >= recordEnd) throw corrupt('a key or value runs over its record')
    const headerStart = at
    at = recordEnd
    if (delta < firstDelta) continue
    keyStarts[to] = keyStart
    keyEnds[to] = keyEnd
    valueStarts[to] = valueStart
    valueEnds[to] = valueEnd
    headerStarts[to] = headerStart
    offsets[to] = baseOffset + delta
    timestamps[to] = appendTime ? maxTimestamp : baseTimestamp + timestampDelta
    to++
  }
  if (at !== end) throw corrupt('bytes are left behind the last record')
  return to - slab.count
}

/**
 * The headers of a record, which begin at `start` and end before `end`: views of the bytes.
 * @throws Damage CORRUPT_BATCH
 */
export function headersAt(bytes: Buffer, start: number, end: number): [name: string, value: Buffer | null][] {
  const count = varint(bytes, start, end)
  // Each has at least two lengths.
  if (count < 0 || 2 * count > end - next) throw corrupt(`a record says that it has ${count} headers`)
  const part = (): Buffer | null => {
    const length = varint(bytes, next, end)
    if (length < 0) return null
    const from = next
    next += length
    if (next > end) throw corrupt('a header runs over its record')
    return bytes.subarray(from, next)
  }
  return Array.from({ length: count }, () => {
    const name = part()
    if (name === null) throw corrupt('a header has no name')
    return [name.toString('utf8'), part()]
  })
}

/** A zigzag number of up to 32 bits. */
function varint(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) break
    const byte = bytes[at++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      next = at
      return (value >>> 1) ^ -(value & 1)
    }
  }
  throw corrupt('a number in a record does not end')
}

/** A zigzag number of up to 64 bits, exact to 2^53. */
function varlong(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  let value = 0
  for (let factor = 1, i = 0; i < 10; i++, factor *= 128) {
    if (at >= end) break
    const byte = bytes[at++]!
    value += (byte & 0x7f) * factor
    if (byte < 0x80) {
      next = at
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
  throw corrupt('a number in a record does not end')
}
