// LZ4 frames, decompressed into memory that the caller owns. https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
import { corrupt, tooLarge } from './damage.ts'

const FRAME_MAGIC = 0x184d2204
const UNCOMPRESSED = 0x80000000
/** A byte of a block decompresses to at most this many. */
const HIGHEST_RATIO = 255

interface FrameHead {
  readonly firstBlock: number
  readonly largestBlock: number
  readonly blockChecksums: boolean
}

/**
 * An upper bound of the decompressed size: a frame may omit its size, but each block's is limited.
 * @throws Damage CORRUPT_BATCH
 */
export function lz4Bound(view: DataView, start: number, end: number): number {
  const { firstBlock, largestBlock, blockChecksums } = frameHead(view, start, end)
  let bound = 0
  for (let at = firstBlock; ; ) {
    const size = blockSize(view, at, end)
    if (size === 0) return bound
    const bytes = (size & 0x7fffffff) >>> 0
    bound += size >= UNCOMPRESSED ? bytes : Math.min(largestBlock, bytes * HIGHEST_RATIO)
    at += 4 + bytes + (blockChecksums ? 4 : 0)
    if (at > end) throw corrupt('LZ4: a block is longer than the frame')
  }
}

/**
 * Decompresses one frame to `target`, from `to` on, and returns the end. The frame's checksums are not checked: the
 * batch has its own.
 * Bytes of the target after the end may be overwritten.
 * @throws Damage CORRUPT_BATCH; BATCH_TOO_LARGE if it would exceed `limit`
 */
export function lz4Decompress(
  source: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  target: Uint8Array,
  targetView: DataView,
  to: number,
  limit: number,
): number {
  const { firstBlock, blockChecksums } = frameHead(view, start, end)
  let written = to
  for (let at = firstBlock; ; ) {
    const size = blockSize(view, at, end)
    if (size === 0) return written
    const bytes = (size & 0x7fffffff) >>> 0
    const from = at + 4
    const next = from + bytes
    if (next > end) throw corrupt('LZ4: a block is longer than the frame')
    if (size >= UNCOMPRESSED) {
      if (written + bytes > limit) throw tooLarge(limit - to)
      target.set(source.subarray(from, next), written)
      written += bytes
    } else {
      written = decompressBlock(source, view, from, next, target, targetView, written, limit, to)
    }
    at = next + (blockChecksums ? 4 : 0)
  }
}

function frameHead(view: DataView, start: number, end: number): FrameHead {
  if (end - start < 7 || view.getUint32(start, true) !== FRAME_MAGIC) throw corrupt('LZ4: not a frame')
  const flags = view.getUint8(start + 4)
  if (flags >>> 6 !== 1) throw corrupt('LZ4: an unknown version')
  if (flags & 1) throw corrupt('LZ4: a dictionary is asked for')
  const sizeCode = (view.getUint8(start + 5) >>> 4) & 7
  if (sizeCode < 4) throw corrupt('LZ4: an unknown block size')
  return {
    firstBlock: start + 7 + (flags & 8 ? 8 : 0),
    largestBlock: 1 << (8 + 2 * sizeCode),
    blockChecksums: (flags & 16) !== 0,
  }
}

function blockSize(view: DataView, at: number, end: number): number {
  if (at + 4 > end) throw corrupt('LZ4: the frame has no end')
  return view.getUint32(at, true)
}

/** A block; `window` is the first byte that a match may refer to. Copies eight bytes at a time where there is space. */
function decompressBlock(
  source: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  target: Uint8Array,
  targetView: DataView,
  to: number,
  limit: number,
  window: number,
): number {
  const lastWideRead = view.byteLength - 8
  const lastWideWrite = targetView.byteLength - 8
  let s = start
  let t = to
  while (s < end) {
    const token = source[s++]!
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (s >= end) throw corrupt('LZ4: a length runs over the block')
        more = source[s++]!
        literals += more
      }
    }
    const literalsEnd = t + literals
    if (s + literals > end) throw corrupt('LZ4: literals run over the block')
    if (literalsEnd > limit) throw tooLarge(limit - window)
    if (literals > 0) {
      if (s + literals <= lastWideRead && literalsEnd <= lastWideWrite) {
        for (let from = s; t < literalsEnd; t += 8, from += 8)
          targetView.setBigUint64(t, view.getBigUint64(from))
      } else {
        for (let from = s; t < literalsEnd; ) target[t++] = source[from++]!
      }
      s += literals
      t = literalsEnd
    }
    // The last sequence has no match.
    if (s === end) return t
    if (s + 2 > end) throw corrupt('LZ4: a match runs over the block')
    const distance = source[s]! | (source[s + 1]! << 8)
    s += 2
    let from = t - distance
    if (distance === 0 || from < window) throw corrupt('LZ4: a match begins before the frame')
    let length = (token & 15) + 4
    if (length === 19) {
      let more = 255
      while (more === 255) {
        if (s >= end) throw corrupt('LZ4: a length runs over the block')
        more = source[s++]!
        length += more
      }
    }
    const matchEnd = t + length
    if (matchEnd > limit) throw tooLarge(limit - window)
    if (distance >= 8 && matchEnd <= lastWideWrite) {
      for (; t < matchEnd; t += 8, from += 8) targetView.setBigUint64(t, targetView.getBigUint64(from))
    } else {
      for (; t < matchEnd; ) target[t++] = target[from++]!
    }
    t = matchEnd
  }
  throw corrupt('LZ4: a block ends within a sequence')
}
