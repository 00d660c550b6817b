// Checks Glue's requests, with AWS's messages, and types the handlers of operations.
import { readFileSync } from 'node:fs'
import { requestCheck } from '../../requests/check.ts'
import { readModel } from '../../requests/model.ts'
import { GlueError } from './errors.ts'

/** The handler of an operation: gets a request that has passed its check. */
export type Handler = (request: never) => object
export type Handlers = Readonly<Record<string, Handler>>

const file = (name: string) => new URL(name, import.meta.url)

export const glueModel = readModel(file('./request-shapes.json'))

/** Operations of AWS Glue that are not served here: jobs, workflows, data quality and the like. */
export const refusedOperations: ReadonlySet<string> = new Set(
  JSON.parse(readFileSync(file('./refused-operations.json'), 'utf8')) as string[],
)

/**
 * A request without nulls. Members that the model does not have are kept: the handlers pick theirs.
 * @throws GlueError SerializationException for a wrong JSON type, ValidationException with every finding at once
 */
export const checkedRequest = requestCheck(glueModel, {
  invalid: (message) => new GlueError('ValidationException', message),
  wrongType: (found, wanted) =>
    new GlueError('SerializationException', `${found} can not be converted to ${wanted}`),
  passesUnknownMembers: true,
})

/** Only the named members of an input: other members are not Glue's, and are dropped. */
export function pick<T extends object>(input: T, names: readonly (keyof T & string)[]): T {
  const picked: Partial<T> = {}
  for (const name of names) if (input[name] !== undefined) picked[name] = input[name]
  return picked as T
}
