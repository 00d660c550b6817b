// Unpacks a market file, recognized by content, not by name: gzip, zstd, or a .zip with one file.
import { once } from 'node:events'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import yauzl from 'yauzl'
import { refuseKind } from './file-kind.ts'
import { peek } from './peek.ts'

/** A .zip is read from its end, so all of it is held in memory. */
const MAX_ZIP_BYTES = 256 * 1024 * 1024
const MAX_LAYERS = 3
const MAGIC_BYTES = 8

const startsWith = (head: Buffer, ...bytes: number[]) => bytes.every((byte, i) => head[i] === byte)

export interface Unpacked {
  readonly chunks: AsyncIterable<Buffer>
  /** `gzip`, `zstd`, `zip (prices.csv)`, outermost first. */
  readonly layers: readonly string[]
}

/**
 * @param file its name, for errors
 * @throws Failure SOURCE_KIND for anything but text; SOURCE_UNREADABLE (also while reading) for broken archives
 */
export async function unpack(packed: AsyncIterable<Buffer>, file: string): Promise<Unpacked> {
  const layers: string[] = []
  let chunks = packed
  for (;;) {
    const peeked = await peek(chunks, (head) => head.length >= MAGIC_BYTES)
    const { head } = peeked
    chunks = peeked.chunks
    const isGzip = startsWith(head, 0x1f, 0x8b)
    const isZstd = startsWith(head, 0x28, 0xb5, 0x2f, 0xfd)
    const isZip = startsWith(head, 0x50, 0x4b, 0x03, 0x04) || startsWith(head, 0x50, 0x4b, 0x05, 0x06)
    if (!isGzip && !isZstd && !isZip) return { chunks, layers }
    if (layers.length === MAX_LAYERS) {
      throw broken(file, `it is packed more than ${MAX_LAYERS} times: ${layers.join(' in ')}`)
    }
    if (isZip) {
      const entry = await onlyEntry(await wholeZip(chunks, file), file)
      layers.push(`zip (${entry.name})`)
      chunks = entry.chunks
    } else {
      layers.push(isGzip ? 'gzip' : 'zstd')
      chunks = through(chunks, isGzip ? createGunzip() : createZstdDecompress(), file)
    }
  }
}

async function* through(
  source: AsyncIterable<Buffer>,
  transform: Transform,
  file: string,
): AsyncGenerator<Buffer> {
  let sourceError: { readonly error: unknown } | undefined
  const feed = async () => {
    try {
      for await (const chunk of source) {
        if (transform.destroyed) return
        if (!transform.write(chunk)) {
          await Promise.race([once(transform, 'drain'), once(transform, 'close')])
        }
      }
      transform.end()
    } catch (error) {
      sourceError = { error }
      transform.destroy(new Error('the source failed'))
    }
  }
  const fed = feed()
  try {
    yield* transform
  } catch (error) {
    if (sourceError) throw sourceError.error
    throw broken(file, reasonOf(error), error)
  } finally {
    transform.destroy()
    await fed
  }
}

async function wholeZip(chunks: AsyncIterable<Buffer>, file: string): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_ZIP_BYTES) {
      throw broken(file, `as a .zip it may have at most ${MAX_ZIP_BYTES / 2 ** 20} MiB`)
    }
  }
  return Buffer.concat(parts)
}

async function onlyEntry(
  zip: Buffer,
  file: string,
): Promise<{ name: string; chunks: AsyncIterable<Buffer> }> {
  const { archive, entries } = await entriesOf(zip).catch((error: unknown) => {
    throw broken(file, reasonOf(error), error)
  })
  const names = entries.map(({ fileName }) => fileName)
  if (names.includes('xl/workbook.xml')) throw refuseKind(file, 'an Excel workbook (.xlsx)')
  if (names.includes('mimetype') && names.includes('content.xml')) {
    throw refuseKind(file, 'an OpenDocument spreadsheet (.ods)')
  }
  const files = entries.filter(({ fileName }) => !isAside(fileName))
  const [only] = files
  if (files.length !== 1 || !only) {
    throw new Failure({
      code: 'SOURCE_KIND',
      what: `${file} is a .zip with ${files.length} files instead of one; nothing was sent`,
      why: `it holds ${
        files
          .map(({ fileName }) => fileName)
          .slice(0, 10)
          .join(', ') || 'nothing'
      }`,
      remedy: 'unpack it and pass one of its files with --csv',
    })
  }
  const stream = await archive.openReadStreamPromise(only).catch((error: unknown) => {
    throw broken(file, reasonOf(error), error)
  })
  return { name: only.fileName, chunks: entryBytes(stream, file) }
}

/** A folder, or what file managers leave in archives. */
function isAside(name: string): boolean {
  const own = name.slice(name.lastIndexOf('/') + 1)
  return (
    own === '' ||
    own.startsWith('.') ||
    name.startsWith('__MACOSX/') ||
    /^(?:thumbs\.db|desktop\.ini)$/i.test(own)
  )
}

async function* entryBytes(stream: NodeJS.ReadableStream, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as unknown as Buffer
  } catch (error) {
    throw broken(file, reasonOf(error), error)
  }
}

async function entriesOf(zip: Buffer): Promise<{ archive: yauzl.ZipFile; entries: yauzl.Entry[] }> {
  const archive = await yauzl.fromBufferPromise(zip, { lazyEntries: true, autoClose: false })
  const entries: yauzl.Entry[] = []
  for await (const entry of archive.eachEntry()) entries.push(entry)
  return { archive, entries }
}

function broken(file: string, why: string, cause?: unknown): Failure {
  return new Failure({
    code: 'SOURCE_UNREADABLE',
    what: `${file} cannot be unpacked (further); rows read before that were sent`,
    why,
    remedy: 'download it again, or unpack it yourself and pass the unpacked file',
    cause,
  })
}
