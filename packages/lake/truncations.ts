// Which partitions are refused: of the recorded truncations, those that still count.

import { type Lake, parseTruncationKey, truncationsPrefix, withdrawalKey } from '@ticklake/contract/keys.ts'
import { newestLinks } from './claims.ts'
import type { ObjectSource } from './object-source.ts'

/** A recorded truncation. */
export interface Truncation {
  readonly key: string
  readonly topicId: string
  readonly partition: number
  readonly era: number
  /** Whether it still counts: it was not withdrawn, and the chain has not continued in a later era. */
  readonly isOpen: boolean
}

/**
 * The recorded truncations of a dataset, in the order of keys.
 * @param topicId only those of this topic, and no claim of another one is read
 * @throws Failure CLAIM_UNREADABLE for an object among the claims without a claim's name
 */
export async function readTruncations(
  source: ObjectSource,
  lake: Lake,
  topicId?: string,
): Promise<Truncation[]> {
  const keys = new Set<string>()
  for await (const { key } of source.list(truncationsPrefix(lake))) keys.add(key)
  const truncations: Truncation[] = []
  for (const key of keys) {
    const named = parseTruncationKey(key)
    if (!named || (topicId !== undefined && named.topicId !== topicId)) continue
    const isOpen = !keys.has(withdrawalKey(key)) && !((await newestEra(source, lake, named)) > named.era)
    truncations.push({ key, ...named, isOpen })
  }
  return truncations
}

/** The era of the newest claim; an unreadable claim is of none. */
async function newestEra(
  source: ObjectSource,
  lake: Lake,
  { topicId, partition }: Pick<Truncation, 'topicId' | 'partition'>,
): Promise<number> {
  for await (const { claim } of newestLinks(source, lake, topicId, partition)) return claim?.era?.number ?? 0
  return 0
}
