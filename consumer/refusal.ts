// What S3 answers at the start that no later attempt will change: the consumer says so and ends, instead of trying on.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

const refusals: readonly { readonly names: RegExp; readonly code: string; readonly remedy: string }[] = [
  {
    names: /^NoSuchBucket$/,
    code: 'BUCKET_MISSING',
    remedy: 'set LAKE_BUCKET to a bucket that is there; make stack, compose or make aws-deploy makes one',
  },
  {
    names:
      /^(CredentialsProviderError|InvalidAccessKeyId|SignatureDoesNotMatch|UnrecognizedClientException)$/,
    code: 'AWS_CREDENTIALS',
    remedy: 'give the SDK working credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID ..., or the instance’s role)',
  },
]

/** A Failure that is not tried again where only a person can mend it; everything else as it is. */
export function refusalOf(error: unknown, bucket: string): unknown {
  const { name = '' } = error instanceof Error ? error : {}
  const known = refusals.find(({ names }) => names.test(name))
  const noRegion = /Region is missing/.test(reasonOf(error))
  if (!known && !noRegion) return error
  return new Failure({
    code: known?.code ?? 'AWS_REGION',
    what: `the bucket ${bucket} cannot be used; nothing was consumed`,
    why: `${name}: ${reasonOf(error)}`,
    remedy: known?.remedy ?? 'set AWS_REGION',
    cause: error,
  })
}
