// How the endpoint itself reaches its S3 server, whatever for: its address, its own credentials, and the bucket made there.
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { miniStackCredentials } from '@ticklake/runtime/engine-secret.ts'

/** @param patience how often and how long it waits, and what else differs from the SDK's defaults */
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
    // Those of the shell are none of a local server's business.
    credentials: miniStackCredentials(secret),
    ...patience,
  })
}

/** Makes a bucket where it is not there yet. @throws what S3 answers */
export async function makeBucket(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch((error) => {
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) throw error
  })
}
