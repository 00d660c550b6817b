// ADD, DROP and CHANGE COLUMN of an Iceberg table: a new schema in which each column keeps its id.
import type { Column } from '../../glue/api/shapes.ts'
import { fieldsOf } from '../../glue/hive/iceberg-type.ts'
import { currentSchema, currentSpec, type TableMetadata } from '../../iceberg/metadata.ts'
import { type Field, withFreshIds } from '../../iceberg/schema.ts'
import { updated } from '../../iceberg/updates.ts'
import { QueryFailure } from '../api/errors.ts'
import type { TableChange } from '../sql/alter-table.ts'

/** @throws QueryFailure */
export function withColumnsAdded(metadata: TableMetadata, columns: readonly Column[]): TableMetadata {
  const { fields } = currentSchema(metadata)
  const added = withFreshIds(fieldsOf(columns), metadata['last-column-id'] + 1).fields
  return withFields(metadata, [...fields, ...added])
}

/** @throws QueryFailure */
export function withColumnDropped(metadata: TableMetadata, name: string): TableMetadata {
  const { fields } = currentSchema(metadata)
  const at = indexOf(fields, name)
  const { id } = fields[at]!
  if (currentSpec(metadata).fields.some((field) => field['source-id'] === id && field.transform !== 'void'))
    throw refused(`Cannot drop partition field: ${name}`)
  if (fields.length === 1) throw refused('Cannot drop the only column in a table')
  return withFields(metadata, fields.toSpliced(at, 1))
}

/** @throws QueryFailure */
export function withColumnChanged(
  metadata: TableMetadata,
  { from, to, after }: Extract<TableChange, { action: 'change-column' }>,
): TableMetadata {
  const { fields } = currentSchema(metadata)
  const at = indexOf(fields, from)
  const before = fields[at]!
  const [wanted] = fieldsOf([to])
  const type = promoted(before, wanted!)
  const field = { ...before, name: to.Name, type, ...(to.Comment === undefined ? {} : { doc: to.Comment }) }
  if (after === undefined) return withFields(metadata, fields.with(at, field))
  const others = fields.toSpliced(at, 1)
  return withFields(metadata, others.toSpliced(after === '' ? 0 : indexOf(others, after) + 1, 0, field))
}

/** The column's new type: the same, or one that holds all values of the old one. @throws QueryFailure */
function promoted({ name, type: old }: Field, { type }: Field): Field['type'] {
  if (typeof old !== 'string' || typeof type !== 'string') {
    // The ids inside are those of the old type: only an identically spelled type is the same.
    if (shape(old) === shape(type)) return old
    throw refused(`Cannot change column type: ${name}: nested types cannot be changed`)
  }
  if (old === type || (old === 'int' && type === 'long') || (old === 'float' && type === 'double'))
    return type
  const [was, is] = [decimalOf(old), decimalOf(type)]
  if (was && is && was.scale === is.scale && is.precision >= was.precision) return type
  throw refused(`Cannot change column type: ${name}: ${old} -> ${type}`)
}

function decimalOf(type: string): { precision: number; scale: number } | undefined {
  const match = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type)
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined
}

const shape = (type: Field['type']) =>
  JSON.stringify(type, (key, value) => (/^(?:id|.*-id)$/.test(key) ? 0 : value))

function withFields(metadata: TableMetadata, fields: readonly Field[]): TableMetadata {
  const names = new Set<string>()
  for (const { name } of fields) {
    if (names.has(name.toLowerCase())) throw refused(`Cannot add column, name already exists: ${name}`)
    names.add(name.toLowerCase())
  }
  const { 'schema-id': _, ...schema } = currentSchema(metadata)
  return updated(metadata, [
    { action: 'add-schema', schema: { ...schema, fields } },
    { action: 'set-current-schema', 'schema-id': -1 },
  ])
}

function indexOf(fields: readonly Field[], name: string): number {
  const at = fields.findIndex((field) => field.name.toLowerCase() === name)
  if (at < 0)
    throw new QueryFailure(`COLUMN_NOT_FOUND: Column '${name}' does not exist`, { category: 2, type: 1006 })
  return at
}

const refused = (what: string) => new QueryFailure(`NOT_SUPPORTED: ${what}`, { category: 2, type: 1200 })
