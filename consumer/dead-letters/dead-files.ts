// Reads the refused records of a dataset from its dead files: they are the record, the dead-letter topic only tells.
import type { Lake } from '@ticklake/contract/keys.ts'
import { allLetters, type DeadLetter, listDeadFiles } from '@ticklake/lake/dead-files.ts'
import type { ObjectStore } from '../s3.ts'
import type { Origin } from './letter.ts'

/** Which of the letters are meant; what is absent is not asked for. */
export interface LetterFilter {
  readonly reasons?: readonly string[]
  readonly partitions?: readonly number[]
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  readonly origins?: readonly Origin[]
}

/** Letters by partition and offset; a file is read when its name says that it may hold one. */
export async function* readLetters(
  store: ObjectStore,
  lake: Lake,
  filter: LetterFilter,
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
    for (const letter of allLetters(key, (await store.text(key))?.text)) {
      if (isMeant(letter, filter)) yield letter
    }
  }
}

/** Pure: whether the filter lets the letter through. */
export function isMeant(
  letter: DeadLetter,
  { reasons, partitions, sinceMs, untilMs, origins }: LetterFilter,
): boolean {
  if (reasons && !reasons.includes(letter.reason)) return false
  if (partitions && !partitions.includes(letter.partition)) return false
  // A record without a time lies in no span of time.
  if (sinceMs !== undefined && !(letter.timestampMs !== null && letter.timestampMs >= sinceMs)) return false
  if (untilMs !== undefined && !(letter.timestampMs !== null && letter.timestampMs < untilMs)) return false
  return !origins || origins.some((o) => o.partition === letter.partition && o.offset === letter.offset)
}
