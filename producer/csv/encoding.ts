// Converts a text file of any encoding and line ends to UTF-8 with LF.
import { requireTable, requireText } from './file-kind.ts'
import { peek } from './peek.ts'

/** Encodings that cannot be detected have the names of the Encoding Standard, which Node decodes. */
export const encodings = [
  ...['auto', 'utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1250', 'windows-1251', 'gb18030', 'big5'],
  ...['shift_jis', 'euc-jp', 'euc-kr'],
] as const
export type Encoding = (typeof encodings)[number]

const HEAD_BYTES = 64 * 1024
const LF = 0x0a
const CR = 0x0d
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf])
/** The three bytes of a BOM, mistaken for Latin-1 and encoded again. */
const BOM_ENCODED_AGAIN = Buffer.from('ï»¿')

export interface Decoded {
  /** UTF-8 without a byte order mark. */
  readonly chunks: AsyncIterable<Buffer>
  readonly encoding: Exclude<Encoding, 'auto'>
  readonly lineEnd: 'LF' | 'CRLF' | 'CR' | 'CRCRLF'
  /** Number of byte order marks dropped; a file that was joined or converted twice has several. */
  readonly byteOrderMarks: number
}

/**
 * Bytes that are not UTF-8 are left to the row reader: the many 8-bit encodings cannot be told apart. @throws Failure
 * SOURCE_KIND if the file is not a text table
 */
export async function decode(raw: AsyncIterable<Buffer>, wanted: Encoding, file: string): Promise<Decoded> {
  const peeked = await peek(
    raw,
    (head) => head.length >= HEAD_BYTES || (head.length >= 16 && head.includes(LF)),
  )
  requireText(peeked.head, file)
  const encoding = wanted === 'auto' ? guess(peeked.head) : wanted
  const utf8 = encoding === 'utf-8' ? peeked.chunks : transcoded(peeked.chunks, encoding)
  const { head, chunks } = await peek(utf8, (head) => head.length >= HEAD_BYTES || head.includes(LF))
  const marks = byteOrderMarks(head)
  const text = head.subarray(marks.bytes)
  requireTable(text.toString('utf8'), file)
  const lineEnd = lineEndOf(text)
  const withoutMarks = marks.bytes === 0 ? chunks : dropped(chunks, marks.bytes)
  return {
    chunks: withLf(withoutMarks),
    encoding,
    lineEnd,
    byteOrderMarks: marks.count,
  }
}

/** UTF-16 has a byte order mark, or NUL as every second byte, which UTF-8 text never has. */
function guess(head: Buffer): Exclude<Encoding, 'auto'> {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const sample = head.subarray(0, 400)
  let even = 0
  let odd = 0
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) i % 2 === 0 ? even++ : odd++
  if (odd > sample.length / 4 && even === 0) return 'utf-16le'
  if (even > sample.length / 4 && odd === 0) return 'utf-16be'
  return 'utf-8'
}

async function* transcoded(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  // byteOrderMarks() drops each mark, so that it is counted.
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield Buffer.from(text)
  }
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest)
}

function byteOrderMarks(head: Buffer): { bytes: number; count: number } {
  let bytes = 0
  let count = 0
  for (;;) {
    const mark = [UTF8_BOM, BOM_ENCODED_AGAIN].find((one) =>
      head.subarray(bytes, bytes + one.length).equals(one),
    )
    if (!mark) return { bytes, count }
    bytes += mark.length
    count++
  }
}

function lineEndOf(head: Buffer): Decoded['lineEnd'] {
  const lf = head.indexOf(LF)
  if (lf === -1) return head.includes(CR) ? 'CR' : 'LF'
  if (head[lf - 1] !== CR) return 'LF'
  return head[lf - 2] === CR ? 'CRCRLF' : 'CRLF'
}

async function* dropped(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes
  for await (const chunk of chunks) {
    const rest = chunk.subarray(left)
    left -= chunk.length - rest.length
    if (rest.length > 0) yield rest
  }
}

/**
 * Turns each CR that is not followed by LF (directly or after another CR) into LF: joined files have both line ends.
 */
async function* withLf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    // What follows the last CRs is still unknown.
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === CR && bytes.length - end < 2) end--
    held = bytes.subarray(end)
    if (end > 0) yield loneCrReplaced(bytes, end)
  }
  if (held.length > 0) yield loneCrReplaced(held, held.length)
}

function loneCrReplaced(bytes: Buffer, end: number): Buffer {
  let copy: Buffer | undefined
  for (let at = bytes.indexOf(CR); at !== -1 && at < end; at = bytes.indexOf(CR, at + 1)) {
    const next = bytes[at + 1] === CR ? bytes[at + 2] : bytes[at + 1]
    if (next === LF) continue
    copy ??= Buffer.from(bytes)
    copy[at] = LF
  }
  return (copy ?? bytes).subarray(0, end)
}
