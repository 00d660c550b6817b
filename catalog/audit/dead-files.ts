// The refused records that claims count: which dead files there are, and how many records each holds.
import { createHash } from 'node:crypto'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadKey, deadPrefix, parseDeadKey } from '@ticklake/contract/keys.ts'
import type { ChainBase } from './chain-check.ts'

const READS_AT_ONCE = 8

/** The dead files behind the base, and a digest of those that it covers. */
export async function listDeadFiles(
  bucket: Bucket,
  lake: LakeConfig,
  base: ChainBase,
): Promise<{ keys: string[]; coveredDigest: string }> {
  const keys: string[] = []
  const covered = createHash('sha256')
  for await (const { key, size, etag } of bucket.list(deadPrefix(lake))) {
    const range = parseDeadKey(key)
    if (range && range.E <= (base.get(range.partition)?.upTo ?? 0)) covered.update(`${key} ${size} ${etag}\n`)
    else keys.push(key)
  }
  return { keys, coveredDigest: covered.digest('hex').slice(0, 32) }
}

/** The records in each dead file that these claims promise, by key; one that is not there is absent. */
export async function readDeadRecords(
  bucket: Bucket,
  lake: LakeConfig,
  claims: readonly Claim[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const keys = claims.filter((claim) => claim.dead > 0).map((claim) => deadKey(lake, claim))
  for (let start = 0; start < keys.length; start += READS_AT_ONCE) {
    await Promise.all(
      keys.slice(start, start + READS_AT_ONCE).map(async (key) => {
        if (await bucket.exists(key)) found.set(key, await countLines(bucket, key))
      }),
    )
  }
  return found
}

async function countLines(bucket: Bucket, key: string): Promise<number> {
  let lines = 0
  for await (const chunk of (await bucket.read(key, 0)) ?? []) {
    for (const byte of chunk as Buffer) if (byte === 0x0a) lines++
  }
  return lines
}
