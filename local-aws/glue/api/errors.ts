// The errors of AWS Glue: a type that SDKs turn into an exception class, and AWS's own text.
import { AwsError } from '../../http/aws-error.ts'

export type GlueErrorType =
  | 'AccessDeniedException'
  | 'AlreadyExistsException'
  | 'ConcurrentModificationException'
  | 'ConditionCheckFailureException'
  | 'CrawlerNotRunningException'
  | 'CrawlerRunningException'
  | 'CrawlerStoppingException'
  | 'EntityNotFoundException'
  | 'InternalServiceException'
  | 'InvalidInputException'
  | 'NoScheduleException'
  | 'ResourceNotFoundException'
  | 'ResourceNumberLimitExceededException'
  | 'SchedulerNotRunningException'
  | 'SchedulerRunningException'
  | 'SerializationException'
  | 'UnknownOperationException'
  | 'ValidationException'
  | 'VersionMismatchException'

/** An error that the caller of an operation caused; everything else that is thrown is a defect. */
export class GlueError extends AwsError {
  declare readonly type: GlueErrorType

  constructor(type: GlueErrorType, message: string) {
    super(type, message)
    this.name = type
  }
}

export const databaseNotFound = (name: string) =>
  new GlueError('EntityNotFoundException', `Database ${name} not found.`)
export const tableNotFound = (name: string) =>
  new GlueError('EntityNotFoundException', `Table ${name} not found.`)
export const partitionNotFound = () => new GlueError('EntityNotFoundException', 'Cannot find partition.')
export const crawlerNotFound = (name: string) =>
  new GlueError('EntityNotFoundException', `Crawler entry with name ${name} does not exist`)
export const invalidInput = (message: string) => new GlueError('InvalidInputException', message)

/** The form of an error inside an answer (the `Errors` of the batch operations). */
export function errorDetail(error: GlueError): { ErrorCode: string; ErrorMessage: string } {
  return { ErrorCode: error.type, ErrorMessage: error.message }
}
