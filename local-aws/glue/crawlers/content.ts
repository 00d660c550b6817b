// What an object's first bytes say: Parquet or text, and how it is packed; and the text of a packed sample.
import { createGunzip, createZstdDecompress } from 'node:zlib'

export type Compression = 'none' | 'gzip' | 'zstd'

/** So much unpacked text is enough to tell a format. */
const mostText = 4 * 1024 * 1024

export function isParquet(head: Uint8Array): boolean {
  return head.length >= 12 && Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1'
}

export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  return 'none'
}

/** The text that the start of an object unpacks to; `isCut` when there is more of it. */
export async function textOf(
  sample: Uint8Array,
  compression: Compression,
  isWhole: boolean,
): Promise<{ text: string; isCut: boolean }> {
  if (compression === 'none') return { text: decode(sample), isCut: !isWhole }
  const unpacker = compression === 'gzip' ? createGunzip() : createZstdDecompress()
  const chunks: Buffer[] = []
  let bytes = 0
  let isCut = !isWhole
  await new Promise<void>((resolve) => {
    unpacker.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes <= mostText) return
      isCut = true
      unpacker.destroy()
      resolve()
    })
    // A cut sample ends in the middle of a block: what came before it is good.
    unpacker.on('error', () => {
      isCut = true
      resolve()
    })
    unpacker.on('end', resolve)
    unpacker.end(sample)
  })
  return { text: decode(Buffer.concat(chunks)), isCut }
}

/** A character that the cut has halved, at the very end, is left out with its line anyway. */
const decode = (bytes: Uint8Array) => new TextDecoder('utf-8').decode(bytes)
