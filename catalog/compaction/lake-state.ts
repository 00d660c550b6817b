// Looks at the lake for compaction: how far each chain is, and what there is of each closed hour.

import type { SteadyClock } from '@ticklake/aws/bucket-clock.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type Claim, parseClaim } from '@ticklake/contract/claim.ts'
import { type HourFacts, type Manifest, replacedKeys, type Source } from '@ticklake/contract/compaction.ts'
import {
  claimKey,
  claimsPrefix,
  compactedPrefix,
  type HourPath,
  hourPrefix,
  manifestPrefix,
  parseCompactedKey,
  parseDataKey,
  parseManifestKey,
  tablePrefix,
} from '@ticklake/contract/keys.ts'
import type { TopicState } from '@ticklake/kafka/topic.ts'
import { isComplete } from '@ticklake/lake/claims.ts'
import {
  listManifests,
  type NewestManifest,
  readManifest,
  readMark,
  runLocation,
} from '@ticklake/lake/manifests.ts'
import { hourName, hourOfKey } from '@ticklake/lake/partitions.ts'
import { rangeOfRunFile } from '@ticklake/lake/run-file.ts'
import type { TableName } from '@ticklake/lake/tables.ts'

const HOUR_MS = 3_600_000
/** Brokers' clocks differ a little: an hour may be over for good this long after its end. */
const MARGIN_MS = 600_000
const GETS_AT_ONCE = 32

/** Where the chain of a partition is. */
export interface ChainEnd {
  readonly partition: number
  /** The newest claim whose objects are all there; undefined: nothing has landed yet. */
  readonly newest: Claim | undefined
  /** Where the topic ends. */
  readonly end: number
}

/** What one pass sees of the whole dataset. */
export interface LakeView {
  readonly topicId: string
  readonly chains: readonly ChainEnd[]
  /** Hours with objects in their own folder, by name. */
  readonly rawHours: ReadonlyMap<string, HourPath>
  readonly manifests: ReadonlyMap<string, NewestManifest>
  /** Objects of all runs, by hour. */
  readonly compacted: ReadonlyMap<string, readonly string[]>
  /** Where each table has each hour. */
  readonly tables: readonly (TableName & { readonly locations: ReadonlyMap<string, string> })[]
}

/** The end of every chain. The topic's end is asked before, so that nothing of it can be missed. */
export async function lookAtChains(bucket: Bucket, lake: LakeConfig, topic: TopicState): Promise<ChainEnd[]> {
  return Promise.all(
    topic.partitions.map(async ({ partition, end }) => {
      const keys: string[] = []
      for await (const { key } of bucket.list(claimsPrefix(lake, topic.topicId, partition), { limit: 2 }))
        keys.push(key)
      for (const key of keys) {
        const claim = parseClaim((await bucket.text(key))!.text)
        // The one before the newest is complete: claims are written one after the other.
        if (key !== keys[0] || (await isComplete(bucket, lake, claim)))
          return { partition, newest: claim, end }
      }
      return { partition, newest: undefined, end }
    }),
  )
}

/** Hours that have objects in their own folder, and those of runs. */
export async function lookAtFolders(
  bucket: Bucket,
  lake: LakeConfig,
): Promise<Pick<LakeView, 'rawHours' | 'manifests' | 'compacted'>> {
  const rawHours = new Map<string, HourPath>()
  for await (const day of bucket.folders(tablePrefix(lake))) {
    for await (const folder of bucket.folders(day)) {
      const hour = hourOfKey(lake, folder)
      if (hour) rawHours.set(hourName(hour), hour)
    }
  }
  const compacted = new Map<string, string[]>()
  for await (const { key } of bucket.list(compactedPrefix(lake))) {
    const named = parseCompactedKey(lake, key)
    if (!named) continue
    const keys = compacted.get(hourName(named))
    if (keys) keys.push(key)
    else compacted.set(hourName(named), [key])
  }
  return { rawHours, manifests: await listManifests(bucket, lake), compacted }
}

/** The same for one hour, after a step that may have changed it. */
export async function lookAtHourFolders(
  bucket: Bucket,
  lake: LakeConfig,
  view: Pick<LakeView, 'rawHours' | 'manifests' | 'compacted'>,
  path: HourPath,
): Promise<Pick<LakeView, 'rawHours' | 'manifests' | 'compacted'>> {
  const name = hourName(path)
  const rawHours = new Map(view.rawHours)
  rawHours.delete(name)
  for await (const _ of bucket.list(hourPrefix(lake, path), { limit: 1 })) rawHours.set(name, path)
  const manifests = new Map(view.manifests)
  for await (const { key } of bucket.list(manifestPrefix(lake, path), { limit: 1 })) {
    const named = parseManifestKey(lake, key)
    if (named) manifests.set(name, named)
  }
  const keys: string[] = []
  for await (const { key } of bucket.list(`${compactedPrefix(lake)}${path.dt}/${path.hour}/`)) keys.push(key)
  return { rawHours, manifests, compacted: new Map(view.compacted).set(name, keys) }
}

