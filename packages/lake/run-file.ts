// The name of an object of a run says which records it holds, as those of claims do.
import type { OffsetRange } from '@ticklake/contract/keys.ts'

/** @throws Error when the key is no object of a run */
export function rangeOfRunFile(key: string): OffsetRange {
  const match = /\/([0-9a-f]{32})-(\d{5})-(\d{19})-(\d{19})\.[a-z.]+$/.exec(key)
  if (!match) throw new Error(`${key} is no object of a run`)
  return { topicId: match[1]!, partition: Number(match[2]), S: Number(match[3]), E: Number(match[4]) }
}
