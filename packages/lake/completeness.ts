// Whether a claim is complete: the one rule, for recovery, audit, compaction, lag and dashboard.
import type { Claim, ClaimFile } from '@ticklake/contract/claim.ts'
import { replacedKeys } from '@ticklake/contract/compaction.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import {
  deadKey,
  manifestPrefix,
  offsetDigits,
  parseDataKey,
  parseManifestKey,
} from '@ticklake/contract/keys.ts'
import { readManifest } from './manifests.ts'
import { firstKey, type ObjectSource } from './object-source.ts'

/**
 * Whether every row of the claim is in the lake, and its dead-letter file is there. A row is in the object that the
 * claim names or, once its hour is compacted, in the one with which the newest manifest replaces it.
 * @throws Failure MANIFEST_UNREADABLE
 */
export async function isComplete(source: ObjectSource, lake: Lake, claim: Claim): Promise<boolean> {
  // The dead-letter file is written last: if it is missing, nothing else needs to be checked.
  if (claim.dead > 0 && !(await source.exists(deadKey(lake, claim)))) return false
  for (const file of claim.files) {
    const isThere = file.key.includes('{offset}')
      ? (await countRecords(source, lake, claim, file)) === file.rows
      : (await source.exists(file.key)) || (await isReplaced(source, lake, file.key))
    if (!isThere) return false
  }
  return true
}

/** Whether the newest manifest of the object's hour replaces it. */
async function isReplaced(source: ObjectSource, lake: Lake, key: string): Promise<boolean> {
  const path = parseDataKey(lake, key)
  const newest = path && (await firstKey(source, manifestPrefix(lake, path)))
  const named = newest && parseManifestKey(lake, newest)
  return named ? replacedKeys(await readManifest(source, lake, named)).has(key) : false
}

/** How many of the claim's records have an object in the hour of this template (format json-object). */
async function countRecords(
  source: ObjectSource,
  lake: Lake,
  claim: Claim,
  { key }: ClaimFile,
): Promise<number> {
  const prefix = key.slice(0, key.indexOf('{offset}'))
  const end = prefix + offsetDigits(claim.E)
  let count = 0
  // `startAfter` sorts right before the first record's key, which continues with `.json`.
  for await (const listed of source.list(prefix, { startAfter: prefix + offsetDigits(claim.S) })) {
    if (listed.key >= end) break
    if (parseDataKey(lake, listed.key)) count++
  }
  return count
}
