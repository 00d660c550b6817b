// Decompresses the records of a batch into a slab, up to a limit.
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { BatchHead } from './batch-head.ts'
import { batchAt } from './batch-head.ts'
import { corrupt, Damage, tooLarge } from './damage.ts'
import { lz4Bound, lz4Decompress } from './lz4.ts'
import type { Slab } from './slab.ts'
import { snappyDecompress, snappySize } from './snappy.ts'

/** Data for a slab: how many bytes it needs at most, and how to write it. */
export interface Unpacking {
  readonly bytes: number
  /** Writes at `slab.used`, does not change it, and returns the end. */
  readonly into: (slab: Slab) => number
}

/**
 * Inspects a batch's records without writing them.
 * @throws Damage CORRUPT_BATCH, UNSUPPORTED_BATCH; BATCH_TOO_LARGE for more than `maxBytes`
 */
export function unpack(
  source: Uint8Array,
  view: DataView,
  { start: batchStart, end, codec }: BatchHead,
  maxBytes: number,
): Unpacking {
  const start = batchStart + batchAt.records
  switch (codec) {
    case 0:
      return whole(source.subarray(start, end), maxBytes)
    case 1:
      return whole(
        bounded(() => gunzipSync(source.subarray(start, end), { maxOutputLength: maxBytes }), maxBytes),
        maxBytes,
      )
    case 2: {
      const bytes = snappySize(source, view, start, end)
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      return {
        bytes,
        into: (slab) => snappyDecompress(source, view, start, end, slab.bytes, slab.used, slab.used + bytes),
      }
    }
    case 3: {
      const bytes = Math.min(lz4Bound(view, start, end), maxBytes)
      return {
        bytes,
        into: (slab) =>
          lz4Decompress(source, view, start, end, slab.bytes, slab.view, slab.used, slab.used + bytes),
      }
    }
    case 4:
      return whole(
        bounded(
          () => zstdDecompressSync(source.subarray(start, end), { maxOutputLength: maxBytes }),
          maxBytes,
        ),
        maxBytes,
      )
    default:
      throw new Damage('UNSUPPORTED_BATCH', `the batch is compressed with an unknown codec, ${codec}`)
  }
}

function whole(bytes: Uint8Array, maxBytes: number): Unpacking {
  if (bytes.length > maxBytes) throw tooLarge(maxBytes)
  return {
    bytes: bytes.length,
    into: (slab) => {
      slab.bytes.set(bytes, slab.used)
      return slab.used + bytes.length
    },
  }
}

function bounded(decompress: () => Buffer, maxBytes: number): Buffer {
  try {
    return decompress()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw corrupt('the records cannot be decompressed', error)
  }
}
