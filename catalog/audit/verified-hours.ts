// Verified hours that have not changed since, and need not be read again.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type HourPath, hourPrefix } from '@ticklake/contract/keys.ts'
import { isClosed } from '@ticklake/lake/closed-hours.ts'
import { type ListedHour, listHours } from '@ticklake/lake/listing.ts'
import type { AuditFacts } from './audit.ts'
import type { ChainBase, ChainCheck } from './chain-check.ts'
import { listAuditedDeadFiles } from './dead-files.ts'
import { listVerifications, readVerification, storeVerification } from './hour-verification.ts'
import { chainsThrough } from './verified-chains.ts'

/** What need not be read again, and where reading starts. */
export interface VerifiedHours {
  readonly hours: ReadonlySet<string>
  readonly base: ChainBase
  /** Hours after this one are read. */
  readonly after: string | undefined
  readonly startAfter: string | undefined
  /** Verified hours that have changed or disappeared, and are read again. */
  readonly changed: readonly string[]
  readonly changedListings: readonly ListedHour[]
  readonly outsideHours: readonly string[]
}

export const noVerifiedHours: VerifiedHours = {
  hours: new Set(),
  base: new Map(),
  after: undefined,
  startAfter: undefined,
  changed: [],
  changedListings: [],
  outsideHours: [],
}

/**
 * Compares the objects of the closed hours with the stored verifications. That of the last hour before the first
 * changed one (compaction changes hours) covers the claims up to there; later claims and the changed hours are read
 * again.
 */
export async function readVerifiedHours(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
): Promise<VerifiedHours> {
  const verifications = await listVerifications(bucket, lake)
  const after = [...verifications.keys()].at(-1)
  if (!after) return noVerifiedHours
  const hours = new Map<string, string>()
  const changedListings: ListedHour[] = []
  const outsideHours: string[] = []
  for await (const listed of listHours(bucket, lake)) {
    if (!listed.hour) outsideHours.push(...listed.keys)
    else if (listed.hour > after) break
    else if (verifications.get(listed.hour)?.has(listed.digest)) hours.set(listed.hour, listed.digest)
    else changedListings.push(listed)
  }
  const gone = [...verifications.keys()].filter(
    (hour) => !hours.has(hour) && !changedListings.some((listed) => listed.hour === hour),
  )
  const changed = [...changedListings.map(({ hour }) => hour!), ...gone]
  const first = changed.toSorted().at(0)
  const last = [...hours.keys()].filter((hour) => first === undefined || hour < first).at(-1)
  const verification = last && (await readVerification(bucket, lake, topicId, last, hours.get(last)!))
  let base: ChainBase = verification ? verification.base : new Map()
  if (verification && base.size > 0) {
    const dead = await listAuditedDeadFiles(bucket, lake, base)
    if (dead.coveredDigest !== verification.deadDigest) base = new Map()
  }
  const startAfter = `${hourPrefix(lake, pathOf(after))}~`
  return { hours: new Set(hours.keys()), base, after, startAfter, changed, changedListings, outsideHours }
}

/**
 * Stores a verification of every closed hour, so that the next audit need not read it. Call it only when nothing was
 * wrong.
 */
export async function verifyHours(
  bucket: Bucket,
  lake: LakeConfig,
  facts: AuditFacts,
  listed: readonly ListedHour[],
  { claims, landedOffsets }: Pick<ChainCheck, 'claims' | 'landedOffsets'>,
): Promise<void> {
  const nowMs = bucketTimeMs(bucket)
  if (nowMs === undefined) return
  const progress = facts.partitions.map(({ partition, end }) => ({
    partition,
    newest: claims.findLast((claim) => claim.partition === partition),
    landedOffset: landedOffsets.get(partition) ?? 0,
    end,
  }))
  const partitions = facts.partitions.map(({ partition }) => partition)
  const claimed = new Set(claims.flatMap((claim) => claim.files.map((file) => file.key)))
  for (const { hour, digest, keys } of listed) {
    if (!hour || !isClosed(lake, hour, progress, nowMs)) continue
    if (lake.format !== 'json-object' && !keys.every((key) => claimed.has(key))) continue
    const base = chainsThrough(hour, facts.base, { lake, partitions, claims })
    const deadDigest = (await listAuditedDeadFiles(bucket, lake, base)).coveredDigest
    await storeVerification(bucket, lake, { hour, topicId: facts.topicId, digest, deadDigest, base })
  }
}

/** The bucket's time; if undefined, no hour counts as closed, and the next audit reads all of them again. */
function bucketTimeMs(bucket: Bucket): number | undefined {
  try {
    return bucket.clock.steady().nowMs()
  } catch {
    return undefined
  }
}

function pathOf(hour: string): HourPath {
  return { dt: hour.slice(0, 10), hour: hour.slice(11) }
}
