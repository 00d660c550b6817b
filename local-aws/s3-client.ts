// How the endpoint itself uses its S3 server: address, credentials, and the creation of buckets.
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { miniStackCredentials } from '@ticklake/runtime/engine-secret.ts'

/** @param patience retries, timeouts, and other differences from the SDK's defaults */
export function s3ServerClient(
  endpoint: URL,
  region: string,
  secret: string | undefined,
  patience: Pick<
    S3ClientConfig,
    'maxAttempts' | 'requestHandler' | 'requestChecksumCalculation' | 'responseChecksumValidation'
  > = {},
): S3Client {
  return new S3Client({
    endpoint: endpoint.origin,
    region,
    forcePathStyle: true,
    // A local server must not use the shell's credentials.
    credentials: miniStackCredentials(secret),
    ...patience,
  })
}

/** Creates a bucket if it is missing. @throws errors of S3 */
export async function makeBucket(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch((error) => {
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) throw error
  })
}
