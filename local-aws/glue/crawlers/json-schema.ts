// What columns JSON text has: one object a line, or a single object, or an array of them.
import { type HiveType, mergeAll, mergeNamed, primitive, unknownType } from '../hive/column-type.ts'
import type { Schema } from './schema.ts'

const largestInt = 2 ** 31 - 1

/** Hive has no use for a type that is nested deeper; what is deeper counts as no JSON, as what never closes does. */
const deepest = 100

/** The characters of -9223372036854775808; more digits than that need no look. */
const longestBigint = 20

/** So many records are enough to tell the types; the rest is only counted. */
const recordsToLookAt = 1_000

/**
 * In: text, perhaps cut at its end. Out: the columns with their names as written, and how many records there are;
 * undefined when it is not JSON.
 */
export function jsonSchema(text: string): { schema: Schema; records: number } | undefined {
  const found: Iterable<readonly [string, HiveType]>[] = []
  let records = 0
  try {
    for (const value of topLevelValues(text)) {
      records++
      if (records > recordsToLookAt) continue
      const type = typeOfJson(value)
      if (type.kind === 'struct') found.push(type.fields)
      else if (type.kind === 'array') found.push([['array', type]])
      else return undefined
    }
  } catch {
    return undefined
  }
  const columns = mergeNamed(found)
  if (columns.size === 0) return undefined
  return { schema: [...columns].map(([name, type]) => ({ name, type })), records }
}

/** The complete objects and arrays of the text, one after the other. @throws SyntaxError at anything else */
function* topLevelValues(text: string): Generator<string> {
  let depth = 0
  let start = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === 0x5c) i++
      else if (code === 0x22) inString = false
    } else if (code === 0x7b || code === 0x5b) {
      if (depth++ === 0) start = i
      if (depth > deepest) throw new SyntaxError('nested too deep')
    } else if (code === 0x7d || code === 0x5d) {
      depth--
      if (depth === 0) yield text.slice(start, i + 1)
      if (depth < 0) throw new SyntaxError('unbalanced')
    } else if (code === 0x22 && depth > 0) inString = true
    else if (depth === 0 && code > 0x20 && code !== 0xfeff) throw new SyntaxError('neither object nor array')
  }
}

/** The source of a number is needed: 1.0 is a double, and digits beyond 2^53 would be lost. */
type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => HiveType

function typeOfJson(text: string): HiveType {
  const revive: Reviver = (_key, value, { source }) => {
    if (value === null) return unknownType
    if (typeof value === 'string') return primitive('string')
    if (typeof value === 'boolean') return primitive('boolean')
    if (typeof value === 'number') return numberType(source ?? String(value))
    if (Array.isArray(value)) {
      return { kind: 'array', of: mergeAll(value as HiveType[]) }
    }
    return { kind: 'struct', fields: new Map(Object.entries(value as Record<string, HiveType>)) }
  }
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown)
}

function numberType(source: string): HiveType {
  if (!/^-?\d+$/.test(source)) return primitive('double')
  if (Math.abs(Number(source)) <= largestInt) return primitive('int')
  if (source.length > longestBigint) return primitive('double')
  const value = BigInt(source)
  return primitive(BigInt.asIntN(64, value) === value ? 'bigint' : 'double')
}
