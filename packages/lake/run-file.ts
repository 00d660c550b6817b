// The name of a run's object has its range of records, like those of claims' objects.
import type { OffsetRange } from '@ticklake/contract/keys.ts'

/** @throws Error if the key is not an object of a run */
export function rangeOfRunFile(key: string): OffsetRange {
  const match = /\/([0-9a-f]{32})-(\d{5})-(\d{19})-(\d{19})\.[a-z.]+$/.exec(key)
  if (!match) throw new Error(`${key} is not an object of a run`)
  return { topicId: match[1]!, partition: Number(match[2]), S: Number(match[3]), E: Number(match[4]) }
}
