// Lists the table's objects hour by hour, with a digest that identifies an unchanged hour.

import { createHash } from 'node:crypto'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket, Listed } from '@ticklake/aws/s3.ts'
import {
  compactedPrefix,
  type HourPath,
  type Lake,
  parseCompactedKey,
  tablePrefix,
} from '@ticklake/contract/keys.ts'
import { hourName, hourOfKey } from './partitions.ts'

export interface ListedHour {
  /** `2026-11-21-09`; undefined: the objects are outside all hours */
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
  const after = startAfter === undefined ? undefined : hourOfKey(lake, startAfter)
  const compacted = await listRuns(bucket, lake, after)
  /** Compacted hours with an empty folder come in time order too. */
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
    addListed(group, listed)
    if (isVisible(listed.key) && (lake.format !== 'json-object' || !hour)) group.keys.push(listed.key)
  }
  if (group.objects > 0) yield closeGroup(group)
  yield* before(undefined)
}

/** The objects of compaction's runs by the name of their hour, hours ascending, after the hour `after`. */
export async function listRuns(bucket: Bucket, lake: Lake, after?: HourPath): Promise<Map<string, Listed[]>> {
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

/** The hours that have a folder below the table, by name, ascending. */
export async function listHourFolders(bucket: Bucket, lake: Lake): Promise<Map<string, HourPath>> {
  const hours = new Map<string, HourPath>()
  for await (const day of bucket.folders(tablePrefix(lake))) {
    for await (const folder of bucket.folders(day)) {
      const hour = hourOfKey(lake, folder)
      if (hour) hours.set(hourName(hour), hour)
    }
  }
  return hours
}

interface Group extends Omit<ListedHour, 'digest'> {
  readonly digest: ListingDigest
  objects: number
  bytes: number
  readonly keys: string[]
}

function newGroup(lake: LakeConfig, hour: string | undefined): Group {
  return { hour, digest: new ListingDigest(lake), objects: 0, bytes: 0, keys: [] }
}

function addListed(group: Group, listed: Listed): void {
  group.digest.add(listed)
  group.objects++
  group.bytes += listed.size
}

function addCompacted(group: Group, objects: readonly Listed[]): Group {
  for (const listed of objects) addListed(group, listed)
  return group
}

function closeGroup({ digest, ...group }: Group): ListedHour {
  return { ...group, digest: digest.text() }
}

/** Athena ignores names that begin with `_` or `.`; a key with a slash at its end is a console's folder. */
function isVisible(key: string): boolean {
  const name = key.slice(key.lastIndexOf('/') + 1)
  return name !== '' && !name.startsWith('_') && !name.startsWith('.')
}

/** A digest of an hour's listing: names, sizes and contents of its objects, as the given table shows them. */
class ListingDigest {
  readonly #hash

  constructor(lake: Pick<LakeConfig, 'database' | 'table'>) {
    this.#hash = createHash('sha256').update(`1 ${lake.database}.${lake.table}\n`)
  }

  add({ key, size, etag }: Listed): void {
    this.#hash.update(`${key} ${size} ${etag}\n`)
  }

  /** 32 hex digits; ends the digest. */
  text(): string {
    return this.#hash.digest('hex').slice(0, 32)
  }
}