/**
 * Whether every chain is past the hour. Only claims before each newest complete one may be compacted, so that one has
 * no file in the hour; and either it is of a later hour, or the topic holds nothing that is not claimed.
 */
export function isPast(lake: LakeConfig, name: string, chains: readonly ChainEnd[], nowMs: number): boolean {
  const endMs = Date.parse(`${name.slice(0, 10)}T${name.slice(11)}:00:00Z`) + HOUR_MS
  if (nowMs < endMs + MARGIN_MS) return false
  return chains.every(({ newest, end }) => {
    if (!newest) return end === 0
    const hours = newest.files.flatMap(({ key }) => hourOfKey(lake, key) ?? []).map(hourName)
    return !hours.includes(name) && (hours.some((hour) => hour > name) || newest.E >= end)
  })
}

/** Whether an hour that a chain is not past waits for nothing but rows to come: all that the topic holds has landed. */
export function waitsForRows(lake: LakeConfig, name: string, chains: readonly ChainEnd[]): boolean {
  return chains.every(({ newest, end }) => {
    if (!newest || newest.E >= end) return (newest?.E ?? 0) >= end
    return newest.files.some(({ key }) => {
      const hour = hourOfKey(lake, key)
      return hour !== undefined && hourName(hour) > name
    })
  })
}

/** What there is of one hour. `settledMs`: so long after the switch the old objects are read by nobody. */
/**
 * What there is of one hour. `settledMs`: so long after the switch the old objects are read by nobody.
 * @throws Failure BUCKET_CLOCK when the bucket does not tell the time
 */
export async function lookAtHour(
  bucket: Bucket,
  lake: LakeConfig,
  view: LakeView,
  path: HourPath,
  { clock, settledMs }: { clock: SteadyClock; settledMs: number },
): Promise<HourFacts> {
  const name = hourName(path)
  const newest = view.manifests.get(name)
  const manifest = newest && (await readManifest(bucket, lake, newest))
  const { raw, strays } = await readRaw(bucket, lake, view, path, manifest)
  const mark = newest && (await readMark(bucket, lake, newest))
  const location = manifest && runLocation(lake, manifest)
  return {
    // Asked after the mark was read, so that the answer which told its age is among those that must agree.
    isPast: isPast(lake, name, view.chains, clock.nowMs()),
    raw,
    strays,
    manifest,
    compacted: manifest ? manifest.files.map((file) => ({ ...file, ...rangeOfRunFile(file.key) })) : [],
    isMarked: mark?.isMarked ?? false,
    isSettled: mark?.ageMs !== undefined && mark.ageMs >= settledMs,
    isSwitched: view.tables.every(({ locations }) => locations.get(name) === location),
    leftovers: manifest
      ? (view.compacted.get(name) ?? []).filter((key) => {
          const run = parseCompactedKey(lake, key)!
          return run.seq <= manifest.seq && run.run !== manifest.run
        })
      : [],
  }
}

async function readRaw(
  bucket: Bucket,
  lake: LakeConfig,
  view: LakeView,
  path: HourPath,
  manifest: Manifest | undefined,
): Promise<{ raw: Source[]; strays: string[] }> {
  const raw: Source[] = []
  const strays: string[] = []
  if (!view.rawHours.has(hourName(path))) return { raw, strays }
  const replaced = manifest ? replacedKeys(manifest) : new Set()
  const below = new Map(view.chains.map(({ partition, newest }) => [partition, newest?.S ?? 0]))
  const unknown: { key: string; topicId: string; partition: number; S: number; E: number }[] = []
  for await (const { key } of bucket.list(hourPrefix(lake, path))) {
    const range = parseDataKey(lake, key)
    if (!range || range.topicId !== view.topicId || !below.has(range.partition)) strays.push(key)
    else if (replaced.has(key)) raw.push({ ...range, key, rows: 0, replaced: [] })
    else if (range.S < below.get(range.partition)!) unknown.push({ ...range, key })
  }
  for (let start = 0; start < unknown.length; start += GETS_AT_ONCE) {
    await Promise.all(
      unknown.slice(start, start + GETS_AT_ONCE).map(async ({ key, topicId, partition, S, E }) => {
        const claim = await readClaim(bucket, lake, topicId, partition, S)
        const file = claim?.files.find((one) => one.key === key)
        if (file) raw.push({ key, rows: file.rows, topicId, partition, S, E, replaced: [file] })
        else strays.push(key)
      }),
    )
  }
  return { raw, strays }
}

/** The claim that starts there, or undefined when what lies there is none: then its object is promised by nobody. */
async function readClaim(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  partition: number,
  S: number,
): Promise<Claim | undefined> {
  const stored = await bucket.text(claimKey(lake, topicId, partition, S))
  if (!stored) return undefined
  try {
    return parseClaim(stored.text)
  } catch {
    return undefined
  }
}
