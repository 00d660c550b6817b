// Reads the lake without any service: which offsets are in which object or dead file, by the objects' own bytes.
import { zstdDecompressSync } from 'node:zlib'
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { type Claim, parseClaim } from '@ticklake/contract/claim.ts'
import { controlPrefix, deadPrefix, type Lake, tablePrefix } from '@ticklake/contract/keys.ts'
import { parquetReadObjects } from 'hyparquet'

export interface LakeContent {
  /** `<partition>:<offset>` of every row of every object, doubles included. */
  readonly rows: readonly string[]
  /** The same of every line of every dead file. */
  readonly dead: readonly string[]
  /** Every line of every dead file, as it is. */
  readonly letters: readonly Readonly<Record<string, unknown>>[]
  readonly objects: readonly string[]
  readonly claims: readonly Claim[]
}

/**
 * Everything that the dataset holds now.
 * @param read the objects whose rows count, where compacted ones may stand for others; absent: the dataset's own folder
 */
export async function readLake(env: Record<string, string>, read?: readonly string[]): Promise<LakeContent> {
  const s3 = new S3Client({ endpoint: env.AWS_ENDPOINT_URL!, forcePathStyle: true })
  const bucket = env.LAKE_BUCKET!
  const lake: Lake = { prefix: env.LAKE_PREFIX!, dataset: env.LAKE_DATASET ?? 'ticks' }
  const bytesOf = async (key: string) => {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return Buffer.from(await answer.Body!.transformToByteArray())
  }
  const objects = read ?? (await keysBelow(s3, bucket, tablePrefix(lake)))
  const rows: string[] = []
  const pageSize = 16
  for (let i = 0; i < objects.length; i += pageSize) {
    const page = objects.slice(i, i + pageSize)
    for (const found of await Promise.all(page.map(async (key) => offsetsOf(key, await bytesOf(key))))) {
      rows.push(...found)
    }
  }
  const letters: Record<string, unknown>[] = []
  for (const key of await keysBelow(s3, bucket, deadPrefix(lake)))
    letters.push(...jsonLines(await bytesOf(key)))
  const dead = letters.map(({ partition, offset }) => `${partition}:${offset}`)
  const claims: Claim[] = []
  for (const key of await keysBelow(s3, bucket, `${controlPrefix(lake)}claims/`)) {
    claims.push(parseClaim((await bytesOf(key)).toString()))
  }
  s3.destroy()
  return {
    rows,
    dead,
    letters,
    objects,
    claims: claims.sort((a, b) => a.partition - b.partition || a.S - b.S),
  }
}

/** The newest claim of each partition, finished or not: cheap, also when there are many. */
export async function readTails(env: Record<string, string>): Promise<Claim[]> {
  const s3 = new S3Client({ endpoint: env.AWS_ENDPOINT_URL!, forcePathStyle: true })
  const bucket = env.LAKE_BUCKET!
  const lake: Lake = { prefix: env.LAKE_PREFIX!, dataset: env.LAKE_DATASET ?? 'ticks' }
  const newest = new Map<string, string>()
  for (const key of await keysBelow(s3, bucket, `${controlPrefix(lake)}claims/`)) {
    const partition = key.slice(0, key.lastIndexOf('/'))
    // Newest first: their names count down.
    if (!newest.has(partition)) newest.set(partition, key)
  }
  const claims = await Promise.all(
    [...newest.values()].map(async (Key) => {
      const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
      return parseClaim(await answer.Body!.transformToString())
    }),
  )
  s3.destroy()
  return claims
}

/** Deletes everything below a prefix. */
export async function emptyPrefix(env: Readonly<Record<string, string>>, prefix: string): Promise<void> {
  const s3 = new S3Client({ endpoint: env.AWS_ENDPOINT_URL!, forcePathStyle: true })
  const keys = await keysBelow(s3, env.LAKE_BUCKET!, prefix)
  const pageSize = 1_000
  for (let i = 0; i < keys.length; i += pageSize) {
    const Objects = keys.slice(i, i + pageSize).map((Key) => ({ Key }))
    await s3.send(new DeleteObjectsCommand({ Bucket: env.LAKE_BUCKET!, Delete: { Objects } }))
  }
  s3.destroy()
}

async function keysBelow(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const keys: string[] = []
  let token: string | undefined
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token && { ContinuationToken: token }),
      }),
    )
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key!))
    token = page.NextContinuationToken
  } while (token)
  return keys
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
