// WITH (name = value, ...) of CTAS and UNLOAD: Athena's properties, parsed from the tokens of a statement.

import { mismatch, positionOf, type Token } from '@ticklake/runtime/sql/tokens.ts'
import { malformedQuery, QueryFailure } from '../api/errors.ts'
import { engineLocation } from './location.ts'

export interface Property {
  /** In lower case. */
  readonly name: string
  /** The position of its name in the statement. */
  readonly start: number
  /** The tokens of its value. */
  readonly value: readonly Token[]
}

/** A list of properties, from its opening parenthesis on. @throws AwsError MALFORMED_QUERY */
export function propertyList(
  sql: string,
  tokens: readonly Token[],
  opening: number,
): { properties: Property[]; closing: number } {
  const properties: Property[] = []
  for (let at = opening + 1; ; ) {
    const name = tokens[at]
    if (name?.kind !== 'word' && name?.kind !== 'quoted') throw unexpected(sql, name, '<identifier>')
    if (tokens[at + 1]?.text !== '=') throw unexpected(sql, tokens[at + 1], "'='")
    const end = endOfValue(tokens, at + 2)
    const value = tokens.slice(at + 2, end)
    if (value.length === 0) throw unexpected(sql, tokens[end], '<expression>')
    properties.push({ name: name.value.toLowerCase(), start: name.start, value })
    if (tokens[end]?.text === ')') return { properties, closing: end }
    if (tokens[end]?.text !== ',') throw unexpected(sql, tokens[end], "')'", "','")
    at = end + 1
  }
}

/** The index of the comma or parenthesis that ends a value. */
function endOfValue(tokens: readonly Token[], start: number): number {
  let depth = 0
  for (let at = start; at < tokens.length; at++) {
    const { text } = tokens[at]!
    if (depth === 0 && (text === ',' || text === ')')) return at
    if (text === '(' || text === '[') depth++
    if (text === ')' || text === ']') depth--
  }
  return tokens.length
}

/** The value of a property that is one string, number or word. @throws QueryFailure INVALID_TABLE_PROPERTY */
export function plainValue(sql: string, { name, start, value }: Property): string {
  const [token, ...more] = value
  if (more.length > 0 || !['string', 'number', 'word'].includes(token!.kind)) {
    throw invalidProperty(sql, start, `The value of the property '${name}' is no text, number or boolean`)
  }
  return token!.value
}

/** The folder that a property names, as the engine takes it. @throws QueryFailure INVALID_TABLE_PROPERTY */
export function locationOf(sql: string, property: Property | undefined): string | undefined {
  if (!property) return undefined
  const given = plainValue(sql, property)
  const location = engineLocation(given)
  if (location !== undefined) return location
  throw new QueryFailure(
    `INVALID_TABLE_PROPERTY: External location is not a valid file system URI: ${given}`,
    { category: 2, type: 1000 },
  )
}

/** Athena's error for a property, or its value. */
export function invalidProperty(sql: string, offset: number, what: string): QueryFailure {
  const { line, column } = positionOf(sql, offset)
  return new QueryFailure(`INVALID_TABLE_PROPERTY: line ${line}:${column}: ${what}`, {
    category: 2,
    type: 1000,
  })
}

const unexpected = (sql: string, token: Token | undefined, ...expected: string[]) =>
  malformedQuery(mismatch(sql, token, expected))
