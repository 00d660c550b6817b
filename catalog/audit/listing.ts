// Lists the table's folder hour by hour: what lies there, and whether it is what it was when it was found right.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket, Listed } from '@ticklake/aws/s3.ts'
import { compactedPrefix, parseCompactedKey, tablePrefix } from '@ticklake/contract/keys.ts'
import { hourName, hourOfKey } from '@ticklake/lake/partitions.ts'
import { ListingDigest } from './hour-verification.ts'

export interface ListedHour {
  /** `2026-11-21-09`; undefined: the objects lie in no hour */
  readonly hour: string | undefined
  readonly digest: string
  readonly objects: number
  readonly bytes: number
  /** Without those that Athena ignores; empty in the json-object format, where each record is an object. */
  readonly keys: readonly string[]
}

/**
 * In the order of keys, so hours ascend; memory holds the names of one hour. An hour's digest covers its compacted
 * objects too, but its keys are those of its own folder alone.
 */
export async function* listHours(
  bucket: Bucket,
  lake: LakeConfig,
  startAfter?: string,
): AsyncGenerator<ListedHour> {
  const compacted = await listCompacted(bucket, lake, startAfter)
  /** Compacted hours whose own folder is empty come where they belong in time. */
  function* before(hour: string | undefined): Generator<ListedHour> {
    for (const [name, objects] of compacted) {
      if (hour !== undefined && name >= hour) return
      compacted.delete(name)
      yield closeGroup(addCompacted(newGroup(lake, name), objects))
    }
  }
  let group = newGroup(lake, undefined)
  for await (const listed of bucket.list(tablePrefix(lake), startAfter ? { startAfter } : {})) {
    const path = hourOfKey(lake, listed.key)
    const hour = path && hourName(path)
    if (hour !== group.hour) {
      if (group.objects > 0) yield closeGroup(group)
      if (hour) yield* before(hour)
      group = newGroup(lake, hour)
      if (hour) addCompacted(group, compacted.get(hour) ?? [])
      if (hour) compacted.delete(hour)
    }
    group.digest.add(listed)
    group.objects++
    group.bytes += listed.size
    if (isVisible(listed.key) && (lake.format !== 'json-object' || !hour)) group.keys.push(listed.key)
  }
  if (group.objects > 0) yield closeGroup(group)
  yield* before(undefined)
}

/** The objects of runs by hour, hours ascending, from the one after `startAfter` on. */
async function listCompacted(
  bucket: Bucket,
  lake: LakeConfig,
  startAfter: string | undefined,
): Promise<Map<string, Listed[]>> {
  const after = startAfter === undefined ? undefined : hourOfKey(lake, startAfter)
  const found = new Map<string, Listed[]>()
  const from = after ? { startAfter: `${compactedPrefix(lake)}${after.dt}/${after.hour}/~` } : {}
  for await (const listed of bucket.list(compactedPrefix(lake), from)) {
    const path = parseCompactedKey(lake, listed.key)
    if (!path) continue
    const objects = found.get(hourName(path))
    if (objects) objects.push(listed)
    else found.set(hourName(path), [listed])
  }
  return found
}

function addCompacted(group: ReturnType<typeof newGroup>, objects: readonly Listed[]) {
  for (const listed of objects) {
    group.digest.add(listed)
    group.objects++
    group.bytes += listed.size
  }
  return group
}

function newGroup(lake: LakeConfig, hour: string | undefined) {
  return { hour, digest: new ListingDigest(lake), objects: 0, bytes: 0, keys: [] as string[] }
}

function closeGroup({ hour, digest, objects, bytes, keys }: ReturnType<typeof newGroup>): ListedHour {
  return { hour, digest: digest.text(), objects, bytes, keys }
}

/** Athena ignores names that begin with `_` or `.`; a key with a slash at its end is a console's folder. */
function isVisible(key: string): boolean {
  const name = key.slice(key.lastIndexOf('/') + 1)
  return name !== '' && !name.startsWith('_') && !name.startsWith('.')
}
