// What an audit expects of compacted hours: a run's objects have the rows of the claims' objects. Pure.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import { type Manifest, replacedKeys } from '@ticklake/contract/compaction.ts'
import { hourPrefix, runPrefix } from '@ticklake/contract/keys.ts'
import type { CompactedHour } from '@ticklake/lake/manifests.ts'
import { hourName, hourOfKey } from '@ticklake/lake/partitions.ts'
import { rangeOfRunFile } from '@ticklake/lake/run-file.ts'
import type { ClaimedObject } from './chain-check.ts'
import { counted, type Finding, finding } from './finding.ts'

export interface CompactionFacts {
  readonly lake: Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset'>
  readonly claimed: ReadonlyMap<string, ClaimedObject>
  readonly compactedHours: readonly CompactedHour[]
  /** Keys of the objects in which Athena found rows. */
  readonly read: ReadonlySet<string>
  readonly listed: readonly string[]
}

export interface CompactionResult {
  readonly claimed: ReadonlyMap<string, ClaimedObject>
  readonly listed: readonly string[]
  /** Rows that landed in a compacted hour and are not merged yet: in the bucket, but read by no table. */
  readonly lateRows: number
  readonly lateHours: ReadonlySet<string>
  readonly findings: readonly Finding[]
}

/** Replaces the objects of claims by those that tables read instead, hour by hour. */
export function throughManifests(facts: CompactionFacts): CompactionResult {
  const claimed = new Map(facts.claimed)
  const listed = new Set(facts.listed)
  const findings: Finding[] = []
  const lateHours = new Set<string>()
  let lateRows = 0
  for (const hour of facts.compactedHours) {
    const newest = hour.manifests.at(-1)!
    // Replaced objects may exist until they are deleted, or because a zombie wrote them again. No table reads them.
    const everReplaced = replacedKeys(newest)
    for (const key of facts.listed) if (everReplaced.has(key)) listed.delete(key)
    const manifest = manifestInUse(facts, hour)
    if (!manifest) continue
    const replaced = new Map(
      manifest.files.flatMap((file) => file.replaced.map(({ key, rows }) => [key, rows])),
    )
    const name = hourName(manifest)
    for (const [key, file] of facts.claimed) {
      if (nameOf(facts, key) !== name) continue
      const rows = replaced.get(key)
      if (rows !== undefined) {
        claimed.delete(key)
        if (rows !== file.rows) findings.push(disagreement(manifest, key, rows, file.rows))
      } else if (facts.listed.includes(key)) {
        claimed.delete(key)
        listed.delete(key)
        lateRows += file.rows
        lateHours.add(name)
      }
    }
    for (const { key, rows } of manifest.files) claimed.set(key, { key, rows, ...rangeOfRunFile(key) })
  }
  return { claimed, listed: [...listed], lateRows, lateHours, findings }
}

/**
 * The manifest of the run that Athena read: during a switch not yet the newest one, and none before the first. If
 * nothing is read of a switched hour, its run is lost.
 */
function manifestInUse(
  { lake, read }: CompactionFacts,
  { manifests, isMarked }: CompactedHour,
): Manifest | undefined {
  const newest = manifests.at(-1)!
  const isRead = (prefix: string) => [...read].some((key) => key.startsWith(prefix))
  const inUse = manifests.findLast((manifest) => isRead(runPrefix(lake, manifest, manifest.run)))
  if (inUse) return inUse
  return isMarked && !isRead(hourPrefix(lake, newest)) ? newest : undefined
}

function disagreement({ dt, hour, seq }: Manifest, key: string, said: number, claimed: number): Finding {
  return finding(
    'chain',
    `the manifest ${seq} of ${dt} ${hour}:00 says that ${key} had ${counted(said, 'row')}, but its claims say ${claimed}`,
    'find out who wrote the manifest: compaction checks each object against its claim',
    { lost: Math.max(0, claimed - said) },
  )
}

function nameOf({ lake }: CompactionFacts, key: string): string | undefined {
  const hour = hourOfKey(lake, key)
  return hour && hourName(hour)
}
