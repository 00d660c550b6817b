// Reads a market file of any size and format, row by row; bad rows are skipped and reported.
import { validate } from '@ticklake/contract/validation.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { type Block, MAX_LINE_BYTES, wholeLines } from '../lines.ts'
import { bufferOf, columnOf, type Message, type ReaderEvents } from '../message.ts'
import { unpack } from './container.ts'
import { type Cells, cellsOf, isBlank } from './dialect.ts'
import { decode, type Encoding } from './encoding.ts'
import { Footer } from './footer.ts'
import { describeFile } from './format-report.ts'
import { plainNumber } from './numbers.ts'
import { headingFor, type RowReader, rowReaders } from './row-reader.ts'
import { Survey, type SurveyOptions } from './survey.ts'

export interface CsvOptions extends SurveyOptions {
  readonly encoding?: Encoding | undefined
  /** The source of the rows, if the file has no column for it. */
  readonly source?: string | undefined
}

/** How many bytes are read before the format is determined, unless the sender pauses. */
const HEAD_BYTES = 64 * 1024
const HEAD_WAIT_MS = 500
/** The most bytes of a stream that are held in memory until its format is known. */
const MAX_HELD_BYTES = 64 * 1024 * 1024

/**
 * @param open returns the file's bytes; if it can be called again, the whole file determines the columns' formats
 * @param file its name, for errors and reports @throws Failure CSV_HEADER, CSV_EMPTY, CSV_DATES, CSV_NUMBERS,
 * CSV_SYMBOLS, SOURCE_KIND before any row; if the bytes cannot be read again, CSV_DATES and CSV_SYMBOLS may come later
 */
export async function* readCsv(
  bytes: AsyncIterable<Buffer> | (() => AsyncIterable<Buffer>),
  file: string,
  options: CsvOptions,
  events: ReaderEvents,
): AsyncGenerator<Message[]> {
  const reopen = typeof bytes === 'function' ? bytes : undefined
  const opened = await textOf(reopen ? reopen() : (bytes as AsyncIterable<Buffer>), file, options)
  const source = blocksOf(opened.decoded.chunks)
  const head = await headOf(source, file)
  const survey = new Survey(head.lines, file, options)
  const held = head.blocks
  addRows(survey, head.blocks)
  const isWhole = await decideOrHold(survey, held, source, reopen && (() => textOf(reopen(), file, options)))
  const readers = rowReaders(survey, options.source)
  events.fileFound(describeFile(opened.unpacked, opened.decoded, survey), file)
  yield* messagesOf(follow(held, source), { survey, readers, file, events, isWhole })
}

async function textOf(bytes: AsyncIterable<Buffer>, file: string, options: CsvOptions) {
  const unpacked = await unpack(bytes, file)
  return { unpacked, decoded: await decode(unpacked.chunks, options.encoding ?? 'auto', file) }
}

/** A block with known line numbers. */
interface Lines {
  readonly firstLine: number
  /** Absent for a line that was too long. */
  readonly lines?: readonly string[]
  readonly bytes: number
}

type Source = AsyncIterator<Lines, undefined>

async function* blocksOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Lines, undefined> {
  for await (const block of wholeLines(chunks)) yield linesOf(block)
}

function linesOf({ firstLine, bytes }: Block): Lines {
  if (!bytes) return { firstLine, bytes: 0 }
  const text = bytes.toString('utf8')
  const lines = text.split('\n')
  if (text.endsWith('\n')) lines.pop()
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    if (line.endsWith('\r')) lines[i] = line.replace(/\r{1,2}$/, '')
  }
  return { firstLine, lines, bytes: bytes.length }
}

/** The file's first blocks: enough of them, or what has come when the sender pauses. */
async function headOf(source: Source, file: string): Promise<{ blocks: Lines[]; lines: string[] }> {
  const blocks: Lines[] = []
  const lines: string[] = []
  let bytes = 0
  let hasText = 0
  for (;;) {
    const next = source.next()
    // A header and a row are enough from a slow sender.
    const block = hasText < 2 ? await next : await orPause(next)
    if (block === 'paused') {
      pending.set(source, next)
      break
    }
    if (block.done) break
    blocks.push(block.value)
    bytes += block.value.bytes
    // A line that was too long keeps its place, so that line numbers stay right.
    lines.push(...(block.value.lines ?? ['']))
    hasText += block.value.lines?.filter((line) => line.trim() !== '').length ?? 0
    if (bytes >= HEAD_BYTES) break
  }
  if (hasText === 0) throw empty(file, 'it is empty, or has only blank or broken lines')
  return { blocks, lines }
}

