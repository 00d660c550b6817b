// Reads the manifests of compacted hours: the newest of each hour, and since when all tables read its run.

import { type Manifest, parseManifest } from '@ticklake/contract/compaction.ts'
import {
  type HourPath,
  type Lake,
  manifestKey,
  manifestsPrefix,
  parseManifestKey,
  runPrefix,
  switchedKey,
} from '@ticklake/contract/keys.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { ObjectSource } from './object-source.ts'
import { hourName } from './partitions.ts'

/** The manifests of an hour, and whether all tables were switched to the newest one. */
export interface CompactedHour {
  /** Ascending by number. */
  readonly manifests: readonly Manifest[]
  readonly isMarked: boolean
}

export interface NewestManifest extends HourPath {
  readonly seq: number
}

/** The newest manifest of each compacted hour by the hour's name; one LIST request for 1,000 of them. */
export async function listManifests(source: ObjectSource, lake: Lake): Promise<Map<string, NewestManifest>> {
  const newest = new Map<string, NewestManifest>()
  for await (const { key } of source.list(manifestsPrefix(lake))) {
    const named = parseManifestKey(lake, key)
    // Newest first within an hour.
    if (named && !newest.has(hourName(named))) newest.set(hourName(named), named)
  }
  return newest
}

/** @throws Failure MANIFEST_UNREADABLE */
export async function readManifest(
  source: ObjectSource,
  lake: Lake,
  { dt, hour, seq }: NewestManifest,
): Promise<Manifest> {
  const key = manifestKey(lake, { dt, hour }, seq)
  const stored = await source.text(key)
  try {
    if (!stored) throw new Error('it was listed, but does not exist')
    return parseManifest(stored.text)
  } catch (error) {
    throw new Failure({
      code: 'MANIFEST_UNREADABLE',
      what: `the manifest ${key} is unreadable; nothing of its hour is changed`,
      why: reasonOf(error),
      remedy: 'restore it as it was written, or run the release that wrote it; never delete a manifest',
      cause: error,
    })
  }
}

/**
 * Whether it is recorded that every table reads the manifest's run, and how long ago that was, if the bucket's clock
 * says.
 */
export async function readMark(
  source: ObjectSource,
  lake: Lake,
  { seq, ...path }: NewestManifest,
): Promise<{ readonly isMarked: boolean; readonly ageMs: number | undefined }> {
  const stored = await source.text(switchedKey(lake, path, seq))
  return { isMarked: stored !== undefined, ageMs: stored?.ageMs }
}

/** All manifests of these hours, for an audit: during a switch tables may still read the previous one's run. */
export async function readCompactedHours(
  source: ObjectSource,
  lake: Lake,
  isWanted: (hour: string) => boolean,
): Promise<CompactedHour[]> {
  const hours: CompactedHour[] = []
  for (const [name, newest] of await listManifests(source, lake)) {
    if (!isWanted(name)) continue
    const manifests: Manifest[] = []
    for (let seq = 1; seq <= newest.seq; seq++)
      manifests.push(await readManifest(source, lake, { ...newest, seq }))
    hours.push({ manifests, isMarked: (await readMark(source, lake, newest)).isMarked })
  }
  return hours
}

/** A compacted hour's location in a table. */
export function runLocation(
  lake: Lake & { readonly bucket: string },
  manifest: HourPath & { readonly run: string },
): string {
  return `s3://${lake.bucket}/${runPrefix(lake, manifest, manifest.run)}`
}
