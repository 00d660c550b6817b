// The stack of the other stack tests: every server answers, and only on loopback.
import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { expect, test } from 'vitest'

const env = testEnv()

test('the bucket is there, behind the one AWS endpoint', async () => {
  const lake = lakeConfig(env)
  const s3 = s3Client(lake)
  const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket: lake.bucket }))
  expect(BucketRegion ?? 'us-east-1').toBe('us-east-1')
})
