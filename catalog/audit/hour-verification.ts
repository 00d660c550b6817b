// Verdicts on closed hours, kept in the bucket: an hour whose objects are the same as when it was found right is right.
import { createHash } from 'node:crypto'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket, Listed } from '@ticklake/aws/s3.ts'
import { controlPrefix } from '@ticklake/contract/keys.ts'
import type { ChainSums } from '@ticklake/lake/claims.ts'
import type { ChainBase } from './chain-check.ts'

/** Digests an hour's listing: names, sizes and contents of its objects, as the given table shows them. */
export class ListingDigest {
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

/** One verdict: the hour was right with these objects, and below `upTo` every chain was whole. */
export interface Verdict {
  readonly v: 1
  readonly hour: string
  readonly topicId: string
  readonly digest: string
  /** The digest of the dead files whose range ends at or before `upTo`. */
  readonly dead: string
  readonly chains: readonly (ChainSums & { readonly partition: number; readonly upTo: number })[]
}

/** The digests under which each hour was found right, by hour (`2026-11-21-09`), in order. */
export async function listVerdicts(bucket: Bucket, lake: LakeConfig): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>()
  const prefix = verdictPrefix(lake)
  for await (const { key } of bucket.list(prefix)) {
    const match = /^(\d{4}-\d\d-\d\d-\d\d)-([0-9a-f]{32})\.json$/.exec(key.slice(prefix.length))
    if (!match) continue
    const digests = found.get(match[1]!) ?? new Set()
    found.set(match[1]!, digests.add(match[2]!))
  }
  return found
}

/** A verdict of this topic, or undefined when it is of another or not readable. */
export async function readVerdict(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  hour: string,
  digest: string,
): Promise<Verdict | undefined> {
  const stored = await bucket.text(verdictKey(lake, hour, digest))
  if (!stored) return undefined
  try {
    const verdict = JSON.parse(stored.text) as Verdict
    return verdict.v === 1 && verdict.topicId === topicId && Array.isArray(verdict.chains)
      ? verdict
      : undefined
  } catch {
    return undefined
  }
}

/** Keeps a verdict; one that is there already is left as it is. */
export async function keepVerdict(bucket: Bucket, lake: LakeConfig, verdict: Verdict): Promise<void> {
  await bucket.putOnce(verdictKey(lake, verdict.hour, verdict.digest), `${JSON.stringify(verdict)}\n`)
}

export function chainBase(verdict: Verdict): ChainBase {
  return new Map(verdict.chains.map(({ partition, ...sums }) => [partition, sums]))
}

function verdictPrefix(lake: LakeConfig): string {
  return `${controlPrefix(lake)}audit/`
}

function verdictKey(lake: LakeConfig, hour: string, digest: string): string {
  return `${verdictPrefix(lake)}${hour}-${digest}.json`
}
