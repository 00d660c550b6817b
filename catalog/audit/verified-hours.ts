// The hours that earlier audits found right and that are unchanged: they need not be read again.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type HourPath, hourPrefix } from '@ticklake/contract/keys.ts'
import type { AuditFacts } from './audit.ts'
import type { ChainBase, ChainCheck } from './chain-check.ts'
import { chainsThrough, isClosed } from './closed-hours.ts'
import { listDeadFiles } from './dead-files.ts'
import { chainBase, keepVerdict, listVerdicts, readVerdict } from './hour-verification.ts'
import { type ListedHour, listHours } from './listing.ts'

/** What earlier audits found right and is unchanged; the rest is looked at again. */
export interface Settled {
  readonly hours: ReadonlySet<string>
  readonly base: ChainBase
  /** Hours after this one are looked at. */
  readonly after: string | undefined
  readonly startAfter: string | undefined
  readonly again: readonly string[]
  readonly brokenHours: readonly ListedHour[]
  readonly strays: readonly string[]
}

export const nothingSettled: Settled = {
  hours: new Set(),
  base: new Map(),
  after: undefined,
  startAfter: undefined,
  again: [],
  brokenHours: [],
  strays: [],
}

/**
 * Compares what lies in the closed hours now with the verdicts on them. The verdict on the last hour before the first
 * that has changed (as compaction changes one) stands for the claims up to there; those after it are read again, and
 * the changed hours with them.
 */
export async function readSettled(bucket: Bucket, lake: LakeConfig, topicId: string): Promise<Settled> {
  const verdicts = await listVerdicts(bucket, lake)
  const after = [...verdicts.keys()].at(-1)
  if (!after) return nothingSettled
  const hours = new Map<string, string>()
  const brokenHours: ListedHour[] = []
  const strays: string[] = []
  for await (const listed of listHours(bucket, lake)) {
    if (!listed.hour) strays.push(...listed.keys)
    else if (listed.hour > after) break
    else if (verdicts.get(listed.hour)?.has(listed.digest)) hours.set(listed.hour, listed.digest)
    else brokenHours.push(listed)
  }
  const gone = [...verdicts.keys()].filter(
    (hour) => !hours.has(hour) && !brokenHours.some((broken) => broken.hour === hour),
  )
  const again = [...brokenHours.map(({ hour }) => hour!), ...gone]
  const changed = again.toSorted().at(0)
  const last = [...hours.keys()].filter((hour) => changed === undefined || hour < changed).at(-1)
  const verdict = last && (await readVerdict(bucket, lake, topicId, last, hours.get(last)!))
  let base: ChainBase = verdict ? chainBase(verdict) : new Map()
  if (verdict && base.size > 0) {
    const dead = await listDeadFiles(bucket, lake, base)
    if (dead.coveredDigest !== verdict.dead) base = new Map()
  }
  const startAfter = `${hourPrefix(lake, pathOf(after))}~`
  return { hours: new Set(hours.keys()), base, after, startAfter, again, brokenHours, strays }
}

/** Called when nothing was found wrong: writes down every closed hour that was found right, so that the next audit need not read it. */
export async function keepVerdicts(
  bucket: Bucket,
  lake: LakeConfig,
  facts: AuditFacts,
  listed: readonly ListedHour[],
  { claims, cutOffs }: Pick<ChainCheck, 'claims' | 'cutOffs'>,
): Promise<void> {
  const nowMs = bucketTimeMs(bucket)
  if (nowMs === undefined) return
  const at = { lake, partitions: facts.partitions, claims, cutOffs, nowMs }
  const promised = new Set(claims.flatMap((claim) => claim.files.map((file) => file.key)))
  for (const { hour, digest, keys } of listed) {
    if (!hour || !isClosed(hour, at)) continue
    if (lake.format !== 'json-object' && !keys.every((key) => promised.has(key))) continue
    const chains = chainsThrough(hour, facts.base, at)
    const base = new Map(chains.map(({ partition, ...sums }) => [partition, sums]))
    const dead = (await listDeadFiles(bucket, lake, base)).coveredDigest
    await keepVerdict(bucket, lake, { v: 1, hour, topicId: facts.topicId, digest, dead, chains })
  }
}

/** The bucket's time, or undefined: then no hour counts as closed, and the next audit reads all of them again. */
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
