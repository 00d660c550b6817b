// The files of tables in S3: reads and writes metadata, chooses names, deletes a table's folders with it.
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import { s3ServerClient } from '../s3-client.ts'

export interface TableFiles extends Disposable {
  /** @returns undefined if there is no such file */
  read(uri: string): Promise<string | undefined>
  write(uri: string, text: string): Promise<void>
  /** The keys of the first objects below a folder, 1,000 at most; empty if S3 does not answer. */
  sampleKeys(uri: string): Promise<readonly string[]>
  /** Deletes files; missing ones count as deleted. */
  remove(uris: readonly string[]): Promise<void>
  /** Deletes all files below a folder. */
  removeFolder(uri: string): Promise<void>
}

/** The limit of DeleteObjects. */
const mostPerDelete = 1_000

export function openTableFiles(endpoint: URL, region: string, secret?: string): TableFiles {
  const s3 = s3ServerClient(endpoint, region, secret, {
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  })

  async function removeKeys(bucket: string, keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += mostPerDelete) {
      const Objects = keys.slice(start, start + mostPerDelete).map((Key) => ({ Key }))
      await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
    }
  }

  return {
    async read(uri) {
      const { bucket, key } = parseS3Uri(uri)
      try {
        const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return await answer.Body!.transformToString('utf8')
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async write(uri, text) {
      const { bucket, key } = parseS3Uri(uri)
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentType: 'application/json',
      })
      await s3.send(command)
    },
    async sampleKeys(uri) {
      try {
        const { bucket, key } = parseS3Uri(uri.endsWith('/') ? uri : `${uri}/`)
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }))
        return Contents.map((object) => object.Key!.slice(key.length))
      } catch {
        return []
      }
    },
    async remove(uris) {
      const byBucket = Map.groupBy(uris.map(parseS3Uri), ({ bucket }) => bucket)
      for (const [bucket, objects] of byBucket) {
        await removeKeys(
          bucket,
          objects.map(({ key }) => key),
        )
      }
    },
    async removeFolder(uri) {
      const { bucket, key } = parseS3Uri(uri.endsWith('/') ? uri : `${uri}/`)
      try {
        for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: key })) {
          const keys = (page.Contents ?? []).map((object) => object.Key!)
          if (keys.length > 0) await removeKeys(bucket, keys)
        }
      } catch (error) {
        // Without its bucket the files are gone too.
        if (!isMissing(error)) throw error
      }
    },
    [Symbol.dispose]: () => s3.destroy(),
  }
}

function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NoSuchBucket', 'NotFound'].includes((error as Error).name)
}

/** @throws Error for an address that is not in S3 */
function parseS3Uri(uri: string): { bucket: string; key: string } {
  const match = /^s3[an]?:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri)
  if (!match) throw new Error(`${uri} is no S3 location`)
  return { bucket: match[1]!, key: match[2] ?? '' }
}
