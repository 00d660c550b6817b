// What the answers of S3 to conditional writes mean.
import type { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { Bucket } from './s3.ts'

/** A bucket that answers with these statuses in turn, and with the last one from then on. */
function answering(...statuses: number[]): Bucket {
  const send = async () => {
    const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!
    if (status === 200) return {}
    throw Object.assign(new Error(`status ${status}`), { $metadata: { httpStatusCode: status } })
  }
  return new Bucket({ send, middlewareStack: { add: () => {} } } as unknown as S3Client, 'b')
}

test('a key that is taken is not written, and one that another request is writing is tried again', async () => {
  expect(await answering(412).putOnce('k', 'x')).toBe(false)
  expect(await answering(409, 409, 412).putOnce('k', 'x')).toBe(false)
  expect(await answering(409, 200).putOnce('k', 'x')).toBe(true)
  await expect(answering(409).putOnce('k', 'x')).rejects.toMatchObject({ code: 'S3_ERROR' })
})
