// Reads the rejected records of a dataset from its dead-letter files, which have each of them once.
import type { Lake } from '@ticklake/contract/keys.ts'
import { allDeadLetters, type DeadLetter, listDeadFiles } from '@ticklake/lake/dead-files.ts'
import type { ObjectStore } from '../s3.ts'
import type { Origin } from './displayed-record.ts'

/** Which rejected records to read; an absent field does not filter. */
export interface DeadLetterFilter {
  readonly reasons?: readonly string[]
  readonly partitions?: readonly number[]
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  readonly origins?: readonly Origin[]
}

/** By partition and offset; a file is read only if its name says that it may contain one. */
export async function* readDeadLetters(
  store: ObjectStore,
  lake: Lake,
  filter: DeadLetterFilter,
): AsyncGenerator<DeadLetter> {
  for await (const { key, range } of listDeadFiles(store, lake)) {
    if (!range) continue
    const { partitions, origins } = filter
    if (partitions && !partitions.includes(range.partition)) continue
    if (
      origins &&
      !origins.some((o) => o.partition === range.partition && o.offset >= range.S && o.offset < range.E)
    ) {
      continue
    }
    for (const deadLetter of allDeadLetters(key, (await store.text(key))?.text)) {
      if (passes(deadLetter, filter)) yield deadLetter
    }
  }
}

/** Pure: whether the record passes the filter. */
export function passes(
  deadLetter: DeadLetter,
  { reasons, partitions, sinceMs, untilMs, origins }: DeadLetterFilter,
): boolean {
  if (reasons && !reasons.includes(deadLetter.reason)) return false
  if (partitions && !partitions.includes(deadLetter.partition)) return false
  // A record without a timestamp is in no time range.
  if (sinceMs !== undefined && !(deadLetter.timestampMs !== null && deadLetter.timestampMs >= sinceMs))
    return false
  if (untilMs !== undefined && !(deadLetter.timestampMs !== null && deadLetter.timestampMs < untilMs))
    return false
  return (
    !origins || origins.some((o) => o.partition === deadLetter.partition && o.offset === deadLetter.offset)
  )
}
