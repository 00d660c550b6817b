// The manifests of compacted hours in the bucket: which is the newest of each hour, and since when all tables read it.

import type { Bucket } from '@ticklake/aws/s3.ts'
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
import { hourName } from './partitions.ts'

/** The manifests of the hours that are looked at, and whether the newest of an hour was marked as switched to. */
export interface CompactedHour {
  /** Ascending by number. */
  readonly manifests: readonly Manifest[]
  readonly isMarked: boolean
}

export interface NewestManifest extends HourPath {
  readonly seq: number
}

/** The newest manifest of each compacted hour by the hour's name; one LIST request for 1,000 of them. */
export async function listManifests(bucket: Bucket, lake: Lake): Promise<Map<string, NewestManifest>> {
  const newest = new Map<string, NewestManifest>()
  for await (const { key } of bucket.list(manifestsPrefix(lake))) {
    const named = parseManifestKey(lake, key)
    // Newest first within an hour.
    if (named && !newest.has(hourName(named))) newest.set(hourName(named), named)
  }
  return newest
}

/** @throws Failure MANIFEST_UNREADABLE */
export async function readManifest(
  bucket: Bucket,
  lake: Lake,
  { dt, hour, seq }: NewestManifest,
): Promise<Manifest> {
  const key = manifestKey(lake, { dt, hour }, seq)
  const stored = await bucket.text(key)
  try {
    if (!stored) throw new Error('it was listed, but is not there')
    return parseManifest(stored.text)
  } catch (error) {
    throw new Failure({
      code: 'MANIFEST_UNREADABLE',
      what: `the manifest ${key} cannot be understood; nothing is done to its hour`,
      why: reasonOf(error),
      remedy: 'put it back as it was written, or run the release that wrote it; never delete a manifest',
      cause: error,
    })
  }
}

/** Writes the manifest unless there is one of its number; false: another run was first, and counts. */
export async function putManifest(bucket: Bucket, lake: Lake, manifest: Manifest): Promise<boolean> {
  const { dt, hour, seq, run } = manifest
  if (await bucket.putOnce(manifestKey(lake, { dt, hour }, seq), `${JSON.stringify(manifest)}\n`)) return true
  // It may be this one: stored by an earlier attempt whose answer was lost.
  return (await readManifest(bucket, lake, { dt, hour, seq })).run === run
}

/** Writes down that every table reads the manifest's run. */
export async function markSwitched(
  bucket: Bucket,
  lake: Lake,
  { seq, ...path }: NewestManifest,
): Promise<void> {
  await bucket.putOnce(switchedKey(lake, path, seq), `${JSON.stringify({ v: 1 })}\n`)
}

/** Whether that was written down, and how long ago where the bucket's clock tells it. */
export async function readMark(
  bucket: Bucket,
  lake: Lake,
  { seq, ...path }: NewestManifest,
): Promise<{ readonly isMarked: boolean; readonly ageMs: number | undefined }> {
  const stored = await bucket.text(switchedKey(lake, path, seq))
  return { isMarked: stored !== undefined, ageMs: stored?.ageMs }
}

/** All manifests of these hours, for an audit: in the moment of a switch tables may still read the one before. */
export async function readCompactedHours(
  bucket: Bucket,
  lake: Lake,
  isLookedAt: (hour: string) => boolean,
): Promise<CompactedHour[]> {
  const hours: CompactedHour[] = []
  for (const [name, newest] of await listManifests(bucket, lake)) {
    if (!isLookedAt(name)) continue
    const manifests: Manifest[] = []
    for (let seq = 1; seq <= newest.seq; seq++)
      manifests.push(await readManifest(bucket, lake, { ...newest, seq }))
    hours.push({ manifests, isMarked: (await readMark(bucket, lake, newest)).isMarked })
  }
  return hours
}

/** Where a table has the hour once it is compacted. */
export function runLocation(
  lake: Lake & { readonly bucket: string },
  manifest: HourPath & { readonly run: string },
): string {
  return `s3://${lake.bucket}/${runPrefix(lake, manifest, manifest.run)}`
}
