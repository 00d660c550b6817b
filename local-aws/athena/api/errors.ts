// Athena's errors: the answers to refused requests, and the errors in the status of failed queries.
import { AwsError } from '../../http/aws-error.ts'

export function invalidRequest(code: string, message: string): AwsError {
  return new AwsError('InvalidRequestException', message, { AthenaErrorCode: code, ErrorCode: code })
}

export const invalidInput = (message: string): AwsError => invalidRequest('INVALID_INPUT', message)

export const malformedQuery = (message: string): AwsError => invalidRequest('MALFORMED_QUERY', message)

/** The query was not run: SDKs retry after this answer, which is safe for every query. */
export const notStored = (why: string): AwsError =>
  new AwsError(
    'InternalServerException',
    `The query was not run, because its record could not be stored: ${why}. Make room below LOCAL_AWS_DATA_DIR, or let local-aws write there; then ask again`,
    {},
    500,
  )

export const metadataError = (message: string): AwsError => new AwsError('MetadataException', message)

/** `Status.AthenaError` of a failed query. */
export interface AthenaError {
  readonly ErrorCategory: 1 | 2 | 3
  readonly ErrorType: number
  readonly Retryable: boolean
  readonly ErrorMessage: string
}

/** Why a query fails: thrown anywhere in its run, stored in its status. */
export class QueryFailure extends Error {
  readonly athena: AthenaError

  constructor(message: string, facts: { category: 1 | 2 | 3; type: number; retryable?: boolean }) {
    super(message)
    this.name = 'QueryFailure'
    this.athena = {
      ErrorCategory: facts.category,
      ErrorType: facts.type,
      Retryable: facts.retryable ?? false,
      ErrorMessage: message,
    }
  }
}

/** Something that Athena depends on is away or failed: not the user's fault, and worth a retry. */
export const systemFailure = (message: string): QueryFailure =>
  new QueryFailure(message, { category: 1, type: 200, retryable: true })

/** The query was interrupted at an unknown point: a read may be retried, a write must be checked first. */
export class Interrupted extends QueryFailure {
  readonly #what: string

  constructor(what: string) {
    super(`${what}. Run the query again`, { category: 1, type: 200, retryable: true })
    this.#what = what
  }

  /** The same for a query that writes rows: a retry might duplicate them. */
  ofWriter(): QueryFailure {
    const advice = 'Whether its rows were written is not known; check before it is run again'
    return new QueryFailure(`${this.#what}. ${advice}`, { category: 1, type: 200 })
  }
}

/** The failure for an error of S3 that another try finds the same: the statement names a bucket that is not there. */
export function absentBucket(error: unknown): QueryFailure | undefined {
  if (!(error instanceof Error && error.name === 'NoSuchBucket')) return undefined
  return new QueryFailure(
    'The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)',
    { category: 2, type: 1000 },
  )
}

/** Hive's part of Athena refuses a statement. */
export const hiveFailure = (message: string, type = 1000): QueryFailure =>
  new QueryFailure(`FAILED: ${message}`, { category: 2, type })

export const notSupported = (what: string): QueryFailure =>
  new QueryFailure(`NOT_SUPPORTED: ${what}`, { category: 2, type: 1200 })

const errorTypes: Readonly<Record<string, number>> = {
  TABLE_NOT_FOUND: 1301,
  SCHEMA_NOT_FOUND: 1301,
  COLUMN_NOT_FOUND: 1006,
  CATALOG_NOT_FOUND: 1006,
  TYPE_MISMATCH: 1002,
  DIVISION_BY_ZERO: 1001,
  FUNCTION_NOT_FOUND: 1303,
  INVALID_CAST_ARGUMENT: 1100,
  NOT_SUPPORTED: 1200,
}

/** The engine calls it an external error, but the cause is the user's table or data, and a retry finds the same. */
const usersErrors = new Set([
  'HIVE_BAD_DATA',
  'HIVE_INVALID_METADATA',
  'HIVE_INVALID_PARTITION_VALUE',
  'HIVE_PARTITION_SCHEMA_MISMATCH',
  'HIVE_PATH_ALREADY_EXISTS',
  'HIVE_UNSUPPORTED_FORMAT',
  'ICEBERG_INVALID_METADATA',
])

