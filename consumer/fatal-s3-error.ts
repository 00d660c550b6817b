// S3 errors at the start that no retry can fix: the consumer reports them and stops.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

const fatalErrors: readonly { readonly names: RegExp; readonly code: string; readonly remedy: string }[] = [
  {
    names: /^NoSuchBucket$/,
    code: 'BUCKET_MISSING',
    remedy: 'set LAKE_BUCKET to an existing bucket; `make stack`, compose or `make aws-deploy` creates one',
  },
  {
    names:
      /^(CredentialsProviderError|InvalidAccessKeyId|SignatureDoesNotMatch|UnrecognizedClientException)$/,
    code: 'AWS_CREDENTIALS',
    remedy: 'give the SDK working credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID ..., or the instance’s role)',
  },
]

/**
 * Turns an error that only a person can fix into a Failure that is not retried; returns other errors unchanged.
 * @param meanwhile what happens to the data meanwhile
 */
export function fatalErrorOf(error: unknown, bucket: string, meanwhile = 'nothing was consumed'): unknown {
  const { name = '' } = error instanceof Error ? error : {}
  const known = fatalErrors.find(({ names }) => names.test(name))
  const noRegion = /Region is missing/.test(reasonOf(error))
  if (!known && !noRegion) return error
  return new Failure({
    code: known?.code ?? 'AWS_REGION',
    what: `the bucket ${bucket} cannot be used; ${meanwhile}`,
    why: `${name}: ${reasonOf(error)}`,
    remedy: known?.remedy ?? 'set AWS_REGION',
    cause: error,
  })
}

/** The same for a command that asks once, for which an S3 that refuses or does not answer is also the end. */
export function failureOf(error: unknown, bucket: string, meanwhile: string): unknown {
  const refused = fatalErrorOf(error, bucket, meanwhile)
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } }
  if (refused instanceof Failure || $metadata === undefined) return refused
  const status = $metadata.httpStatusCode
  const denied = status === 401 || status === 403
  return new Failure({
    code: denied ? 'AWS_DENIED' : status === undefined ? 'AWS_UNREACHABLE' : 'S3_ERROR',
    what: `S3 ${status === undefined ? 'did not answer' : 'refused'} for the bucket ${bucket}; ${meanwhile}`,
    why: reasonOf(error),
    remedy: denied
      ? 'allow the call in the role’s policy (docs/aws.md lists what each service needs)'
      : 'start it (`make stack`, `make demo` or `make up`), or set AWS_ENDPOINT_URL (unset for AWS itself)',
    cause: error,
  })
}
