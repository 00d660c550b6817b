// How a crawl reads the bucket: pages of keys, and ranges of bytes.
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { s3ServerClient } from '../../s3-client.ts'
import type { ListedObject } from './folder-tree.ts'

export interface Bucket {
  list(bucket: string, prefix: string): AsyncGenerator<ListedObject>
  /** Out: undefined if the object is gone by now. */
  read(bucket: string, key: string, start: number, end: number): Promise<Uint8Array | undefined>
}

/** With its own credentials: a crawl uses none of the user's. */
export function openBucket(endpoint: string, region: string, secret?: string): Bucket {
  const client = s3ServerClient(new URL(endpoint), region, secret, {
    // A range has no checksum of its own.
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return {
    async *list(bucket, prefix) {
      let token: string | undefined
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(token ? { ContinuationToken: token } : {}),
          }),
        )
        for (const { Key, Size, StorageClass } of page.Contents ?? []) {
          yield { key: Key!, size: Size ?? 0, storageClass: StorageClass }
        }
        token = page.NextContinuationToken
      } while (token)
    },

    async read(bucket, key, start, end) {
      try {
        const { Body } = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` }),
        )
        return await Body!.transformToByteArray()
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return undefined
        throw error
      }
    },
  }
}
