// The members that requests of several groups of operations have, with the constraints of AWS's model.
import { invalidInput } from './errors.ts'
import { integer, list, required, structure, text } from './shape.ts'

export const workgroupName = text({ pattern: /^[a-zA-Z0-9._-]{1,128}$/ })
export const nameText = text({ min: 1, max: 128 })
export const queryText = text({ min: 1, max: 262_144 })
export const description = text({ min: 1, max: 1_024 })
export const tags = list(
  structure({ Key: required(text({ min: 1, max: 128 })), Value: text({ min: 0, max: 256 }) }),
)
export type Tags = Readonly<Record<string, string>>

/** The members that ask for a page of a list. */
export const paging = { NextToken: text({ min: 1, max: 1_024 }), MaxResults: integer({ min: 1, max: 50 }) }

/** @throws AwsError for a key of AWS's own */
export function tagsOf(given: readonly { readonly Key: string; readonly Value?: string }[] = []): Tags {
  if (given.some(({ Key }) => /^aws:/i.test(Key))) {
    throw invalidInput('aws: prefixed tag key names are not allowed for external use.')
  }
  return Object.fromEntries(given.map(({ Key, Value }) => [Key, Value ?? '']))
}
