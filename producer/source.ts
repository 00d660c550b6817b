// The source of rows and their order: a file, standard input, a live feed or the generator; once, repeatedly or at
// random.
import { accessSync, constants, createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { columnNamed } from '@ticklake/contract/aliases.ts'
import type { Tick } from '@ticklake/contract/columns.ts'
import { canonicalBytes, isText } from '@ticklake/contract/validation.ts'
import { interleavedTicks } from '@ticklake/data/generate.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { ProducerConfig } from './config.ts'
import { readCsv } from './csv/read-csv.ts'
import { type FeedConfig, type FeedReaderEvents, feedMessages, openFeed } from './feeds/open-feed.ts'
import { bufferOf, type Message, type ReaderEvents, type SkippedRow } from './message.ts'
import { readNdjson } from './ndjson.ts'
import { sampleOf } from './reservoir.ts'

/** Rows are processed in batches: an await per row would cost more than the row. */
const BATCH = 500

/** The most rows that `sample` holds in memory; the real file fits. */
const SAMPLED_ROWS = 150_000

export interface Source {
  readonly name: string
  readonly batches: AsyncIterable<readonly Message[]>
}

interface SourceEvents extends FeedReaderEvents {
  /** The source was read to its end; in a loop it now starts again. */
  passEnded(): void
}

type SourceConfig = Pick<
  ProducerConfig,
  | 'PRODUCER_CSV'
  | 'PRODUCER_SOURCE'
  | 'PRODUCER_SOURCE_NAME'
  | 'PRODUCER_INDEX'
  | 'PRODUCER_DATE_FORMAT'
  | 'PRODUCER_TIME_ZONE'
  | 'PRODUCER_COLUMNS'
  | 'PRODUCER_DECIMAL'
  | 'PRODUCER_ENCODING'
  | 'KAFKA_TICK_ALIASES'
  | 'mode'
  | 'feed'
> &
  FeedConfig

/**
 * @param signal aborting it ends the reading, even if standard input is silent
 * @param stdin what the source `-` reads
 * @throws (while reading) Failure SOURCE_UNREADABLE, SOURCE_EMPTY, FEED_UNREACHABLE, FEED_REFUSED and what readCsv
 * throws
 */
export function openSource(
  config: SourceConfig,
  readerEvents: SourceEvents,
  signal: AbortSignal,
  stdin: Readable = process.stdin,
): Source {
  if (config.feed) {
    const feed = openFeed(config.feed, config)
    return {
      name: feed.name,
      batches: untilAborted(feedMessages(feed, config, readerEvents, signal), signal),
    }
  }
  const skipped = new SkippedKinds()
  const events: SourceEvents = {
    ...readerEvents,
    rowSkipped(row) {
      skipped.add(row)
      readerEvents.rowSkipped(row)
    },
  }
  const { name, pass } = passesOf(config, events, signal, stdin)
  const batches =
    config.mode === 'sample'
      ? atRandom(name, pass, events, skipped)
      : inOrder(name, pass, events, skipped, config.mode === 'loop')
  return { name, batches: untilAborted(batches, signal) }
}

/**
 * An aborted read ends quietly here, not where the bytes end, since half a line or a missing header would be an error
 * there.
 */
async function* untilAborted<T>(batches: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* batches
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
  }
}

type Pass = () => AsyncIterable<readonly Message[]>

