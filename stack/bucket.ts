// The lake's bucket: its name from the settings, and its creation, since no service creates it.
import { BucketAlreadyOwnedByYou, CreateBucketCommand } from '@aws-sdk/client-s3'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { miniStackCredentials } from '@ticklake/runtime/engine-secret.ts'
import type { Env } from '@ticklake/runtime/env.ts'
import { loopback, type Ports } from './ports.ts'
import type { Secret } from './secret.ts'

/** @throws Failure CONFIG_INVALID when a LAKE_* variable is wrong */
export function lakeBucket(settings: Env): string {
  return lakeConfig(settings).bucket
}

/** Creates the bucket if it is missing. */
export async function makeBucket(ports: Ports, bucket: string, secret: Secret): Promise<void> {
  const s3 = s3Client(
    { s3PathStyle: true },
    {
      endpoint: `http://${loopback}:${ports.miniStack}`,
      region: 'us-east-1',
      credentials: miniStackCredentials(secret.text),
    },
  )
  try {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error
  } finally {
    s3.destroy()
  }
}
