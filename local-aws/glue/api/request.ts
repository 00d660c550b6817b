// What an operation takes, checked the way AWS checks it before the operation itself runs.
import { GlueError } from './errors.ts'
import { checkMemberTypes, type Kind, kindOf, wrongType } from './member-types.ts'

/** `!` after a kind: the member must be there. */
export type Members = Readonly<Record<string, Kind | `${Kind}!`>>

export interface Operation {
  readonly takes: Members
  /** The largest MaxResults. */
  readonly pageSize?: number
  /** The longest that a list or text member may be; a text that must be there has 255 characters at most. */
  readonly longest?: Readonly<Record<string, number>>
  readonly answer: (request: never) => object
}

export type Operations = Readonly<Record<string, Operation>>

/** Of a database, table, version, column or crawler. */
const longestName = 255

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
  checkMemberTypes(request)
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
    } else if (wanted === 'text!' && (value as string).length > (facts.longest?.[path] ?? longestName)) {
      findings.push(tooLong(`'${cut(value as string)}'`, path, facts.longest?.[path] ?? longestName))
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
    const member = memberAt(request, path)
    if (Array.isArray(member) && member.length > most) {
      findings.push(tooLong(`'[${member.length} elements]'`, path, most))
    } else if (typeof member === 'string' && member.length > most && facts.takes[path] !== 'text!') {
      findings.push(tooLong(`'${cut(member)}'`, path, most))
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

function tooLong(value: string, path: string, most: number): string {
  return finding(value, path, `Member must have length less than or equal to ${most}`)
}

/** Enough of a value to know it by. */
function cut(value: string): string {
  return value.length > 300 ? `${value.slice(0, 300)}...` : value
}

function memberAt(request: Record<string, unknown>, path: string): unknown {
  let value: unknown = request
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return value
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  // Not by assignment: a member that is called __proto__ would become the prototype.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([name, member]) => [name, withoutNulls(member)]),
  )
}

/** The named members of an input, without those that it does not have: the rest is not Glue's and is dropped. */
export function pick<T extends object>(input: T, names: readonly (keyof T & string)[]): T {
  const picked: Partial<T> = {}
  for (const name of names) if (input[name] !== undefined) picked[name] = input[name]
  return picked as T
}
