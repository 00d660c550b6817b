// What kind of JSON value a member is, and what AWS answers when it is of another kind than its shape.
import { GlueError } from './errors.ts'

/** What JSON value it is. */
export type Kind = 'text' | 'number' | 'boolean' | 'list' | 'object'

export function kindOf(value: unknown): Kind | 'null' {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  // Only column statistics hold integers of 64 bits.
  if (typeof value === 'bigint') return 'number'
  return typeof value === 'string' ? 'text' : (typeof value as Kind)
}

const jsonNames: Record<Kind | 'null', string> = {
  text: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'TRUE_VALUE',
  list: 'START_ARRAY',
  object: 'START_OBJECT',
  null: 'VALUE_NULL',
}
const typeNames: Record<Kind, string> = {
  text: 'a String',
  number: 'an Integer',
  boolean: 'a Boolean',
  list: 'a List',
  object: 'a Structure',
}

/** The error for a value of another kind than its member has. */
export function wrongType(value: unknown, wanted: Kind): GlueError {
  const found = jsonNames[kindOf(value)]
  return new GlueError('SerializationException', `${found} can not be converted to ${typeNames[wanted]}`)
}
