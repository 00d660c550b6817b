// Reads the lake without any service: which offsets are in which object or dead-letter file, from the objects' bytes.

import { zstdDecompressSync } from 'node:zlib'
import { s3Client } from '@ticklake/aws/config.ts'
import { Bucket } from '@ticklake/aws/s3.ts'
import type { Claim } from '@ticklake/contract/claim.ts'
import { controlPrefix, deadPrefix, type Lake, tablePrefix } from '@ticklake/contract/keys.ts'
import { readLinks } from '@ticklake/lake/chains.ts'
import { usableClaim } from '@ticklake/lake/claims.ts'
import { parquetReadObjects } from 'hyparquet'

type Env = Readonly<Record<string, string>>

export interface LakeContent {
  /** `<partition>:<offset>` of every row of every object, duplicates included. */
  readonly rows: readonly string[]
  /** The same for every line of every dead-letter file. */
  readonly dead: readonly string[]
  /** Every line of every dead-letter file, unchanged. */
  readonly letters: readonly Readonly<Record<string, unknown>>[]
  readonly objects: readonly string[]
  readonly claims: readonly Claim[]
}

const OBJECTS_AT_ONCE = 16

/**
 * Everything that the dataset has now.
 * @param read the objects whose rows count, if compacted ones replace others; absent: those in the dataset's own folder
 */
export async function readLake(env: Env, read?: readonly string[]): Promise<LakeContent> {
  using opened = openBucket(env)
  const { bucket } = opened
  const lake = lakeOf(env)
  const objects = read ?? (await keysBelow(bucket, tablePrefix(lake)))
  const rows: string[] = []
  for (let i = 0; i < objects.length; i += OBJECTS_AT_ONCE) {
    const some = objects.slice(i, i + OBJECTS_AT_ONCE)
    for (const found of await Promise.all(
      some.map(async (key) => offsetsOf(key, await bytesOf(bucket, key))),
    )) {
      rows.push(...found)
    }
  }
  const letters: Record<string, unknown>[] = []
  for (const key of await keysBelow(bucket, deadPrefix(lake)))
    letters.push(...jsonLines(await bytesOf(bucket, key)))
  const dead = letters.map(({ partition, offset }) => `${partition}:${offset}`)
  const claims = await readClaims(bucket, await keysBelow(bucket, `${controlPrefix(lake)}claims/`))
  return {
    rows,
    dead,
    letters,
    objects,
    claims: claims.sort((a, b) => a.partition - b.partition || a.S - b.S),
  }
}

/** The newest claim of each partition, complete or not; cheap even with many claims. */
export async function readTails(env: Env): Promise<Claim[]> {
  using opened = openBucket(env)
  const { bucket } = opened
  const newest = new Map<string, string>()
  for (const key of await keysBelow(bucket, `${controlPrefix(lakeOf(env))}claims/`)) {
    const partition = key.slice(0, key.lastIndexOf('/'))
    // Newest first: their names count down.
    if (!newest.has(partition)) newest.set(partition, key)
  }
  return readClaims(bucket, [...newest.values()])
}

/** The keys of the dataset's objects. */
export async function objectKeys(env: Env): Promise<string[]> {
  using opened = openBucket(env)
  return keysBelow(opened.bucket, tablePrefix(lakeOf(env)))
}

/** Deletes everything below a prefix. */
export async function emptyPrefix(env: Env, prefix: string): Promise<void> {
  using opened = openBucket(env)
  await opened.bucket.delete(await keysBelow(opened.bucket, prefix))
}

function lakeOf(env: Env): Lake {
  return { prefix: env.LAKE_PREFIX!, dataset: env.LAKE_DATASET ?? 'ticks' }
}

function openBucket(env: Env): { readonly bucket: Bucket } & Disposable {
  const s3 = s3Client({ s3PathStyle: true })
  return { bucket: new Bucket(s3, env.LAKE_BUCKET!), [Symbol.dispose]: () => s3.destroy() }
}

async function keysBelow(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of bucket.list(prefix)) keys.push(key)
  return keys
}

/** @throws Failure CLAIM_UNREADABLE */
async function readClaims(bucket: Bucket, keys: readonly string[]): Promise<Claim[]> {
  return (await readLinks(bucket, keys)).map((link) => usableClaim(link, 'the lake cannot be checked'))
}

async function bytesOf(bucket: Bucket, key: string): Promise<Buffer> {
  const bytes = await bucket.bytes(key)
  if (!bytes) throw new Error(`${key} was listed, but is not there`)
  return Buffer.from(bytes)
}

async function offsetsOf(key: string, bytes: Buffer): Promise<string[]> {
  if (key.endsWith('.parquet')) {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    const found = await parquetReadObjects({
      file,
      columns: ['kafka_partition', 'kafka_offset'],
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    })
    return found.map((row) => `${row.kafka_partition}:${row.kafka_offset}`)
  }
  const text = key.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes
  return jsonLines(text).map((row) => `${row.kafka_partition}:${row.kafka_offset}`)
}

function jsonLines(bytes: Buffer): Record<string, unknown>[] {
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
