// The consumer's view of the bucket: objects are only added and never deleted; only dataset.json is replaced.
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ObjectSource } from '@ticklake/lake/object-source.ts'

/** S3's page size for lists. */
const KEYS_PER_LIST = 1_000

export type PutResult = 'stored' | 'exists'

/** `changed`: the object has changed or is gone. */
export type ReplaceResult = 'stored' | 'changed'

export interface ObjectStore extends ObjectSource {
  /**
   * Stores an object unless its key is taken. Throws if it is unknown whether it was stored, or another conditional write
   * of the key is in progress (409), which may still fail: try again.
   */
  putIfAbsent(
    key: string,
    body: Uint8Array | string,
    contentType: string,
    signal?: AbortSignal,
  ): Promise<PutResult>
  /** Replaces an object unless it has changed since it was read. Throws as putIfAbsent() does. */
  replace(key: string, body: string, contentType: string, etag: string): Promise<ReplaceResult>
  /** The object's text, and the ETag with which it can be replaced; undefined if it does not exist. */
  text(key: string): Promise<{ readonly text: string; readonly etag: string } | undefined>
}

/** An object store on an S3 client. Every method rejects with the SDK's error if S3 does not answer. */
export function s3Store(client: S3Client, bucket: string): ObjectStore {
  return {
    async putIfAbsent(key, body, contentType, signal) {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentType: contentType,
            IfNoneMatch: '*',
          }),
          signal ? { abortSignal: signal } : {},
        )
        return 'stored'
      } catch (error) {
        if (statusOf(error) === 412) return 'exists'
        throw error
      }
    },
    async replace(key, body, contentType, etag) {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentType: contentType,
            IfMatch: etag,
          }),
        )
        return 'stored'
      } catch (error) {
        const status = statusOf(error)
        if (status === 412 || (status === 404 && nameOf(error) !== 'NoSuchBucket')) return 'changed'
        throw error
      }
    },
    async text(key) {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return { text: await answer.Body!.transformToString('utf-8'), etag: answer.ETag ?? '' }
      } catch (error) {
        if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return undefined
        throw error
      }
    },
    async exists(key) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        return true
      } catch (error) {
        if (statusOf(error) === 404) return false
        throw error
      }
    },
    async *list(prefix, { startAfter, limit = Number.POSITIVE_INFINITY } = {}) {
      let after = startAfter
      let left = limit
      do {
        const answer: ListObjectsV2CommandOutput = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            MaxKeys: Math.min(KEYS_PER_LIST, left),
            ...(after !== undefined && { StartAfter: after }),
          }),
        )
        for (const { Key } of answer.Contents ?? []) yield { key: Key! }
        left -= answer.Contents?.length ?? 0
        after = answer.IsTruncated && left > 0 ? answer.Contents?.at(-1)?.Key : undefined
      } while (after !== undefined)
    },
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

function nameOf(error: unknown): string | undefined {
  return (error as { name?: string }).name
}
