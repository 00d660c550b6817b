// Types of columns between Hive's spelling, which Athena's DDL and Glue have, and Iceberg's.
import { partsOfType, typeName } from '../glue/hive/type-parts.ts'
import type { Field, FieldType } from './schema.ts'

/** Iceberg's primitive for each of Hive's; the small integers and the bounded texts have the next wider one. */
const fromHive: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  tinyint: 'int',
  smallint: 'int',
  int: 'int',
  integer: 'int',
  bigint: 'long',
  long: 'long',
  float: 'float',
  real: 'float',
  double: 'double',
  string: 'string',
  varchar: 'string',
  char: 'string',
  binary: 'binary',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  uuid: 'uuid',
}

/** Hive's spelling of each; what Hive has no type for keeps Iceberg's name, or as the text that it prints as. */
const toHive: Readonly<Record<string, string>> = {
  long: 'bigint',
  time: 'string',
  uuid: 'string',
  timestamptz: 'timestamp',
  timestamp_ns: 'timestamp',
  timestamptz_ns: 'timestamp',
}

/**
 * Columns of Hive as fields, numbered from `firstId` on in the order in which they are met: `withFreshIds` brings them
 * into Iceberg's own.
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

/** A type as Glue's columns spell it: `array<struct<a:int>>`. */
export function hiveTypeText(type: FieldType): string {
  return typeText(type, ':', ',')
}

/** A type as Athena's DESCRIBE spells it for an Iceberg table: `array<struct<a: int, b: string>>`. */
export function describedType(type: FieldType): string {
  return typeText(type, ': ', ', ')
}

function typeText(type: FieldType, colon: string, comma: string): string {
  const text = (inner: FieldType) => typeText(inner, colon, comma)
  if (typeof type === 'string') {
    const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type)
    if (decimal) return `decimal(${decimal[1]}${comma}${decimal[2]})`
    return type.startsWith('fixed[') ? 'binary' : (toHive[type] ?? type)
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

/** A type in Hive's spelling as Iceberg's. */
function fieldType(type: string, nextId: () => number): FieldType {
  const name = typeName(type)
  const parts = partsOfType(type)
  // Ids are in the order in which parts are met, each before those within it.
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
      return fromHive[name] ?? (name || 'string')
  }
}
