// Reads the state of the lake for compaction: how far each chain is, and the objects of each hour.

import type { SteadyClock } from '@ticklake/aws/bucket-clock.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type HourFacts, type Manifest, replacedKeys, type Source } from '@ticklake/contract/compaction.ts'
import {
  compactedPrefix,
  type HourPath,
  hourPrefix,
  manifestPrefix,
  type OffsetRange,
  parseCompactedKey,
  parseDataKey,
  parseManifestKey,
} from '@ticklake/contract/keys.ts'
import type { TopicState } from '@ticklake/kafka/topic.ts'
import { readChainTail } from '@ticklake/lake/chain-tail.ts'
import { readClaimAt, usableClaim } from '@ticklake/lake/claims.ts'
import { type ChainProgress, hoursOfClaim, isClosed } from '@ticklake/lake/closed-hours.ts'
import { listHourFolders, listRuns } from '@ticklake/lake/listing.ts'
import {
  listManifests,
  type NewestManifest,
  readManifest,
  readMark,
  runLocation,
} from '@ticklake/lake/manifests.ts'
import { firstKey } from '@ticklake/lake/object-source.ts'
import { hourName } from '@ticklake/lake/partitions.ts'
import { rangeOfRunFile } from '@ticklake/lake/run-file.ts'
import type { TableName } from '@ticklake/lake/tables.ts'

const GETS_AT_ONCE = 32

/** The dataset as seen by one pass. */
export interface LakeState extends Folders {
  readonly topicId: string
  readonly chains: readonly ChainProgress[]
  /** Where each table has each hour. */
  readonly tables: readonly (TableName & { readonly locations: ReadonlyMap<string, string> })[]
}

export interface Folders {
  /** Hours with objects in their own folder, by name. */
  readonly rawHours: ReadonlyMap<string, HourPath>
  readonly manifests: ReadonlyMap<string, NewestManifest>
  /** Objects of all runs, by hour. */
  readonly compacted: ReadonlyMap<string, readonly string[]>
}

/**
 * How far every chain is. `topic` must be read before, so that later claims are past its end.
 * @throws Failure CLAIM_UNREADABLE
 */
export async function readProgress(
  bucket: Bucket,
  lake: LakeConfig,
  { topicId, partitions }: TopicState,
): Promise<ChainProgress[]> {
  return Promise.all(
    partitions.map(async ({ partition, end }) => {
      const tail = await readChainTail(bucket, lake, topicId, partition)
      const { newest, complete, landedOffset, shift } = tail
      if (newest) usableClaim(newest, 'nothing is compacted')
      return { partition, newest: complete, landedOffset, end: end + shift }
    }),
  )
}

/** Hours that have objects in their own folder, and those of runs. */
export async function readFolders(bucket: Bucket, lake: LakeConfig): Promise<Folders> {
  const rawHours = await listHourFolders(bucket, lake)
  const compacted = new Map<string, string[]>()
  for (const [name, objects] of await listRuns(bucket, lake)) {
    const keys = objects.map(({ key }) => key)
    compacted.set(name, keys)
  }
  return { rawHours, manifests: await listManifests(bucket, lake), compacted }
}

/** The same for one hour, after a step that may have changed it. */
export async function readFoldersOfHour(
  bucket: Bucket,
  lake: LakeConfig,
  before: Folders,
  path: HourPath,
): Promise<Folders> {
  const name = hourName(path)
  const rawHours = new Map(before.rawHours)
  if ((await firstKey(bucket, hourPrefix(lake, path))) === undefined) rawHours.delete(name)
  else rawHours.set(name, path)
  const manifests = new Map(before.manifests)
  const newest = await firstKey(bucket, manifestPrefix(lake, path))
  const named = newest && parseManifestKey(lake, newest)
  if (named) manifests.set(name, named)
  const keys: string[] = []
  for await (const { key } of bucket.list(`${compactedPrefix(lake)}${path.dt}/${path.hour}/`)) keys.push(key)
  return { rawHours, manifests, compacted: new Map(before.compacted).set(name, keys) }
}

/**
 * Whether the hour is closed and has no object of a chain's newest complete claim: only earlier claims are compacted,
 * since recovery may still check the objects of the newest.
 */
function isPast(lake: LakeConfig, name: string, chains: readonly ChainProgress[], nowMs: number): boolean {
  return (
    isClosed(lake, name, chains, nowMs) &&
    chains.every(({ newest }) => !hoursOfClaim(lake, newest).includes(name))
  )
}

/**
 * The objects and manifests of one hour. @param deleteAfterMs how long after the switch no query reads the old objects
 * any more @throws Failure BUCKET_CLOCK when the bucket returns no time
 */
export async function readHour(
  bucket: Bucket,
  lake: LakeConfig,
  state: LakeState,
  path: HourPath,
  { clock, deleteAfterMs }: { clock: SteadyClock; deleteAfterMs: number },
): Promise<HourFacts> {
  const name = hourName(path)
  const newest = state.manifests.get(name)
  const manifest = newest && (await readManifest(bucket, lake, newest))
  const { raw, orphans } = await readRaw(bucket, lake, state, path, manifest)
  const mark = newest && (await readMark(bucket, lake, newest))
  const location = manifest && runLocation(lake, manifest)
  return {
    // Asked after the mark was read, so that the answer that gave its age is among those that must agree.
    isPast: isPast(lake, name, state.chains, clock.nowMs()),
    raw,
    orphans,
    manifest,
    compacted: manifest ? manifest.files.map((file) => ({ ...file, ...rangeOfRunFile(file.key) })) : [],
    isMarked: mark?.isMarked ?? false,
    isUnread: mark?.ageMs !== undefined && mark.ageMs >= deleteAfterMs,
    isSwitched: state.tables.every(({ locations }) => locations.get(name) === location),
    obsolete: manifest
      ? (state.compacted.get(name) ?? []).filter((key) => {
          const run = parseCompactedKey(lake, key)!
          return run.seq <= manifest.seq && run.run !== manifest.run
        })
      : [],
  }
}

async function readRaw(
  bucket: Bucket,
  lake: LakeConfig,
  state: LakeState,
  path: HourPath,
  manifest: Manifest | undefined,
): Promise<{ raw: Source[]; orphans: string[] }> {
  const raw: Source[] = []
  const orphans: string[] = []
  if (!state.rawHours.has(hourName(path))) return { raw, orphans }
  const replaced = manifest ? replacedKeys(manifest) : new Set()
  const below = new Map(state.chains.map(({ partition, newest }) => [partition, newest?.S ?? 0]))
  const unknown: ({ key: string } & OffsetRange)[] = []
  for await (const { key } of bucket.list(hourPrefix(lake, path))) {
    const range = parseDataKey(lake, key)
    if (!range || range.topicId !== state.topicId || !below.has(range.partition)) orphans.push(key)
    else if (replaced.has(key)) raw.push({ ...range, key, rows: 0, replaced: [] })
    else if (range.S < below.get(range.partition)!) unknown.push({ ...range, key })
  }
  for (let start = 0; start < unknown.length; start += GETS_AT_ONCE) {
    await Promise.all(
      unknown.slice(start, start + GETS_AT_ONCE).map(async ({ key, topicId, partition, S, E }) => {
        const claim = await readClaimAt(bucket, lake, { topicId, partition, S })
        const file = claim?.files.find((one) => one.key === key)
        if (file) raw.push({ key, rows: file.rows, topicId, partition, S, E, replaced: [file] })
        else orphans.push(key)
      }),
    )
  }
  return { raw, orphans }
}