/** Pending reads that were not awaited, by source. */
const pending = new WeakMap<Source, Promise<IteratorResult<Lines, undefined>>>()

async function orPause<T>(next: Promise<T>): Promise<T | 'paused'> {
  let timer: NodeJS.Timeout | undefined
  const pause = new Promise<'paused'>((resolve) => {
    timer = setTimeout(() => resolve('paused'), HEAD_WAIT_MS)
  })
  try {
    return await Promise.race([next, pause])
  } finally {
    clearTimeout(timer)
  }
}

function nextOf(source: Source): Promise<IteratorResult<Lines, undefined>> {
  const asked = pending.get(source)
  pending.delete(source)
  return asked ?? source.next()
}

function addRows(survey: Survey, blocks: readonly Lines[]): void {
  for (const { firstLine, lines } of blocks) {
    if (!lines) continue
    const from = Math.max(0, survey.headerEnd - (firstLine - 1))
    if (from < lines.length) {
      survey.add(cellsOf(from === 0 ? lines : lines.slice(from), survey.separator), firstLine + from)
    }
  }
}

/**
 * Reads until the file's format is known: all of it if it can be read again, otherwise holding what was read. @returns
 * whether every line of the file has been seen
 */
async function decideOrHold(
  survey: Survey,
  held: Lines[],
  source: Source,
  reopen: (() => ReturnType<typeof textOf>) | undefined,
): Promise<boolean> {
  if (!survey.isOpen && !survey.wantsAll) return false
  if (reopen) {
    const last = held.at(-1)!
    const seen = last.firstLine + (last.lines?.length ?? 1) - 1
    for await (const block of blocksOf((await reopen()).decoded.chunks)) {
      const from = Math.max(0, seen - (block.firstLine - 1))
      const lines = block.lines?.slice(from)
      if (lines && lines.length > 0) addRows(survey, [{ ...block, firstLine: block.firstLine + from, lines }])
    }
    survey.end()
    return true
  }
  let bytes = 0
  while (survey.isOpen && bytes < MAX_HELD_BYTES) {
    const next = await nextOf(source)
    if (next.done) {
      survey.end()
      return true
    }
    held.push(next.value)
    bytes += next.value.bytes
    addRows(survey, [next.value])
  }
  return false
}

async function* follow(held: Lines[], source: Source): AsyncGenerator<Lines & { readonly isHeld: boolean }> {
  for (let block = held.shift(); block; block = held.shift()) yield { ...block, isHeld: true }
  try {
    for (;;) {
      const next = await nextOf(source)
      if (next.done) return
      yield { ...next.value, isHeld: false }
    }
  } finally {
    await source.return?.(undefined)
  }
}

interface Reading {
  readonly survey: Survey
  readonly readers: readonly RowReader[]
  readonly file: string
  readonly events: ReaderEvents
  /** Whether the survey has seen the whole file; otherwise it sees each block before its rows are returned. */
  readonly isWhole: boolean
}

