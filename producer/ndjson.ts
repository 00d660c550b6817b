// Reads ticks as JSON lines, one object per line, so that any market feed can be piped in.
import { CONTRACT_VERSION, type Tick } from '@ticklake/contract/columns.ts'
import { canonicalBytes, validate } from '@ticklake/contract/validation.ts'
import { MAX_LINE_BYTES, wholeLines } from './lines.ts'
import { bufferOf, columnOf, type Message, type ReaderEvents } from './message.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d

/** The start of every canonical message. */
const beforeIndex = '{"index":"'.length

/**
 * @param chunks the bytes; each line is validated as in the consumer, and sent in canonical form @param file its name,
 * for reports @param options.source the source of lines that have none @param options.aliases whether other names for
 * the fields are accepted
 */
export async function* readNdjson(
  chunks: AsyncIterable<Buffer>,
  file: string,
  events: ReaderEvents,
  { source, aliases = false }: { readonly source?: string | undefined; readonly aliases?: boolean } = {},
): AsyncGenerator<Message[]> {
  for await (const { firstLine, bytes } of wholeLines(chunks)) {
    if (!bytes) {
      const detail = `the line is longer than ${MAX_LINE_BYTES} bytes`
      events.rowSkipped({ file, line: firstLine, column: '', reason: 'too_long', detail, text: '' })
      continue
    }
    const messages: Message[] = []
    let line = firstLine
    for (let start = 0; start < bytes.length; line++) {
      const newline = bytes.indexOf(NEWLINE, start)
      const next = newline === -1 ? bytes.length : newline + 1
      let end = newline === -1 ? bytes.length : newline
      if (end > start && bytes[end - 1] === RETURN) end--
      const value = bytes.subarray(start, end)
      start = next
      if (value.length === 0) {
        events.blankRow()
        continue
      }
      const result = validate(value, CONTRACT_VERSION, aliases)
      if (result.accepted) {
        if (result.unknownFields > 0) events.unknownFields(result.unknownFields)
        const canonical = bufferOf(sentBy(source, result.canonical))
        messages.push({ key: indexOf(canonical), value: canonical })
      } else {
        const { reason, detail } = result
        events.rowSkipped({
          file,
          line,
          column: columnOf(detail),
          reason,
          detail,
          text: value.toString('utf8'),
        })
      }
    }
    if (messages.length > 0) yield messages
  }
}

function sentBy(source: string | undefined, canonical: Uint8Array): Uint8Array {
  if (source === undefined) return canonical
  const tick = JSON.parse(decoder.decode(canonical)) as Tick
  return tick.source === undefined ? canonicalBytes({ ...tick, source }) : canonical
}

const decoder = new TextDecoder()

/** The index of a canonical message, without parsing the rest of it. */
function indexOf(canonical: Buffer): string {
  let end = beforeIndex
  while (canonical[end] !== 0x22) end += canonical[end] === 0x5c ? 2 : 1
  return JSON.parse(canonical.toString('utf8', beforeIndex - 1, end + 1)) as string
}
