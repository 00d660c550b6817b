// Where a dataset begins: at the first record that Kafka still has, or at a time; without it at offset 0.

export type StartPoint = { readonly at: 'earliest' } | { readonly at: 'time'; readonly timestampMs: number }

/** The start point that dataset.json stores, and how to get each partition's initial offset. */
export type StoredStartPoint = StartPoint & {
  /**
   * Stores the initial offset of a partition, once. @param seen where it would begin according to Kafka now @returns
   * the initial offset that was stored first, by any consumer
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
  // JavaScript would read a time without a zone as local time, and a day as UTC.
  const timestampMs = match ? Date.parse(match[1] && !match[4] ? `${text}Z` : text) : Number.NaN
  // JavaScript rolls a day that does not exist over to the next month; here it is an error.
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
