// Reads the members of a request, with the errors that AWS's own checks give.
import { AwsError } from '../../http/aws-error.ts'
import { invalidInput } from './errors.ts'

export type Members = Readonly<Record<string, unknown>>

const serialization = () =>
  new AwsError('SerializationException', 'A member of the request has the wrong type')

/** The longest that AWS's model lets a member be; the query itself is counted in bytes. */
const longest: Readonly<Record<string, number>> = {
  Name: 256,
  CatalogName: 256,
  DatabaseName: 128,
  TableName: 128,
  QueryExecutionId: 128,
  NextToken: 1_024,
  WorkGroup: 128,
}

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
  const value = Object.hasOwn(request, name) ? (request[name] ?? undefined) : undefined
  if (value === undefined) return value
  if (typeof value !== 'string') throw serialization()
  const most = longest[name]
  if (most !== undefined) checkLength(name[0]!.toLowerCase() + name.slice(1), value, most)
  return value
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

/** Which page of a list is asked for: the Data Catalog's own members for it. @throws AwsError */
export function pageRequest(request: Members, most: number): { MaxResults: number; NextToken?: string } {
  const size = optionalInteger(request, 'MaxResults') ?? most
  if (size < 1 || size > most) throw invalidInput(`MaxResults must be from 1 to ${most}`)
  const token = optionalText(request, 'NextToken')
  return { MaxResults: size, ...(token === undefined ? {} : { NextToken: token }) }
}

/** @throws AwsError when a member is longer than AWS's model of it says */
export function checkLength(member: string, value: string | undefined, most: number): void {
  if (value === undefined || value.length <= most) return
  throw invalidInput(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  )
}
