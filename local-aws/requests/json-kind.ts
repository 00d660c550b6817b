// The kind of JSON value of a member, and the kind that its shape requires.
import type { Shape } from './model.ts'

export type Kind = 'text' | 'number' | 'boolean' | 'list' | 'object'

/** The kind that a shape requires; undefined for one that accepts any JSON. */
export function kindOfShape({ type }: Shape): Kind | undefined {
  return kinds[type]
}

/** AWS's names of the actual and the required kind; undefined if they agree. */
export function kindMismatch(
  shape: Shape,
  value: unknown,
  name: string,
): readonly [found: string, wanted: string] | undefined {
  const wanted = kinds[shape.type]
  if (wanted === undefined) return undefined
  // The JSON protocol's strings for numbers that JSON cannot write.
  if (shape.type === 'double' && ['NaN', 'Infinity', '-Infinity'].includes(value as string)) return undefined
  const found = kindOf(value)
  if (found !== wanted) return [jsonNames[found], typeNames[wanted]]
  if (shape.type === 'integer' && !Number.isSafeInteger(value)) return [name, 'an Integer']
  if (shape.type === 'long' && !isLong(value)) return [name, 'a Long']
  return undefined
}

export function kindOf(value: unknown): Kind | 'null' {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  // Only column statistics have 64-bit integers.
  if (typeof value === 'bigint') return 'number'
  return typeof value === 'string' ? 'text' : (typeof value as Kind)
}

const isLong = (value: unknown) =>
  typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63)

const kinds: Readonly<Record<string, Kind>> = {
  string: 'text',
  blob: 'text',
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  timestamp: 'number',
  boolean: 'boolean',
  list: 'list',
  map: 'object',
  structure: 'object',
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
