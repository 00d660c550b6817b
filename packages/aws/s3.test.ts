// What the answers of S3 to conditional writes mean.
import type { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { Bucket } from './s3.ts'

/** A bucket that answers every request with this status. */
function answering(status: number): Bucket {
  const send = async () => {
    throw Object.assign(new Error(`status ${status}`), { $metadata: { httpStatusCode: status } })
  }
  return new Bucket({ send, middlewareStack: { add: () => {} } } as unknown as S3Client, 'b')
}

test('a key that is taken is not written, and one that another request is writing may still be free', async () => {
  expect(await answering(412).putOnce('k', 'x')).toBe(false)
  await expect(answering(409).putOnce('k', 'x')).rejects.toMatchObject({ code: 'S3_ERROR' })
})
