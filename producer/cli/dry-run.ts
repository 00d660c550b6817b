// `producer run --dry-run`: shows a source's format and the rows that would be sent, without Kafka.
import { printable } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { producerConfig } from '../config.ts'
import type { FeedReports } from '../feeds/feed.ts'
import type { SkippedRow } from '../message.ts'
import { openSource, requireSource } from '../source.ts'

const SHOWN_ROWS = 5
/** A live feed has no end: shows its first ticks, or that none came in this time. */
const FEED_WAIT_MS = 10_000

/** @throws Failure as `run` would, also if no row could be sent */
export async function dryRun({ env, stdin, stdout }: CommandHost, signal: AbortSignal): Promise<void> {
  const print = (line: string) => void stdout.write(`${printable(line)}\n`)
  const config = producerConfig({ ...env, PRODUCER_MODE: 'replay' })
  requireSource(config)
  using waiting = new Waiting()
  const kinds = new Map<string, { count: number; readonly first: SkippedRow }>()
  let blank = 0
  let unknownFields = 0
  const events = {
    fileFound: (found: string, file: string) => print(`${file}: ${found}`),
    rowSkipped(row: SkippedRow) {
      const name = `${row.reason}${row.column ? ` in ${row.column}` : ''}`
      const kind = kinds.get(name)
      if (kind) kind.count++
      else kinds.set(name, { count: 1, first: row })
    },
    blankRow: () => void blank++,
    unknownFields(count: number) {
      unknownFields += count
    },
    passEnded() {},
    feed: { ...feedReports(print), connected: () => void waiting.begin() },
  }
  const most = config.PRODUCER_ROWS || (config.feed ? SHOWN_ROWS : Number.POSITIVE_INFINITY)
  let rows = 0
  try {
    const either = AbortSignal.any([signal, waiting.signal])
    for await (const batch of openSource(config, events, either, stdin).batches) {
      const left = Math.min(batch.length, most - rows)
      const shown = Math.max(0, Math.min(left, SHOWN_ROWS - rows))
      for (const { value } of batch.slice(0, shown)) print(`  ${value.toString()}`)
      rows += left
      if (rows >= most || signal.aborted) break
    }
  } finally {
    for (const [name, { count, first }] of kinds) {
      print(`skipped ${count}: ${name}, the first at line ${first.line}: ${first.detail}`)
    }
    if (unknownFields > 0) print(`fields left out: ${unknownFields}`)
    const skipped = [...kinds.values()].reduce((sum, { count }) => sum + count, 0)
    if (waiting.signal.aborted)
      print(`the feed answers, and sent ${rows} ticks within ${FEED_WAIT_MS / 1000} s`)
    if (rows + skipped + blank > 0)
      print(`would send ${rows}, skipped ${skipped}, blank ${blank}; nothing was sent`)
  }
}

function feedReports(print: (line: string) => void): FeedReports {
  let lastFailure = ''
  return {
    connected() {},
    failed(source, why) {
      if (why !== lastFailure) print(`${source}: ${why}`)
      lastFailure = why
    },
    gap() {},
    duplicates() {},
  }
}

/** How long a feed may take, from the time when it answers. */
class Waiting {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  begin(): void {
    this.#timer ??= setTimeout(() => this.#controller.abort(new Error('the wait is over')), FEED_WAIT_MS)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
