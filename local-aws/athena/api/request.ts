// Checks Athena's requests against its service model, and gives operations the types of checked requests.
import type { Athena } from '@aws-sdk/client-athena'
import { AwsError } from '../../http/aws-error.ts'
import { requestCheck } from '../../requests/check.ts'
import { readModel } from '../../requests/model.ts'
import { invalidInput } from './errors.ts'
import { withOwnRules } from './own-rules.ts'

/** The SDK's type, without what the check has ruled out: undefined required members. */
type Checked<T> = T extends object
  ? { readonly [Member in keyof T]: Checked<Exclude<T[Member], undefined>> }
  : T
type InputOf<Method> = Method extends (...parameters: infer Parameters) => unknown ? Parameters[0] : never

export type OperationName = Capitalize<keyof Athena & string>
/** The checked request of an operation. */
export type RequestOf<Name extends OperationName> = Checked<InputOf<Athena[Uncapitalize<Name>]>>
/** Operations by name, each with its handler. */
export type Operations = { readonly [Name in OperationName]?: (request: RequestOf<Name>) => unknown }

export const athenaModel = withOwnRules(readModel(new URL('./request-shapes.json', import.meta.url)))

/** A request without nulls, and without members that the model does not have. @throws AwsError */
export const checkedRequest = requestCheck(athenaModel, {
  invalid: invalidInput,
  wrongType: () => new AwsError('SerializationException', 'A member of the request has the wrong type'),
  passesUnknownMembers: false,
})