export interface EngineError {
  readonly message: string
  readonly errorName: string
  readonly errorType: string
}

const javaExceptionPrefix = 'java.lang.IllegalArgumentException: '

/** Athena's error for an error of the engine. */
export function engineFailure(error: EngineError): QueryFailure {
  const { message, errorName, errorType } = error
  const injected = /^Column projection for column '(.+)' failed. Injected projection requires/.exec(message)
  if (injected) {
    return new QueryFailure(
      `CONSTRAINT_VIOLATION: For the injected projected partition column ${injected[1]}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
      { category: 2, type: 1000 },
    )
  }
  // A view on the text of a table reports by itself what Athena's reader would report.
  if (errorName === 'GENERIC_USER_ERROR' && message.startsWith('HIVE_BAD_DATA: ')) {
    return new QueryFailure(message, { category: 2, type: 1000 })
  }
  // A type that Hive does not have; the engine reports it as an internal error.
  if (message.startsWith(`${javaExceptionPrefix}Error: `) && message.includes(' expected at the ')) {
    const text = message.slice(javaExceptionPrefix.length)
    return new QueryFailure(`HIVE_INVALID_METADATA: A column has an invalid data type. ${text}`, {
      category: 2,
      type: 1000,
    })
  }
  const absent = absentMember(message)
  if (absent !== undefined) {
    return new QueryFailure(`HIVE_INVALID_METADATA: ${absent}`, { category: 2, type: 1000 })
  }
  const refused = errorName === 'HIVE_METASTORE_ERROR' ? catalogError(message) : undefined
  if (refused) return refused
  // Athena forbids this; the engine reports it as an internal error.
  if (message.startsWith('Unexpected FilterNode found in plan'))
    return notSupported('Only partition columns are allowed in the WHERE clause of OPTIMIZE')
  const isUsers = errorType === 'USER_ERROR' || usersErrors.has(errorName)
  return new QueryFailure(`${errorName}: ${asAthenaPhrases(errorName, message)}`, {
    category: isUsers ? 2 : 1,
    type: errorTypes[errorName] ?? (isUsers ? 1000 : 200),
    retryable: !isUsers,
  })
}

const absentFrom = 'because the return value of "software.amazon.awssdk.services.glue.model.'
const absentTo = '()" is null'

/** What an entry of the Data Catalog lacks, which Glue's own API lets it lack: the engine takes it for a defect of its own. */
function absentMember(message: string): string | undefined {
  const [, getter] = message.split(absentFrom, 2)
  if (!getter?.endsWith(absentTo)) return undefined
  const [shape, member] = getter.slice(0, -absentTo.length).split('.')
  return `A ${shape} of the Data Catalog has no ${member}`
}

const clientSuffix = ' (Service: Glue, '

/** What the catalog refuses to give is the user's to change, and another try finds it the same. Its message may begin with a code. */
function catalogError(message: string): QueryFailure | undefined {
  const [own, client] = message.split(clientSuffix, 2)
  if (!client?.startsWith('Status Code: 400')) return undefined
  const code = /^([A-Z]+(?:_[A-Z]+)*): /.exec(own!)?.[1]
  return new QueryFailure(code ? own! : `HIVE_METASTORE_ERROR: ${own}`, {
    category: 2,
    type: errorTypes[code ?? ''] ?? 1000,
  })
}

function asAthenaPhrases(errorName: string, message: string): string {
  if (errorName === 'COLUMN_NOT_FOUND' && message.endsWith('cannot be resolved')) {
    return `${message} or requester is not authorized to access requested resources`
  }
  // The catalog's own message, without the text that the engine's client adds.
  if (errorName === 'HIVE_METASTORE_ERROR') return message.split(clientSuffix, 1)[0]!
  return message
}
