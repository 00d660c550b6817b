// The shapes of requests, as AWS's model describes them: a request is checked against its shape, and has its type then.
import { AwsError } from '../../http/aws-error.ts'
import { invalidInput } from './errors.ts'
import type { Members } from './request.ts'

export interface Shape<T> {
  /** The value, without members that the shape does not know. `broken` takes each constraint that does not hold. */
  readonly read: (value: unknown, path: string, broken: string[]) => T
  readonly isRequired?: true
}

/** At most so many violated constraints are reported: a list of thousands would make megabytes of them. */
const mostListed = 20

/** So many are looked for in a list: of a million wrong items all would be found, and each worded, before one is told. */
const mostFound = 1_000

type Shapes = Readonly<Record<string, Shape<unknown>>>
type ValueOf<S> = S extends Shape<infer T> ? T : never
type RequiredKey<M> = { [K in keyof M]: M[K] extends { isRequired: true } ? K : never }[keyof M]
export type Structure<M extends Shapes> = { readonly [K in RequiredKey<M>]: ValueOf<M[K]> } & {
  readonly [K in Exclude<keyof M, RequiredKey<M>>]?: ValueOf<M[K]>
}

export type Operation = (request: Members) => unknown
export type Operations = Readonly<Record<string, Operation>>

/** An operation: the members of its request, and what answers it. */
export function operation<M extends Shapes>(
  members: M,
  answer: (request: Structure<M>) => unknown,
): Operation {
  const shape = structure(members)
  return (request) => answer(checked(shape, request))
}

/** A value that fits its shape. @throws AwsError that names the constraints that do not hold */
export function checked<T>(shape: Shape<T>, value: unknown, path = ''): T {
  const broken: string[] = []
  const read = shape.read(value, path, broken)
  if (broken.length === 0) return read
  const count = broken.length === 1 ? '1 validation error' : `${broken.length} validation errors`
  throw invalidInput(`${count} detected: ${broken.slice(0, mostListed).join('; ')}`)
}

export function text(limits: {
  min?: number
  max?: number
  pattern?: RegExp
  oneOf?: readonly string[]
}): Shape<string> {
  const { min, max, pattern, oneOf } = limits
  return {
    read(value, path, broken) {
      if (typeof value !== 'string') throw wrongType()
      const breaks = (constraint: string) => broken.push(violation(value, path, constraint))
      if (max !== undefined && value.length > max) breaks(`have length less than or equal to ${max}`)
      if (min !== undefined && value.length < min) breaks(`have length greater than or equal to ${min}`)
      if (pattern && !pattern.test(value)) {
        breaks(`satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, '')}`)
      }
      if (oneOf && !oneOf.includes(value)) breaks(`satisfy enum value set: [${oneOf.join(', ')}]`)
      return value
    },
  }
}

export function integer({ min, max }: { min?: number; max?: number }): Shape<number> {
  return {
    read(value, path, broken) {
      if (!Number.isSafeInteger(value)) throw wrongType()
      const number = value as number
      if (max !== undefined && number > max)
        broken.push(violation(value, path, `have value less than or equal to ${max}`))
      if (min !== undefined && number < min)
        broken.push(violation(value, path, `have value greater than or equal to ${min}`))
      return number
    },
  }
}

export const flag: Shape<boolean> = {
  read(value) {
    if (typeof value !== 'boolean') throw wrongType()
    return value
  },
}

export function list<T>(item: Shape<T>, { min, max }: { min?: number; max?: number } = {}): Shape<T[]> {
  return {
    read(value, path, broken) {
      if (!Array.isArray(value)) throw wrongType()
      if (max !== undefined && value.length > max)
        broken.push(violation(value, path, `have length less than or equal to ${max}`))
      if (min !== undefined && value.length < min)
        broken.push(violation(value, path, `have length greater than or equal to ${min}`))
      const read: T[] = []
      for (const [i, entry] of value.entries()) {
        if (entry === null) throw wrongType()
        read.push(item.read(entry, `${path}.${i + 1}.member`, broken))
        if (broken.length >= mostFound) break
      }
      return read
    },
  }
}

/** Names of the user's own, each with a value. */
export function map<T>(
  value: Shape<T>,
  { key, max }: { key?: Shape<string>; max?: number } = {},
): Shape<Readonly<Record<string, T>>> {
  return {
    read(given, path, broken) {
      const entries = Object.entries(members(given))
      if (max !== undefined && entries.length > max) {
        broken.push(violation(given, path, `have length less than or equal to ${max}`))
        return {}
      }
      return Object.fromEntries(
        entries.map(([name, entry]) => {
          key?.read(name, `${path}.key`, broken)
          return [name, value.read(entry, `${path}.${name.slice(0, 255)}`, broken)]
        }),
      )
    },
  }
}

export function structure<M extends Shapes>(shapes: M): Shape<Structure<M>> {
  return {
    read(value, path, broken) {
      const given = members(value)
      const read: Record<string, unknown> = {}
      for (const [name, shape] of Object.entries(shapes)) {
        const member = name[0]!.toLowerCase() + name.slice(1)
        const at = path === '' ? member : `${path}.${member}`
        const found = Object.hasOwn(given, name) ? (given[name] ?? undefined) : undefined
        if (found !== undefined) read[name] = shape.read(found, at, broken)
        else if (shape.isRequired) broken.push(violation(null, at, 'not be null'))
      }
      return read as Structure<M>
    },
  }
}

export function required<T>(shape: Shape<T>): Shape<T> & { readonly isRequired: true } {
  return { ...shape, isRequired: true }
}

function members(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType()
  return value as Members
}

/** A value that is long is left out: nobody reads 262,144 characters of it in an error. */
function violation(value: unknown, path: string, constraint: string): string {
  const shown = value === null ? 'null' : `'${value}'`
  const subject = shown.length > 300 || (typeof value === 'object' && value) ? 'Value' : `Value ${shown}`
  return `${subject} at '${path}' failed to satisfy constraint: Member must ${constraint}`
}

const wrongType = () => new AwsError('SerializationException', 'A member of the request has the wrong type')
