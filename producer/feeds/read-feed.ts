// For tests: reads ticks of a feed, with short waits, and collects its reports.
import { producerConfig } from '../config.ts'
import type { SkippedRow } from '../message.ts'
import { openSource } from '../source.ts'
import type { FeedGap } from './feed.ts'

export interface FeedRead {
  readonly ticks: Record<string, unknown>[]
  readonly gaps: FeedGap[]
  readonly failures: string[]
  readonly skipped: SkippedRow[]
  duplicates: number
}

/** @param until whether enough ticks have come */
export async function readFeed(
  env: Record<string, string>,
  until: (read: FeedRead) => boolean,
): Promise<FeedRead> {
  const read: FeedRead = { ticks: [], gaps: [], failures: [], skipped: [], duplicates: 0 }
  const controller = new AbortController()
  const timer = setInterval(() => until(read) && controller.abort('enough'), 5)
  const config = producerConfig({
    ...{ PRODUCER_FEED_BACKOFF_MS: '5', PRODUCER_FEED_CONNECT_TIMEOUT_MS: '2000' },
    ...{ PRODUCER_FEED_SILENCE_MS: '2000', PRODUCER_FEED_POLL_MS: '10' },
    ...env,
  })
  const events = {
    rowSkipped: (row: SkippedRow) => void read.skipped.push(row),
    blankRow() {},
    unknownFields() {},
    fileFound() {},
    passEnded() {},
    feed: {
      connected() {},
      failed: (_: string, why: string) => void read.failures.push(why),
      gap: (gap: FeedGap) => void read.gaps.push(gap),
      duplicates(count: number) {
        read.duplicates += count
      },
    },
  }
  try {
    for await (const batch of openSource(config, events, controller.signal).batches) {
      for (const { value } of batch) read.ticks.push(JSON.parse(value.toString()))
    }
  } finally {
    clearInterval(timer)
  }
  return read
}
