// Writes manifests of compacted hours, and records that tables were switched to them. Only for compaction.

import type { Bucket } from '@ticklake/aws/s3.ts'
import type { Manifest } from '@ticklake/contract/compaction.ts'
import { type Lake, manifestKey, switchedKey } from '@ticklake/contract/keys.ts'
import { type NewestManifest, readManifest } from '../manifests.ts'

/** Writes the manifest unless its number is taken; false: another run was first, and its manifest counts. */
export async function putManifest(bucket: Bucket, lake: Lake, manifest: Manifest): Promise<boolean> {
  const { dt, hour, seq, run } = manifest
  if (await bucket.putOnce(manifestKey(lake, { dt, hour }, seq), `${JSON.stringify(manifest)}\n`)) return true
  // It may be this one, stored by an earlier attempt whose answer was lost.
  return (await readManifest(bucket, lake, { dt, hour, seq })).run === run
}

/** Records that every table reads the manifest's run. */
export async function markSwitched(
  bucket: Bucket,
  lake: Lake,
  { seq, ...path }: NewestManifest,
): Promise<void> {
  await bucket.putOnce(switchedKey(lake, path, seq), `${JSON.stringify({ v: 1 })}\n`)
}
