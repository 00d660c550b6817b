// Snappy: one raw block as librdkafka writes it, or many in the framing of Java's library. https://github.com/google/snappy/blob/main/format_description.txt
import { corrupt, tooLarge } from './damage.ts'

/** 0x82 "SNAPPY" 0, then two version numbers, then blocks, each after its length. */
const javaMagicHigh = 0x82534e41
const javaMagicLow = 0x50505900
const javaHeadBytes = 16

/**
 * The decompressed size, by the headers of the blocks.
 * @throws Damage CORRUPT_BATCH
 */
export function snappySize(source: Uint8Array, view: DataView, start: number, end: number): number {
  let size = 0
  eachBlock(view, start, end, (from, to) => {
    size += preamble(source, from, to).size
  })
  return size
}

/**
 * Decompresses to `target`, from `to` on, and returns the end.
 * @throws Damage CORRUPT_BATCH; BATCH_TOO_LARGE if it would exceed `limit`
 */
export function snappyDecompress(
  source: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
  limit: number,
): number {
  let written = to
  eachBlock(view, start, end, (from, blockEnd) => {
    written = decompressBlock(source, from, blockEnd, target, written, limit)
  })
  return written
}

function eachBlock(
  view: DataView,
  start: number,
  end: number,
  block: (from: number, to: number) => void,
): void {
  const framed =
    end - start >= javaHeadBytes &&
    view.getUint32(start) === javaMagicHigh &&
    view.getUint32(start + 4) === javaMagicLow
  if (!framed) {
    block(start, end)
    return
  }
  for (let at = start + javaHeadBytes; at < end; ) {
    if (at + 4 > end) throw corrupt('Snappy: a block has no length')
    const next = at + 4 + view.getUint32(at)
    if (next > end) throw corrupt('Snappy: a block is longer than its frame')
    block(at + 4, next)
    at = next
  }
}

function preamble(source: Uint8Array, start: number, end: number): { size: number; first: number } {
  let size = 0
  let at = start
  for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
    if (at >= end) break
    const byte = source[at++]!
    size += (byte & 0x7f) * factor
    if (byte < 0x80) return { size, first: at }
  }
  throw corrupt('Snappy: a block does not say its size')
}

function decompressBlock(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
  limit: number,
): number {
  const { size, first } = preamble(source, start, end)
  const targetEnd = to + size
  if (targetEnd > limit) throw tooLarge(limit - to)
  let s = first
  let t = to
  while (s < end) {
    const tag = source[s++]!
    const kind = tag & 3
    let length: number
    let distance: number
    if (kind === 0) {
      length = (tag >>> 2) + 1
      if (length > 60) {
        const bytes = length - 60
        if (s + bytes > end) throw corrupt('Snappy: a length runs over the block')
        length = 1
        for (let i = 0, factor = 1; i < bytes; i++, factor *= 256) length += source[s++]! * factor
      }
      if (s + length > end || t + length > targetEnd) throw corrupt('Snappy: literals run over the block')
      if (length > 32) target.set(source.subarray(s, s + length), t)
      else for (let i = 0; i < length; i++) target[t + i] = source[s + i]!
      s += length
      t += length
      continue
    }
    const bytes = kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (s + bytes > end) throw corrupt('Snappy: a copy runs over the block')
    if (kind === 1) {
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | source[s]!
    } else {
      length = (tag >>> 2) + 1
      distance = source[s]! | (source[s + 1]! << 8)
      if (kind === 3) distance += source[s + 2]! * 65536 + source[s + 3]! * 16777216
    }
    s += bytes
    if (distance === 0 || t - distance < to) throw corrupt('Snappy: a copy begins before the block')
    if (t + length > targetEnd) throw corrupt('Snappy: a copy runs over the block')
    for (let from = t - distance, copied = t + length; t < copied; ) target[t++] = target[from++]!
  }
  if (t !== targetEnd) throw corrupt('Snappy: a block is shorter than it says')
  return t
}
