// What the answers of S3 to conditional writes mean.
import type { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { s3Store } from './s3.ts'

/** A store whose bucket answers every request with this status. */
function answering(status: number) {
  const send = async () => {
    throw Object.assign(new Error(`status ${status}`), { $metadata: { httpStatusCode: status } })
  }
  return s3Store({ send } as unknown as S3Client, 'b')
}

test('a key that is taken, or an object that has changed, is not written', async () => {
  expect(await answering(412).putIfAbsent('k', 'x', 'text/plain')).toBe('exists')
  expect(await answering(412).replace('k', 'x', 'text/plain', '"e"')).toBe('changed')
})

test('a conflict with another conditional write says neither that the key is taken nor that it is free', async () => {
  await expect(answering(409).putIfAbsent('k', 'x', 'text/plain')).rejects.toThrow('409')
  await expect(answering(409).replace('k', 'x', 'text/plain', '"e"')).rejects.toThrow('409')
})
