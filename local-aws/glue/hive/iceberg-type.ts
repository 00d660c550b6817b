// Converts column types between Hive's spelling, which Athena's DDL and Glue use, and Iceberg's.
import { AwsError } from '../../http/aws-error.ts'
import type { Field, FieldType } from '../../iceberg/schema.ts'
import { hiveOfIceberg, icebergName } from './type-names.ts'
import { partsOfType, typeName } from './type-parts.ts'

/**
 * Hive columns as fields, numbered from `firstId` on in the order of traversal: `withFreshIds` changes that to
 * Iceberg's own numbering.
 */
export function fieldsOf(
  columns: readonly { readonly Name: string; readonly Type?: string; readonly Comment?: string }[],
  firstId = 1,
): Field[] {
  let next = firstId
  return columns.map(({ Name, Type = 'string', Comment }) => ({
    id: next++,
    name: Name,
    required: false,
    type: fieldType(Type, () => next++),
    ...(Comment === undefined ? {} : { doc: Comment }),
  }))
}

/** A type in Glue's spelling: `array<struct<a:int>>`. */
export function hiveTypeText(type: FieldType): string {
  return typeText(type, ':', ',')
}

export interface IcebergColumn {
  readonly Name: string
  readonly Type: string
  readonly Comment?: string
  readonly Parameters: Record<string, string>
}

/** Fields from the Data Catalog's columns of an Iceberg table. @throws AwsError for a type that is nested too deep */
export function icebergColumns(fields: readonly Field[]): IcebergColumn[] {
  return fields.map(({ id, name, type, required, doc }) => ({
    Name: name,
    Type: hiveTypeText(type),
    ...(doc === undefined ? {} : { Comment: doc }),
    Parameters: {
      'iceberg.field.current': 'true',
      'iceberg.field.id': String(id),
      'iceberg.field.optional': String(!required),
    },
  }))
}

/** A type in the spelling of Athena's DESCRIBE for an Iceberg table: `array<struct<a: int, b: string>>`. */
export function describedType(type: FieldType): string {
  return typeText(type, ': ', ', ')
}

/** Later readers of the type recurse for each level. */
const deepest = 100

function typeText(type: FieldType, colon: string, comma: string, depth = 0): string {
  if (depth > deepest) throw new AwsError('InvalidInputException', 'The schema is nested too deep')
  const text = (inner: FieldType) => typeText(inner, colon, comma, depth + 1)
  if (typeof type === 'string') {
    const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type)
    if (decimal) return `decimal(${decimal[1]}${comma}${decimal[2]})`
    return type.startsWith('fixed[') ? 'binary' : hiveOfIceberg(type)
  }
  switch (type.type) {
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}${colon}${text(field.type)}`).join(comma)}>`
    case 'list':
      return `array<${text(type.element)}>`
    case 'map':
      return `map<${text(type.key)}${comma}${text(type.value)}>`
  }
}

/** A type in Hive's spelling, converted to Iceberg's. */
function fieldType(type: string, nextId: () => number): FieldType {
  const name = typeName(type)
  const parts = partsOfType(type)
  // Ids follow the order of traversal, each part before those within it.
  const part = (at: number) => fieldType(parts[at]?.type || 'string', nextId)
  switch (name) {
    case 'array': {
      const id = nextId()
      return { type: 'list', 'element-id': id, element: part(0), 'element-required': false }
    }
    case 'map': {
      const [keyId, valueId] = [nextId(), nextId()]
      const [key, value] = [part(0), part(1)]
      return { type: 'map', 'key-id': keyId, key, 'value-id': valueId, value, 'value-required': false }
    }
    case 'struct': {
      const fields = parts.map(({ name }, at) => ({ id: nextId(), name, required: false, type: part(at) }))
      return { type: 'struct', fields }
    }
    case 'decimal': {
      const [, precision = '10', scale = '0'] = /\(\s*(\d+)(?:\s*,\s*(\d+))?/.exec(type) ?? []
      return `decimal(${precision}, ${scale})`
    }
    default:
      return icebergName(name || 'string')
  }
}
