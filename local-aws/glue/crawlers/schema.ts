// The columns of an object, and how similar those of two objects are.
import { type HiveType, mergeNamed, typeFamily, typeText } from '../hive/column-type.ts'

export interface SchemaColumn {
  readonly name: string
  readonly type: HiveType
}
export type Schema = readonly SchemaColumn[]

/** AWS's limits for objects of one table. */
const leastSimilarity = 0.7
const mostSchemas = 5

/** All columns of all schemas in the order of their first appearance; names ignore case. */
export function mergeSchemas(schemas: Iterable<Schema>): Schema {
  const columns = Array.from(schemas, (schema) =>
    schema.map(({ name, type }): [string, HiveType] => [name.toLowerCase(), type]),
  )
  return Array.from(mergeNamed(columns), ([name, type]) => ({ name, type }))
}

/** Columns in Glue's form. */
export function glueColumns(schema: Schema): { Name: string; Type: string }[] {
  return schema.map(({ name, type }) => ({ Name: name, Type: typeText(type) }))
}

/** The share of columns, of the longer list, that both have with the same kind of type. */
export function similarity(a: Schema, b: Schema): number {
  const families = new Map(a.map(({ name, type }) => [name, typeFamily(type)]))
  const shared = b.filter(({ name, type }) => {
    const family = families.get(name)
    return (
      family !== undefined && (family === typeFamily(type) || [family, typeFamily(type)].includes('unknown'))
    )
  })
  const longer = Math.max(a.length, b.length)
  return longer === 0 ? 1 : shared.length / longer
}

/** Whether objects with these schemas can be one table: a similarity above 0.7, and at most five kinds. */
export function areOneTable(schemas: readonly Schema[]): boolean {
  const merged = new Map(mergeSchemas(schemas).map(({ name, type }) => [name, type]))
  const distinct = new Map<string, Schema>()
  for (const schema of schemas) {
    const known = mergeSchemas([schema]).map(({ name, type }) => ({
      name,
      type: type.kind === 'unknown' ? merged.get(name)! : type,
    }))
    const parts = known.map(({ name, type }) => `${name}:${typeFamily(type)}`)
    distinct.set(parts.sort().join('\n'), known)
    if (distinct.size > mostSchemas) return false
  }
  const kinds = [...distinct.values()]
  return kinds.every((a, i) => kinds.slice(i + 1).every((b) => similarity(a, b) > leastSimilarity))
}