function passesOf(
  config: SourceConfig,
  events: ReaderEvents,
  signal: AbortSignal,
  stdin: Readable,
): { name: string; pass: Pass } {
  const source = config.PRODUCER_SOURCE_NAME
  const options = {
    index: config.PRODUCER_INDEX,
    columns: config.PRODUCER_COLUMNS,
    dateFormat: config.PRODUCER_DATE_FORMAT,
    timeZone: config.PRODUCER_TIME_ZONE,
    decimal: config.PRODUCER_DECIMAL,
    encoding: config.PRODUCER_ENCODING,
  }
  const csv = (name: string, chunks: () => AsyncIterable<Buffer>, file?: string) => ({
    name,
    pass: () => {
      // A pipe (`--csv <(curl …)`) has a path, but can be read only once.
      const bytes = file !== undefined && isRegularFile(name) ? chunks : chunks()
      return readCsv(bytes, name, { ...options, source: source ?? file }, events)
    },
  })
  const input = () => chunksOf(stdin, 'standard input', signal)
  if (config.PRODUCER_CSV === '-') return csv('standard input', input)
  if (config.PRODUCER_CSV) {
    const path = config.PRODUCER_CSV
    return csv(path, () => chunksOf(createReadStream(path), path, signal), ownName(path))
  }
  if (config.PRODUCER_SOURCE === 'sample') {
    const path = fileURLToPath(import.meta.resolve('@ticklake/data/sample.csv'))
    return csv('data/sample.csv', () => chunksOf(createReadStream(path), path, signal), 'sample.csv')
  }
  if (config.PRODUCER_SOURCE === '-') {
    return {
      name: 'standard input',
      pass: () =>
        readNdjson(input(), 'standard input', events, {
          source,
          aliases: config.KAFKA_TICK_ALIASES === 'on',
        }),
    }
  }
  return { name: 'generated rows', pass: remembered(encoded(interleavedTicks(), source ?? 'generated')) }
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The file's name without its folder, unless the column cannot hold it. */
function ownName(path: string): string | undefined {
  const name = basename(path)
  return isText(name) ? name : undefined
}

/** The bytes of a stream until it ends. @throws the signal's reason if it aborts; Failure SOURCE_UNREADABLE */
async function* chunksOf(stream: Readable, name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    for await (const chunk of stream) yield chunk as Buffer
    signal.throwIfAborted()
  } catch (error) {
    signal.throwIfAborted()
    throw new Failure({
      code: 'SOURCE_UNREADABLE',
      what: `${name} cannot be read (further); rows read before that were sent`,
      why: reasonOf(error),
      remedy: 'check --csv (PRODUCER_CSV); data/README.md says where the market file comes from',
      cause: error,
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function* encoded(ticks: Iterable<Tick>, source: string): AsyncGenerator<Message[]> {
  let batch: Message[] = []
  for (const tick of ticks) {
    batch.push({ key: tick.index, value: bufferOf(canonicalBytes({ ...tick, source })) })
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * Generates the rows in the first pass and repeats them in later ones: for 20 MB of memory, a loop at full speed need
 * not generate and encode them again.
 */
function remembered(first: AsyncIterable<Message[]>): Pass {
  const batches: Message[][] = []
  let complete = false
  return async function* () {
    if (complete) return yield* batches
    for await (const batch of first) {
      const packed = pack(batch)
      batches.push(packed)
      yield packed
    }
    complete = true
  }
}

/** One buffer per batch: one per row would cost several times as much. */
function pack(batch: readonly Message[]): Message[] {
  const bytes = Buffer.concat(batch.map((message) => message.value))
  let start = 0
  return batch.map(({ key, value }) => {
    const end = start + value.length
    const packed = { key, value: bytes.subarray(start, end) }
    start = end
    return packed
  })
}

async function* inOrder(
  name: string,
  pass: Pass,
  events: SourceEvents,
  skipped: SkippedKinds,
  again: boolean,
): AsyncGenerator<readonly Message[]> {
  do {
    let rows = 0
    for await (const batch of pass()) {
      rows += batch.length
      yield batch
    }
    events.passEnded()
    // A file with only bad rows is an error; a feed that ends before its first line is not.
    if (rows === 0 && (again || skipped.most)) throw nothingToSend(name, skipped)
  } while (again)
}

/** One row at a time, drawn with replacement, forever. */
async function* atRandom(
  name: string,
  pass: Pass,
  events: SourceEvents,
  skipped: SkippedKinds,
): AsyncGenerator<readonly Message[]> {
  const rows = await sampleOf(pass(), SAMPLED_ROWS)
  events.passEnded()
  if (rows.length === 0) throw nothingToSend(name, skipped)
  for (;;) {
    yield Array.from({ length: BATCH }, () => rows[Math.floor(Math.random() * rows.length)]!)
  }
}

/** Counts skipped rows by their reason, with the first of each. */
class SkippedKinds {
  readonly #byReason = new Map<string, { count: number; readonly first: SkippedRow }>()

  add(row: SkippedRow): void {
    const kind = this.#byReason.get(row.reason)
    if (kind) kind.count++
    else this.#byReason.set(row.reason, { count: 1, first: row })
  }

  /** The most common reason. */
  get most(): { readonly count: number; readonly first: SkippedRow } | undefined {
    return [...this.#byReason.values()].toSorted((a, b) => b.count - a.count)[0]
  }
}

function nothingToSend(name: string, { most }: SkippedKinds): Failure {
  const example = most && `line ${most.first.line}: ${most.first.detail}`
  return new Failure({
    code: 'SOURCE_EMPTY',
    what: `${name} has no good row; nothing was sent`,
    why: most
      ? `every row was skipped, ${most.count} for ${most.first.reason}, such as ${example}`
      : 'there was no row',
    remedy:
      most?.first.reason === 'missing_value' && columnNamed(most.first.column)?.column === 'volume'
        ? "a file without volumes is read with --columns 'Volume=0'"
        : '`producer run --dry-run` shows the detected format; --columns, --date-format and --decimal change it',
  })
}

/** Checks that the file can be read, before anything else begins. @throws Failure SOURCE_UNREADABLE */
export function requireSource({ PRODUCER_CSV: path }: Pick<ProducerConfig, 'PRODUCER_CSV'>): void {
  if (path === undefined || path === '-') return
  try {
    if (statSync(path).isDirectory()) throw new Error('it is a directory')
    accessSync(path, constants.R_OK)
  } catch (error) {
    throw new Failure({
      code: 'SOURCE_UNREADABLE',
      what: `${path} cannot be read; nothing was sent`,
      why: reasonOf(error),
      remedy: 'check --csv (PRODUCER_CSV); data/README.md says where the market file comes from',
      cause: error,
    })
  }
}
