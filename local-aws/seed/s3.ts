// Buckets and objects of a seed folder: s3/BUCKET/KEY.
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ListBucketsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { sleep } from '@ticklake/runtime/process.ts'
import { makeBucket, s3ServerClient } from '../s3-client.ts'

/**
 * Creates `buckets`, then uploads every file below `dir`, whose first-level folders are buckets too.
 * @returns the number of objects
 */
export async function seedObjects(
  dir: string,
  buckets: readonly string[],
  server: { readonly endpoint: URL; readonly region: string; readonly secret: string | undefined },
  signal: AbortSignal,
): Promise<number> {
  const s3 = s3ServerClient(server.endpoint, server.region, server.secret)
  let objects = 0
  try {
    await untilItAnswers(s3, signal)
    for (const bucket of buckets) await makeBucket(s3, bucket)
    for (const bucket of folders(dir)) {
      await makeBucket(s3, bucket)
      for (const file of files(join(dir, bucket))) {
        const key = relative(join(dir, bucket), file).split(sep).join('/')
        const body = createReadStream(file)
        const length = statSync(file).size
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: length }))
        objects += 1
      }
    }
  } finally {
    s3.destroy()
  }
  return objects
}

/** The S3 server may still be starting. @throws its last error, after a minute */
async function untilItAnswers(s3: S3Client, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    signal.throwIfAborted()
    try {
      await s3.send(new ListBucketsCommand({ MaxBuckets: 1 }))
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await sleep(50, signal)
  }
}

function folders(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

function files(dir: string): string[] {
  return (
    readdirSync(dir, { recursive: true, withFileTypes: true })
      // Git keeps an empty folder only with such a file.
      .filter((entry) => entry.isFile() && entry.name !== '.gitkeep')
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  )
}
