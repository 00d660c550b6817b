// The rejected records that claims count: the existing dead-letter files, and the number of records in each.
import { createHash } from 'node:crypto'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket, Listed } from '@ticklake/aws/s3.ts'
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { listDeadFiles } from '@ticklake/lake/dead-files.ts'
import type { ChainBase } from './chain-check.ts'

const READS_AT_ONCE = 8

/** The dead-letter files that the base does not cover, and a digest of those that it does. */
export async function listAuditedDeadFiles(
  bucket: Bucket,
  lake: LakeConfig,
  base: ChainBase,
): Promise<{ keys: string[]; coveredDigest: string }> {
  const keys: string[] = []
  const covered = createHash('sha256')
  for await (const { key, size, etag, range } of listDeadFiles<Listed>(bucket, lake)) {
    const isCovered = range && range.E <= (base.get(range.partition)?.landedOffset ?? 0)
    if (isCovered) covered.update(`${key} ${size} ${etag}\n`)
    else keys.push(key)
  }
  return { keys, coveredDigest: covered.digest('hex').slice(0, 32) }
}

/** The number of records in each dead-letter file that these claims name, by key; missing files are absent. */
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
