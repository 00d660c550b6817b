// Detects an object's compression by its first bytes or its name, and unpacks its beginning.
import {
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type Gunzip,
  type Inflate,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib'
import { unpackBzip2 } from './compression/bzip2.ts'
import { unpackHadoopLz4, unpackLz4Frames } from './compression/lz4.ts'
import { Sink } from './compression/sink.ts'
import { unpackHadoopSnappy, unpackSnappy } from './compression/snappy.ts'
import { zipEntry } from './compression/zip.ts'

/** The value of the crawler's `compressionType`. */
export type Compression = 'none' | 'gzip' | 'bzip2' | 'zip' | 'zstd' | 'snappy' | 'lz4' | 'deflate'

/** This much unpacked content is enough to recognize a format. */
const mostUnpacked = 4 * 1024 * 1024

interface Codec {
  readonly name: Compression
  /** The first bytes of everything with this compression. */
  readonly magic?: readonly number[]
  /** The ending of the name, for a compression without its own first bytes. */
  readonly ending?: string
  readonly unpack: (sample: Uint8Array, sink: Sink) => void | Promise<void>
}

const codecs: readonly Codec[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], unpack: (sample, sink) => stream(createGunzip(), sample, sink) },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpack: (sample, sink) => stream(createZstdDecompress(), sample, sink),
  },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], unpack: unpackBzip2 },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04], unpack: unpackZip },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18], unpack: unpackLz4Frames },
  { name: 'snappy', magic: [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50], unpack: unpackSnappy },
  // Hadoop's framing starts with a length: only the name identifies it.
  { name: 'snappy', ending: '.snappy', unpack: unpackHadoopSnappy },
  { name: 'lz4', ending: '.lz4', unpack: unpackHadoopLz4 },
  { name: 'deflate', ending: '.deflate', unpack: (sample, sink) => stream(createInflate(), sample, sink) },
]

/** Undefined for an object that is not compressed. */
function codecOf(head: Uint8Array, key: string): Codec | undefined {
  return codecs.find(({ magic, ending }) =>
    magic ? magic.every((byte, i) => head[i] === byte) : key.toLowerCase().endsWith(ending!),
  )
}

export interface Unpacked {
  readonly compression: Compression
  readonly bytes: Uint8Array
  /** Whether the object has more content than that. */
  readonly isCut: boolean
}

/** @param isWhole whether the sample is the whole object. @throws Error when nothing can be unpacked */
export async function unpack(sample: Uint8Array, isWhole: boolean, key = ''): Promise<Unpacked> {
  const codec = codecOf(sample, key)
  if (!codec) return { compression: 'none', bytes: sample, isCut: !isWhole }
  const sink = new Sink(mostUnpacked)
  let failure: unknown
  try {
    await codec.unpack(sample, sink)
  } catch (error) {
    // A truncated sample ends in the middle of a block: everything before it is valid.
    failure = error
  }
  const bytes = sink.bytes()
  if (bytes.length === 0 && failure && isWhole) {
    throw new Error(`it cannot be unpacked as ${codec.name}: ${(failure as Error).message}`)
  }
  return { compression: codec.name, bytes, isCut: !isWhole || sink.isFull || failure !== undefined }
}

type Unpacker = Gunzip | Inflate | InflateRaw | ZstdDecompress

/** @throws Error at broken or truncated content, after the sink got everything before it */
function stream(unpacker: Unpacker, sample: Uint8Array, sink: Sink): Promise<void> {
  return new Promise((resolve, reject) => {
    unpacker.on('data', (chunk: Buffer) => {
      sink.write(chunk)
      if (!sink.isFull) return
      unpacker.destroy()
      resolve()
    })
    unpacker.on('error', reject)
    unpacker.on('end', resolve)
    unpacker.end(sample)
  })
}

async function unpackZip(sample: Uint8Array, sink: Sink): Promise<void> {
  const { isStored, content } = zipEntry(sample)
  if (isStored) sink.write(content)
  else await stream(createInflateRaw(), content, sink)
}
