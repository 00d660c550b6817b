// The errors of Iceberg's REST protocol: a status, and a type that clients turn into an exception.
import { CommitConflict, MetadataUnreadable } from '../../iceberg/tables.ts'
import { UpdateRefused } from '../../iceberg/updates.ts'
import { GlueError } from '../api/errors.ts'

/** Thrown by an operation as its answer. */
export class RestError extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }

  body(): object {
    return { error: { message: this.message, type: this.type, code: this.status } }
  }
}

export const badRequest = (message: string) => new RestError(400, 'BadRequestException', message)
export const noSuchNamespace = (name: string) =>
  new RestError(404, 'NoSuchNamespaceException', `Namespace does not exist: ${name}`)
export const noSuchTable = (namespace: string, name: string) =>
  new RestError(404, 'NoSuchTableException', `Table does not exist: ${namespace}.${name}`)
export const alreadyExists = (what: string) =>
  new RestError(409, 'AlreadyExistsException', `${what} already exists`)
export const namespaceNotEmpty = (name: string) =>
  new RestError(409, 'NamespaceNotEmptyException', `Namespace ${name} is not empty`)
export const commitFailed = (message: string) => new RestError(409, 'CommitFailedException', message)

/** The answer for an error; undefined for an unexpected one. */
export function restErrorOf(error: unknown): RestError | undefined {
  if (error instanceof RestError) return error
  if (error instanceof UpdateRefused) return badRequest(error.message)
  if (error instanceof CommitConflict) return commitFailed(error.message)
  if (error instanceof MetadataUnreadable) return new RestError(404, 'NoSuchTableException', error.message)
  if (!(error instanceof GlueError)) return undefined
  switch (error.type) {
    case 'EntityNotFoundException':
      return new RestError(
        404,
        error.message.startsWith('Database') ? 'NoSuchNamespaceException' : 'NoSuchTableException',
        error.message,
      )
    case 'AlreadyExistsException':
      return new RestError(409, 'AlreadyExistsException', error.message)
    case 'ConcurrentModificationException':
      return commitFailed(error.message)
    default:
      return badRequest(error.message)
  }
}
