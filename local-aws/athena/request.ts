// Reads the members of a request, with the errors that AWS's own checks give.
import { AwsError } from '../aws-error.ts'
import { invalidInput } from './errors.ts'

export type Members = Readonly<Record<string, unknown>>

const serialization = () =>
  new AwsError('SerializationException', 'A member of the request has the wrong type')

/** A text that must be there. @throws AwsError */
export function requiredText(request: Members, name: string): string {
  const value = optionalText(request, name)
  if (value !== undefined) return value
  const member = name[0]!.toLowerCase() + name.slice(1)
  throw invalidInput(
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  )
}

/** A text, or undefined when it is absent or null. @throws AwsError */
export function optionalText(request: Members, name: string): string | undefined {
  const value = request[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw serialization()
}

/** A whole number, or undefined when it is absent or null. @throws AwsError */
export function optionalInteger(request: Members, name: string): number | undefined {
  const value = request[name] ?? undefined
  if (value === undefined || Number.isInteger(value)) return value as number | undefined
  throw serialization()
}

/** A structure; an absent one is empty. @throws AwsError */
export function structure(request: Members, name: string): Members {
  const value = request[name] ?? {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Members
  throw serialization()
}

/** A list of texts, or undefined when it is absent or null. @throws AwsError */
export function optionalTexts(request: Members, name: string): string[] | undefined {
  const value = request[name] ?? undefined
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw serialization()
}

/** A page of a list: its size, and where it starts by the token that the page before gave. @throws AwsError */
export function pageOf<T>(
  items: readonly T[],
  request: Members,
  most: number,
): { page: readonly T[]; next: { NextToken?: string } } {
  const size = optionalInteger(request, 'MaxResults') ?? most
  if (size < 1 || size > most) throw invalidInput(`MaxResults must be from 1 to ${most}`)
  const token = optionalText(request, 'NextToken')
  if (token !== undefined && !/^\d{1,9}$/.test(token)) throw invalidInput(`Malformed nextPageToken ${token}`)
  const start = Number(token ?? 0)
  const end = start + size
  return { page: items.slice(start, end), next: end < items.length ? { NextToken: String(end) } : {} }
}
