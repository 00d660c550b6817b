// Checks the requests of a service against the shapes of its model; a dialect has what differs between services.
import type { AwsError } from '../http/aws-error.ts'
import { validationMessage } from './findings.ts'
import { kindMismatch } from './json-kind.ts'
import type { RequestModel, Shape } from './model.ts'

export interface Dialect {
  /** The error for a request that breaks constraints of its shape. */
  readonly invalid: (message: string) => AwsError
  /** The error for a member with another JSON type than its shape. */
  readonly wrongType: (found: string, wanted: string) => AwsError
  /** Whether members that the model does not have are passed to the handlers. */
  readonly passesUnknownMembers: boolean
}

const anyStructure: Shape = { type: 'structure' }

/**
 * The check of a service. It returns the request without absent members (null), or throws the dialect's error with
 * every broken constraint. If the model has no request for an operation, any structure passes.
 */
export function requestCheck(
  model: RequestModel,
  dialect: Dialect,
): (operation: string, body: unknown) => object {
  const { operations, shapes } = model
  return (operation, body) => {
    const shape = shapes[operations[operation] ?? ''] ?? anyStructure
    const request = read(shape, body ?? {}, '') as object
    const message = validationMessage(model, shape, request)
    if (message !== undefined) throw dialect.invalid(message)
    return request
  }

  /** The value without nulls, if all of it has the types of its shape. */
  function read(shape: Shape | undefined, value: unknown, name: string): unknown {
    const mismatch = shape && kindMismatch(shape, value, name)
    if (mismatch) throw dialect.wrongType(...mismatch)
    if (Array.isArray(value)) {
      const item = shape?.member === undefined ? undefined : shapes[shape.member]
      return value.map((entry) => read(item, entry, name))
    }
    if (typeof value !== 'object' || value === null) return value
    const members: [string, unknown][] = []
    for (const [own, member] of Object.entries(value)) {
      const known = memberShape(shape, own)
      const isDropped = !known && shape?.members && !dialect.passesUnknownMembers
      if (member !== null && member !== undefined && !isDropped) members.push([own, read(known, member, own)])
    }
    // Not by assignment: a member named __proto__ would become the prototype.
    return Object.fromEntries(members)
  }

  function memberShape(shape: Shape | undefined, name: string): Shape | undefined {
    if (shape?.value !== undefined) return shapes[shape.value]
    return shape?.members && Object.hasOwn(shape.members, name) ? shapes[shape.members[name]!] : undefined
  }
}
