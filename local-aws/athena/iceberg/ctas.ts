// CREATE TABLE ... AS with table_type = 'ICEBERG': translates Athena's properties for the engine's Iceberg connector.
import { icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { literal, quoted, type Token } from '@ticklake/runtime/sql/tokens.ts'
import { invalidProperty, locationOf, type Property, plainValue } from '../sql/property-list.ts'
import type { Edit } from '../sql/rewritten-sql.ts'
import { endOfName, nameAt } from './optimize.ts'
import { codecSetting, formatOf, propertiesOfNewTable, propertyNames } from './table-properties.ts'

const others = new Set(['table_type', 'is_external', 'location', 'partitioning'])

/** The properties of a statement that the engine accepts, and those that it does not. */
export interface IcebergCtas {
  readonly text: string
  /** Settings of the engine's catalog. */
  readonly session: Readonly<Record<string, string>>
  /** Under Iceberg's names: they are set once the table exists. */
  readonly properties: Readonly<Record<string, string>>
}

/**
 * @param folder where its data goes if the statement names no location
 * @throws QueryFailure for a property that Athena does not accept
 */
export function icebergCtas(sql: string, given: ReadonlyMap<string, Property>, folder: string): IcebergCtas {
  for (const { name, start } of given.values()) {
    if (!others.has(name) && !propertyNames.has(name))
      throw invalidProperty(sql, start, `Catalog 'awsdatacatalog' table property '${name}' does not exist`)
  }
  const external = given.get('is_external')
  if (external && plainValue(sql, external).toUpperCase() !== 'FALSE') {
    throw invalidProperty(
      sql,
      external.start,
      'A table of the type ICEBERG is managed: is_external must be false',
    )
  }
  const named = [...given.values()].filter(({ name }) => propertyNames.has(name))
  const properties = propertiesOfNewTable(
    Object.fromEntries(named.map((property) => [property.name, plainValue(sql, property)])),
  )
  const format = formatOf(properties)
  const partitioning = given.get('partitioning')?.value
  return {
    text: [
      `format = '${format.toUpperCase()}'`,
      `location = ${literal(locationOf(sql, given.get('location')) ?? folder)}`,
      ...(partitioning
        ? [`partitioning = ${sql.slice(partitioning[0]!.start, partitioning.at(-1)!.end)}`]
        : []),
    ].join(', '),
    properties,
    session: codecSetting(properties),
  }
}

/** The edit that names the table in the catalog which accepts those properties, and the table. */
export function icebergTarget(
  tokens: readonly Token[],
  database: string,
): { edit: Edit; database: string; name: string } {
  const start = tokens[2]?.value === 'IF' ? 5 : 2
  const parts = tokens.slice(start, endOfName(tokens, start))
  const { name, database: schema = database } = nameAt(tokens, start)!
  const text = [icebergCatalog, schema, name].map(quoted).join('.')
  const edit = { start: parts[0]!.start, end: parts.at(-1)!.end, text }
  return { edit, database: schema, name }
}
