// The check of Athena's requests by its service model, and the types that operations take then.
import type { Athena } from '@aws-sdk/client-athena'
import { AwsError } from '../../http/aws-error.ts'
import { requestCheck } from '../../requests/check.ts'
import { readModel } from '../../requests/model.ts'
import { invalidInput } from './errors.ts'
import { withOwnRules } from './own-rules.ts'

/** As the SDK has it, without what a check has ruled out: required members that are undefined. */
type Checked<T> = T extends object
  ? { readonly [Member in keyof T]: Checked<Exclude<T[Member], undefined>> }
  : T
type InputOf<Method> = Method extends (...parameters: infer Parameters) => unknown ? Parameters[0] : never

export type OperationName = Capitalize<keyof Athena & string>
/** The checked request of an operation. */
export type RequestOf<Name extends OperationName> = Checked<InputOf<Athena[Uncapitalize<Name>]>>
/** Operations by name, each with what answers it. */
export type Operations = { readonly [Name in OperationName]?: (request: RequestOf<Name>) => unknown }

export const athenaModel = withOwnRules(readModel(new URL('./request-shapes.json', import.meta.url)))

/** A request without nulls, and without members that the model does not have. @throws AwsError */
export const checkedRequest = requestCheck(athenaModel, {
  invalid: invalidInput,
  wrongType: () => new AwsError('SerializationException', 'A member of the request has the wrong type'),
  passesUnknownMembers: false,
})
