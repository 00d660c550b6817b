// The bucket when the stack goes: is anything in it, and how it is emptied and deleted.
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

// Path style only where the endpoint is not AWS's own, as every local one needs it.
const client = () => new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined })

/** Whether the bucket holds anything; a bucket that is not there holds nothing. */
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
 * Deletes every object (of every version), every open upload, and the bucket.
 * @returns how many objects went
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
        // Without versioning the version's id is the word null, which DeleteObjects takes as well.
        ...(it.VersionId && it.VersionId !== 'null' && { VersionId: it.VersionId }),
      }))
      if (objects.length === 0) break
      const answer = await s3.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
      )
      const refused = answer.Errors?.[0]
      if (refused) throw kept(bucket, `${refused.Key}: ${refused.Message}`)
      deleted += objects.length
    }
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    for (const { Key, UploadId } of uploads.Uploads ?? []) {
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
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
    remedy: `delete it yourself: aws s3 rb --force s3://${bucket}`,
    cause,
  })
}

function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchBucket'
}
