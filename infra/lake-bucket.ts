// The bucket when the stack is deleted: whether it holds anything, and how it is emptied and deleted.
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

// Path style only if the endpoint is not AWS's own: local endpoints need it.
const client = () => s3Client({ s3PathStyle: process.env.AWS_ENDPOINT_URL !== undefined })

/** Whether the bucket holds anything, including old versions; a missing bucket holds nothing. */
export async function holdsData(bucket: string): Promise<boolean> {
  try {
    const page = await client().send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1 }))
    return (page.Versions?.length ?? 0) + (page.DeleteMarkers?.length ?? 0) > 0
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

/**
 * Deletes every version of every object, every open upload, and the bucket.
 * @returns the number of deleted versions
 * @throws Failure BUCKET_KEPT when an object cannot be deleted
 */
export async function deleteWithData(bucket: string): Promise<number> {
  const s3 = client()
  let deleted = 0
  try {
    for (;;) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }))
      const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map((it) => ({
        Key: it.Key!,
        // Objects older than the versioning have the version `null`, which is sent all the same: otherwise S3 would only
        // add a delete marker.
        VersionId: it.VersionId!,
      }))
      if (objects.length === 0) break
      const answer = await s3.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
      )
      const refused = answer.Errors?.[0]
      if (refused) throw kept(bucket, `${refused.Key}: ${refused.Message}`)
      deleted += page.Versions?.length ?? 0
    }
    for (;;) {
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      if (Uploads.length === 0) break
      for (const { Key, UploadId } of Uploads) {
        await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
      }
    }
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }))
  } catch (error) {
    if (error instanceof Failure) throw error
    if (!isGone(error)) throw kept(bucket, reasonOf(error), error)
  }
  return deleted
}

function kept(bucket: string, why: string, cause?: unknown): Failure {
  return new Failure({
    code: 'BUCKET_KEPT',
    what: `the bucket ${bucket} could not be deleted; part of its data may be gone`,
    why,
    remedy: `run the same command again; or press Empty, then Delete at s3://${bucket} in the S3 console (aws s3 rb leaves old versions)`,
    cause,
  })
}

function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchBucket'
}
