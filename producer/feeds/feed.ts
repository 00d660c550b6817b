// What every live feed provides: ticks until the signal aborts, and reports of errors.

/** A possible tick; validation decides. */
export interface FeedTick {
  /** By column, or if `hasOwnNames` is set, by the sender’s own names. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The sender's text, for reports about a skipped tick. */
  readonly text: string
}

/** Ticks that a feed did not deliver. */
export interface FeedGap {
  /** Which ticks, for people: `BTC-USD trades 17 to 20`. */
  readonly what: string
  /** How many were missed; undefined if the feed does not number them. */
  readonly missed: number | undefined
  /** How many of these were fetched afterwards. */
  readonly filled: number
  /** Why the rest was not; absent if all were. */
  readonly why?: string
}

export interface FeedEvents {
  /** Called with each sign of life. */
  connected(): void
  /** Called with each failed attempt; reported once, and then once a minute. */
  failed(why: string): void
  gap(gap: FeedGap): void
  duplicates(count: number): void
  /** A message that is neither a tick nor a known control message. */
  skipped(reason: string, detail: string, text: string): void
}

/** The same as logged and counted, each with the feed's source. */
export interface FeedReports extends Pick<FeedEvents, 'gap' | 'duplicates'> {
  connected(source: string): void
  failed(source: string, why: string): void
}

export interface FeedContext {
  readonly events: FeedEvents
  readonly signal: AbortSignal
}

/** How a feed waits; tests wait less. */
export interface FeedTiming {
  /** The first pause before another attempt; it doubles up to a minute. */
  readonly backoffMs: number
  /** How long the first connection may take before the run fails. */
  readonly connectTimeoutMs: number
  /** A connection that stays silent for this long, even when pinged, is reopened. */
  readonly silenceMs: number
  /** Between two polls; undefined: the feed's default. */
  readonly pollMs: number | undefined
}

export interface Feed {
  /** For logs, without secrets. */
  readonly name: string
  /** For the column `source`. */
  readonly source: string
  /** Whether the fields may have other names, which aliases map. */
  readonly hasOwnNames?: boolean
  /** @throws Failure FEED_UNREACHABLE, FEED_REFUSED */
  ticks(context: FeedContext): AsyncIterable<readonly FeedTick[]>
}

/** One trade as a tick: its price is open, high, low and close. */
export function tradeFields(trade: {
  readonly index: string
  readonly date: string
  readonly price: unknown
  readonly size: unknown
  readonly tradedAt: string
}): Record<string, unknown> {
  const price = numberOf(trade.price)
  return {
    ...{ index: trade.index, date: trade.date },
    ...{ open: price, high: price, low: price, close: price, adj_close: null },
    ...{ volume: numberOf(trade.size), close_usd: null, traded_at: trade.tradedAt },
  }
}

/** Converts a number in a string; leaves anything else for validation to reject. */
export function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value
}

/** @returns undefined if the text is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The value's member, or undefined if it is not an object or has none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** An instant in ms as ISO 8601; undefined if invalid. */
export function isoOf(ms: unknown): string | undefined {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return undefined
  return new Date(ms).toISOString()
}
