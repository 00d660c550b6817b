// Turns errors of AWS clients into ones that name the service, the reason, and what to do next.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

type Service = 'S3' | 'STS' | 'Glue' | 'Athena' | 'SNS'

const remedies: readonly { readonly names: RegExp; readonly code: string; readonly remedy: string }[] = [
  {
    names:
      /^(CredentialsProviderError|ExpiredToken.*|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch)$/,
    code: 'AWS_CREDENTIALS',
    remedy: 'give the SDK working credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID ..., or the instance’s role)',
  },
  {
    names: /^(AccessDenied.*|Forbidden|403|NotAuthorized.*)$/,
    code: 'AWS_DENIED',
    remedy: 'allow the call in the role’s policy (docs/aws.md lists what each service needs)',
  },
  {
    names: /^NoSuchBucket$/,
    code: 'BUCKET_MISSING',
    remedy:
      'start the local stack (`make stack`) or deploy the one on AWS (`make aws-deploy`), or set LAKE_BUCKET',
  },
  {
    names:
      /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|EHOSTUNREACH|ETIMEDOUT|TimeoutError|NetworkingError)$/,
    code: 'AWS_UNREACHABLE',
    remedy:
      'start it (`make stack`, `make demo` or `make up`), or set AWS_ENDPOINT_URL (unset for AWS itself)',
  },
]

/**
 * The Failure for anything that a client of this service threw; a Failure is returned unchanged. @param doing the
 * operation, to continue "… failed"
 */
export function awsFailure(service: Service, doing: string, thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const names = namesOf(thrown)
  const known = remedies.find((entry) => names.some((name) => entry.names.test(name)))
  const why = reasonOf(thrown)
  const noRegion = /Region is missing/.test(why)
  return new Failure({
    code: noRegion ? 'AWS_REGION' : (known?.code ?? `${service.toUpperCase()}_ERROR`),
    what: `${service}: ${doing} failed; no data was changed by it`,
    why: names[0] && !why.includes(names[0]) ? `${names[0]}: ${why}` : why,
    remedy: noRegion
      ? 'set AWS_REGION'
      : (known?.remedy ?? `read the answer above, then try again; ${service}’s data is unchanged`),
    retryable: known?.code === 'AWS_UNREACHABLE' || httpStatus(thrown) >= 500,
    cause: thrown,
  })
}

/** The pages of one of the SDK's paginators. @throws Failure of `awsFailure` */
export async function* pagesOf<Page>(
  service: Service,
  doing: string,
  pages: AsyncIterable<Page>,
): AsyncGenerator<Page> {
  try {
    yield* pages
  } catch (error) {
    throw awsFailure(service, doing, error)
  }
}

/** Whether an AWS client threw this error, by its name. */
export function isAwsError(thrown: unknown, ...names: string[]): boolean {
  return namesOf(thrown).some((name) => names.includes(name))
}

/** The HTTP status of an AWS answer, 0 if there was none. */
export function httpStatus(thrown: unknown): number {
  return (thrown as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode ?? 0
}

/** Whether an AWS service refused what the request names: status 400, or 404 for what does not exist. */
export function requestErrorStatus(thrown: unknown): 400 | 404 | undefined {
  if (isAwsError(thrown, 'ValidationException', 'InvalidInputException', 'InvalidRequestException'))
    return 400
  return isAwsError(thrown, 'EntityNotFoundException') ? 404 : undefined
}

function namesOf(thrown: unknown): string[] {
  const { name, code, cause, errors } = (thrown ?? {}) as {
    name?: string
    code?: string
    cause?: unknown
    errors?: unknown[]
  }
  const own = [code, name].filter((text): text is string => typeof text === 'string' && text !== 'Error')
  return [...own, ...(cause ? namesOf(cause) : []), ...(errors ?? []).flatMap(namesOf)]
}
