// CREATE TABLE ... AS: translates Athena's properties for the engine, and chooses a folder if the statement names none.

import { literal, type Token } from '@ticklake/runtime/sql/tokens.ts'
import { icebergCtas, icebergTarget } from '../iceberg/ctas.ts'
import { doubleLiterals } from './double-literals.ts'
import { invalidProperty, locationOf, type Property, plainValue, propertyList } from './property-list.ts'
import { edited, type RewrittenSql, unchanged } from './rewritten-sql.ts'
import { formatProperties, writtenFormat } from './written-format.ts'

/** Properties with the same name in the engine. */
const kept = ['partitioned_by', 'bucketed_by', 'bucket_count']

/** Properties of Athena; `compression` is UNLOAD's. */
const known = new Set([...formatProperties, ...kept, 'external_location', 'table_type', 'is_external'])
known.delete('compression')

/**
 * The statement for the engine.
 * @param folder where its data goes if the statement names no location
 * @param database the default for a table's name
 * @throws QueryFailure for a property that Athena does not accept
 */
export function engineCtas(
  sql: string,
  tokens: readonly Token[],
  folder: string,
  database: string,
): RewrittenSql {
  const as = topLevelAs(tokens)
  if (as < 0) return unchanged(sql)
  const opening = tokens.findIndex((token, i) => token.text === '(' && tokens[i - 1]?.value === 'WITH')
  const hasProperties = opening >= 0 && opening < as
  const { properties, closing } = hasProperties
    ? propertyList(sql, tokens, opening)
    : { properties: [], closing: -1 }
  const given = givenProperties(sql, properties)
  const isIceberg = tableTypeOf(sql, given) === 'ICEBERG'
  const rewritten = (text: string) =>
    hasProperties
      ? { start: tokens[opening]!.start, end: tokens[closing]!.end, text: `(${text})` }
      : { start: tokens[as]!.start, end: tokens[as]!.start, text: `WITH (${text}) ` }
  const numbers = doubleLiterals(tokens.slice(as))
  if (!isIceberg) {
    const { text, session } = engineProperties(sql, given, folder)
    return { ...edited(sql, [rewritten(text), ...numbers]), session }
  }
  const { text, session, properties: own } = icebergCtas(sql, given, folder)
  const { edit, ...table } = icebergTarget(tokens, database)
  const edits = [edit, rewritten(text), ...numbers]
  return { ...edited(sql, edits), session, makesIceberg: { ...table, properties: own } }
}

function givenProperties(sql: string, properties: readonly Property[]): Map<string, Property> {
  const given = new Map<string, Property>()
  for (const property of properties) {
    const { name, start } = property
    if (given.has(name)) throw invalidProperty(sql, start, `Duplicate property: ${name}`)
    given.set(name, property)
  }
  return given
}

function tableTypeOf(sql: string, given: ReadonlyMap<string, Property>): string {
  const type = given.get('table_type')
  const tableType = type === undefined ? 'HIVE' : plainValue(sql, type).toUpperCase()
  if (tableType !== 'HIVE' && tableType !== 'ICEBERG')
    throw invalidProperty(sql, type!.start, `Table type ${tableType} is none of HIVE, ICEBERG`)
  return tableType
}

function engineProperties(sql: string, given: ReadonlyMap<string, Property>, folder: string) {
  const unknown = [...given.values()].find(({ name }) => !known.has(name))
  if (unknown)
    throw invalidProperty(
      sql,
      unknown.start,
      `Catalog 'awsdatacatalog' table property '${unknown.name}' does not exist`,
    )
  const external = given.get('is_external')
  if (external && plainValue(sql, external).toUpperCase() !== 'TRUE')
    throw invalidProperty(
      sql,
      external.start,
      'A table of the type HIVE is external: is_external must be true',
    )

  const format = writtenFormat(sql, given)
  const own = kept.flatMap((name) => {
    const property = given.get(name)
    if (!property) return []
    const [first, last] = [property.value[0]!, property.value.at(-1)!]
    return [`${name} = ${sql.slice(first.start, last.end)}`]
  })
  const location = `external_location = ${literal(locationOf(sql, given.get('external_location')) ?? folder)}`
  return { text: [...format.properties, ...own, location].join(', '), session: format.session }
}

/** Whether the statement says where its data goes. */
export function hasExternalLocation(tokens: readonly Token[]): boolean {
  const isName = ({ kind, value }: Token) =>
    (kind === 'word' || kind === 'quoted') && value.toLowerCase() === 'external_location'
  const properties = tokens.slice(0, Math.max(topLevelAs(tokens), 0))
  return properties.some((token, i) => isName(token) && properties[i + 1]?.text === '=')
}

/** The index of the AS before the query, outside all parentheses; -1 if there is none. */
export function topLevelAs(tokens: readonly Token[]): number {
  let depth = 0
  return tokens.findIndex((token, i) => {
    if (token.text === '(') depth++
    if (token.text === ')') depth--
    return depth === 0 && token.kind === 'word' && token.value === 'AS' && tokens[i - 1]?.value !== 'STORED'
  })
}
