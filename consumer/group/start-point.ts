// Where a dataset begins: at the first record that Kafka still has, or at a time; without it at offset 0.

export type StartPoint = { readonly at: 'earliest' } | { readonly at: 'time'; readonly timestampMs: number }

/** The start point that dataset.json stores, and the way to an initial offset for each partition. */
export type StoredStartPoint = StartPoint & {
  /**
   * Stores the initial offset of a partition, once and for all.
   * @param seen where it would begin by what Kafka has now
   * @returns the initial offset that was stored first, by whichever consumer
   */
  readonly storeInitialOffset: (partition: number, seen: number) => Promise<number>
}

/**
 * Reads `earliest`, a day (`2026-11-21`) or a time (`2026-11-21T09:30:00Z`; without a zone it is UTC).
 * @throws Error with a plain sentence when the text is neither
 */
export function parseStartPoint(text: string): StartPoint {
  if (text === 'earliest') return { at: 'earliest' }
  const match = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text)
  // A time without a zone would be the machine's own; a day is UTC by the language's rule.
  const timestampMs = match ? Date.parse(match[1] && !match[4] ? `${text}Z` : text) : Number.NaN
  // A day that does not exist rolls over to the next month in the language; here it is a mistake.
  const day = Number(text.slice(8, 10))
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  if (Number.isNaN(timestampMs) || day > lastDay) {
    throw new Error('must be `earliest`, a day such as 2026-11-21, or a time such as 2026-11-21T09:30:00Z')
  }
  return { at: 'time', timestampMs }
}

/** The canonical text of a start point, as dataset.json stores it. */
export function startPointText(from: StartPoint): string {
  return from.at === 'earliest' ? 'earliest' : new Date(from.timestampMs).toISOString()
}
