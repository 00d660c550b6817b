// The CSV that Athena leaves in S3: each value in quotes, NULL as nothing at all; and the way back from it.

/** One line with its end. */
export function csvLine(values: readonly (string | null)[]): string {
  let line = ''
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (i > 0) line += ','
    if (value !== null) line += value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`
  }
  return `${line}\n`
}

export interface CsvRow {
  readonly values: readonly (string | null)[]
  /** Bytes from the start of what was read to the end of this row. */
  readonly endByte: number
}

const quote = 0x22
const comma = 0x2c
const newline = 0x0a

/** The rows of a CSV that `csvLine` wrote, one at a time, from chunks cut anywhere. */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  let values: (string | null)[] = []
  let rest: Uint8Array = new Uint8Array(0)
  let readBytes = 0
  for await (const chunk of chunks) {
    // A chunk may be megabytes of which a page needs the beginning: it is not copied.
    const bytes = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk])
    let at = 0
    for (;;) {
      const field = fieldAt(bytes, at)
      if (!field) break
      values.push(field.value)
      at = field.end
      if (bytes[at - 1] === newline) {
        yield { values, endByte: readBytes + at }
        values = []
      }
    }
    rest = bytes.subarray(at)
    readBytes += at
  }
}

/** The field that starts at `start` and the place after its comma or newline; undefined when it is not all here. */
function fieldAt(bytes: Buffer, start: number): { value: string | null; end: number } | undefined {
  if (start >= bytes.length) return undefined
  const first = bytes[start]
  if (first === comma || first === newline) return { value: null, end: start + 1 }
  let from = start + 1
  let hasQuotes = false
  for (;;) {
    const close = bytes.indexOf(quote, from)
    if (close < 0 || close + 1 >= bytes.length) return undefined
    if (bytes[close + 1] !== quote) {
      const text = bytes.toString('utf8', start + 1, close)
      return { value: hasQuotes ? text.replaceAll('""', '"') : text, end: close + 2 }
    }
    hasQuotes = true
    from = close + 2
  }
}

/** The lines of a text without a newline at its end, one at a time; a text of 0 bytes has none. */
export async function* textRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  let rest: Uint8Array = new Uint8Array(0)
  let readBytes = 0
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk])
    let at = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, at)) {
      yield { values: [bytes.toString('utf8', at, end)], endByte: readBytes + end + 1 }
      at = end + 1
    }
    rest = bytes.subarray(at)
    readBytes += at
  }
  if (rest.length > 0)
    yield { values: [Buffer.from(rest).toString('utf8')], endByte: readBytes + rest.length }
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