async function* messagesOf(
  blocks: AsyncIterable<Lines & { readonly isHeld: boolean }>,
  { survey, readers, file, events, isWhole }: Reading,
): AsyncGenerator<Message[]> {
  const { separator, headerEnd } = survey
  const footer = new Footer(events)
  const dateHeading = survey.header.headings[survey.header.groups[0]!.at.date!]
  let rows = 0
  for await (const { firstLine, lines, isHeld } of blocks) {
    if (!lines) {
      const detail = `the line is longer than ${MAX_LINE_BYTES} bytes`
      footer.skip({ file, line: firstLine, column: '', reason: 'too_long', detail, text: '' }, false)
      rows++
      continue
    }
    const rowsOf = cellsOf(lines, separator)
    const messages: Message[] = []
    let otherHeader = 0
    for (let i = 0; i < rowsOf.length && otherHeader === 0; i++) {
      const line = firstLine + i
      const text = lines[i]!
      if (text === '') events.blankRow()
      else if (line <= headerEnd) {
        if (isBlank(text)) events.blankRow()
        else if (line <= headerEnd - survey.header.lines) {
          const detail = 'text before the header'
          events.rowSkipped({ file, line, column: '', reason: 'preamble', detail, text })
        }
      } else {
        rows++
        if (takeRow(rowsOf[i], line, text, messages) === 'other_header') otherHeader = line
      }
    }
    if (!isHeld && !isWhole && survey.wantsAll) {
      survey.add(rowsOf, firstLine)
      survey.order
    }
    if (messages.length > 0) yield messages
    if (otherHeader > 0) throw joinedFile(file, otherHeader, lines[otherHeader - firstLine]!)
  }
  footer.end()
  if (rows === 0) throw empty(file, `it ends with its header, line ${headerEnd}`)

  function takeRow(
    cells: Cells | undefined,
    line: number,
    text: string,
    messages: Message[],
  ): 'other_header' | undefined {
    if (!cells) {
      const detail = 'its quotation marks do not close, or close within a cell'
      footer.skip({ file, line, text, column: '', reason: 'bad_quotes', detail }, false)
      return
    }
    let isEmpty = true
    for (let i = 0; i < readers.length; i++) {
      const row = messageOf(cells, readers[i]!)
      if (row === undefined) continue
      isEmpty = false
      if (!('fault' in row)) {
        footer.goodRow()
        messages.push(row)
      } else if (isBlank(text)) {
        rows--
        events.blankRow()
        return
      } else if (row.fault.reason === 'other_header') {
        return row.fault.reason
      } else {
        const isCut = row.fault.reason === 'too_few_cells'
        const isUndated = row.fault.column === dateHeading && !hasPrices(cells)
        footer.skip({ file, line, text, ...row.fault }, isCut || isUndated)
        if (row.fault.column === '' || isCut) return
      }
    }
    if (!isEmpty) return
    if (isBlank(text)) {
      rows--
      events.blankRow()
      return
    }
    const detail = 'the row has no values for any symbol'
    footer.skip({ file, line, text, column: '', reason: 'missing_value', detail }, false)
  }
}

/** A total or a disclaimer does not have all the prices of a row. */
function hasPrices(cells: Cells): boolean {
  return cells.filter((cell) => plainNumber.test(cell.trim())).length > 3
}

function joinedFile(file: string, line: number, text: string): Failure {
  return new Failure({
    code: 'CSV_HEADER',
    what: `${file} is not read beyond line ${line}, where another header with other columns begins; the rows before it were sent`,
    why: `the line is ${JSON.stringify(text.slice(0, 300))}`,
    remedy: `split the file there: \`tail -n +${line}\` gives the rest`,
  })
}

function messageOf(
  cells: Cells,
  reader: RowReader,
): Message | Extract<ReturnType<RowReader>, { fault: object }> | undefined {
  const row = reader(cells)
  if (row === undefined || 'fault' in row) return row
  // The consumer's validation decides here too, so that nothing is sent that it would reject. A tick has its columns in
  // order, so its JSON is already canonical, unless a text needs another form.
  const result = validate(Buffer.from(JSON.stringify(row.tick)))
  if (!result.accepted) {
    const { reason, detail } = result
    return { fault: { column: headingFor(columnOf(detail)), reason, detail } }
  }
  return { key: row.tick.index, value: bufferOf(result.canonical) }
}

function empty(file: string, why: string): Failure {
  const hasHeader = why.includes('header')
  return new Failure({
    code: 'CSV_EMPTY',
    what: `${file} has no ${hasHeader ? 'row' : 'header'}, so nothing was produced`,
    why,
    remedy: hasHeader
      ? 'export it again with its rows; if it has some, see how their lines end (`od -c`)'
      : 'download or export it again; data/README.md says where the market file comes from',
  })
}
