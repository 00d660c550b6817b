// Verifications of closed hours, stored in the bucket: an hour with unchanged objects is still right.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { controlPrefix } from '@ticklake/contract/keys.ts'
import type { ChainBase, ChainSums } from './chain-check.ts'

/** The hour was right with these objects, and every chain had no hole below the landed offset of the base. */
export interface HourVerification {
  readonly hour: string
  readonly topicId: string
  readonly digest: string
  /** The digest of the dead-letter files that the base covers. */
  readonly deadDigest: string
  readonly base: ChainBase
}

/** The stored form. */
interface StoredVerification {
  readonly v: 1
  readonly hour: string
  readonly topicId: string
  readonly digest: string
  readonly dead: string
  readonly chains: readonly (ChainSums & { readonly partition: number; readonly upTo: number })[]
}

/** The digests under which each hour was found right, by hour (`2026-11-21-09`), in order. */
export async function listVerifications(bucket: Bucket, lake: LakeConfig): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>()
  const prefix = verificationPrefix(lake)
  for await (const { key } of bucket.list(prefix)) {
    const match = /^(\d{4}-\d\d-\d\d-\d\d)-([0-9a-f]{32})\.json$/.exec(key.slice(prefix.length))
    if (!match) continue
    const digests = found.get(match[1]!) ?? new Set()
    found.set(match[1]!, digests.add(match[2]!))
  }
  return found
}

/** A verification of this topic, or undefined if it is of another or unreadable. */
export async function readVerification(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  hour: string,
  digest: string,
): Promise<HourVerification | undefined> {
  const stored = await bucket.text(verificationKey(lake, hour, digest))
  if (!stored) return undefined
  try {
    const { v, chains, dead, ...rest } = JSON.parse(stored.text) as StoredVerification
    if (v !== 1 || rest.topicId !== topicId) return undefined
    const base = new Map(
      chains.map(({ partition, upTo, ...sums }) => [partition, { ...sums, landedOffset: upTo }]),
    )
    return { ...rest, deadDigest: dead, base }
  } catch {
    return undefined
  }
}

/** Stores a verification; an existing one stays. */
export async function storeVerification(
  bucket: Bucket,
  lake: LakeConfig,
  { hour, topicId, digest, deadDigest, base }: HourVerification,
): Promise<void> {
  const chains = [...base].map(([partition, { landedOffset, ...sums }]) => ({
    partition,
    upTo: landedOffset,
    ...sums,
  }))
  const stored: StoredVerification = { v: 1, hour, topicId, digest, dead: deadDigest, chains }
  await bucket.putOnce(verificationKey(lake, hour, digest), `${JSON.stringify(stored)}\n`)
}

function verificationPrefix(lake: LakeConfig): string {
  return `${controlPrefix(lake)}audit/`
}

function verificationKey(lake: LakeConfig, hour: string, digest: string): string {
  return `${verificationPrefix(lake)}${hour}-${digest}.json`
}
