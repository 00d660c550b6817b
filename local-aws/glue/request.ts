// What an operation takes, checked the way AWS checks it before the operation itself runs.
import { GlueError } from './errors.ts'

/** `!` after a kind: the member must be there. */
type Kind = 'text' | 'number' | 'boolean' | 'list' | 'object'
export type Members = Readonly<Record<string, Kind | `${Kind}!`>>

export interface Operation {
  readonly takes: Members
  /** The largest MaxResults. */
  readonly pageSize?: number
  /** The longest that a list member may be. */
  readonly longest?: Readonly<Record<string, number>>
  readonly answer: (request: never) => object
}

export type Operations = Readonly<Record<string, Operation>>

/** Keeps the type of the request between the table of operations and the function that answers. */
export function operation<Request>(
  facts: Omit<Operation, 'answer'> & { answer: (request: Request) => object },
): Operation {
  return facts
}

/**
 * Checks a request and drops what counts as absent (null).
 * @throws GlueError SerializationException for a wrong JSON type, ValidationException with every finding at once
 */
export function checkedRequest(facts: Omit<Operation, 'answer'>, body: unknown): object {
  if (body !== undefined && body !== null && kindOf(body) !== 'object') throw wrongType(body, 'object')
  const request = withoutNulls(body ?? {}) as Record<string, unknown>
  const findings: string[] = []
  for (const [path, wanted] of Object.entries(facts.takes)) {
    const kind = wanted.replace('!', '') as Kind
    const value = memberAt(request, path)
    if (value === undefined) {
      const parentIsThere = !path.includes('.') || memberAt(request, path.slice(0, path.lastIndexOf('.')))
      if (wanted.endsWith('!') && parentIsThere)
        findings.push(finding('null', path, 'Member must not be null'))
    } else if (kindOf(value) !== kind) {
      throw wrongType(value, kind)
    } else if (wanted === 'text!' && value === '') {
      findings.push(finding("''", path, 'Member must have length greater than or equal to 1'))
    }
  }
  const { pageSize, longest = {} } = facts
  const wanted = request.MaxResults as number | undefined
  if (pageSize !== undefined && wanted !== undefined) {
    if (kindOf(wanted) !== 'number') throw wrongType(wanted, 'number')
    if (wanted > pageSize) {
      const rule = `Member must have value less than or equal to ${pageSize}`
      findings.push(finding(`'${wanted}'`, 'MaxResults', rule))
    } else if (wanted < 1) {
      findings.push(finding(`'${wanted}'`, 'MaxResults', 'Member must have value greater than or equal to 1'))
    }
  }
  for (const [path, most] of Object.entries(longest)) {
    const list = memberAt(request, path) as unknown[] | undefined
    if (list && list.length > most) {
      const rule = `Member must have length less than or equal to ${most}`
      findings.push(finding(`'[${list.length} elements]'`, path, rule))
    }
  }
  if (findings.length > 0) {
    const count = `${findings.length} validation error${findings.length > 1 ? 's' : ''} detected`
    throw new GlueError('ValidationException', `${count}: ${findings.join('; ')}`)
  }
  return request
}

function finding(value: string, path: string, rule: string): string {
  const camel = path.replace(/(^|\.)([A-Z])/g, (_, dot, letter) => dot + letter.toLowerCase())
  return `Value ${value} at '${camel}' failed to satisfy constraint: ${rule}`
}

function memberAt(request: Record<string, unknown>, path: string): unknown {
  let value: unknown = request
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return value
}

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'list'
  return typeof value === 'string' ? 'text' : (typeof value as Kind)
}

const jsonNames: Record<Kind, string> = {
  text: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'TRUE_VALUE',
  list: 'START_ARRAY',
  object: 'START_OBJECT',
}
const typeNames: Record<Kind, string> = {
  text: 'a String',
  number: 'an Integer',
  boolean: 'a Boolean',
  list: 'a List',
  object: 'a Structure',
}

function wrongType(value: unknown, wanted: Kind): GlueError {
  const found = jsonNames[kindOf(value)]
  return new GlueError('SerializationException', `${found} can not be converted to ${typeNames[wanted]}`)
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member !== null && member !== undefined) kept[name] = withoutNulls(member)
  }
  return kept
}

/** The named members of an input, without those that it does not have: the rest is not Glue's and is dropped. */
export function pick<T extends object>(input: T, names: readonly (keyof T & string)[]): T {
  const picked: Partial<T> = {}
  for (const name of names) if (input[name] !== undefined) picked[name] = input[name]
  return picked as T
}
