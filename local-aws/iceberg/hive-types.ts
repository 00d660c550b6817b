// Types of columns between Hive's spelling, which Athena's DDL and Glue have, and Iceberg's.
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
    type: new HiveTypeReader(Type, () => next++).type(),
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

/** Reads a type in Hive's spelling. */
class HiveTypeReader {
  readonly #tokens: readonly string[]
  readonly #nextId: () => number
  #at = 0

  constructor(text: string, nextId: () => number) {
    this.#tokens = text.match(/[^<>(),:\s]+|[<>(),:]/g) ?? []
    this.#nextId = nextId
  }

  type(): FieldType {
    const word = this.#tokens[this.#at++] ?? 'string'
    switch (word.toLowerCase()) {
      case 'array': {
        const id = this.#nextId()
        const [element] = this.#inAngles(() => this.type())
        return { type: 'list', 'element-id': id, element: element!, 'element-required': false }
      }
      case 'map': {
        const [keyId, valueId] = [this.#nextId(), this.#nextId()]
        const [key, value] = this.#inAngles(() => this.type())
        return {
          type: 'map',
          'key-id': keyId,
          key: key!,
          'value-id': valueId,
          value: value!,
          'value-required': false,
        }
      }
      case 'struct':
        return { type: 'struct', fields: this.#inAngles(() => this.#field()) }
      case 'decimal': {
        const [precision = '10', scale = '0'] = this.#sizes()
        return `decimal(${precision}, ${scale})`
      }
      default:
        this.#sizes()
        return fromHive[word.toLowerCase()] ?? word.toLowerCase()
    }
  }

  #field(): Field {
    const id = this.#nextId()
    const name = this.#tokens[this.#at++] ?? ''
    this.#at++
    return { id, name, required: false, type: this.type() }
  }

  #inAngles<T>(item: () => T): T[] {
    this.#at++
    const items = [item()]
    while (this.#tokens[this.#at] === ',') {
      this.#at++
      items.push(item())
    }
    this.#at++
    return items
  }

  /** What stands in parentheses behind a type. */
  #sizes(): string[] {
    if (this.#tokens[this.#at] !== '(') return []
    const end = this.#tokens.indexOf(')', this.#at)
    const sizes = this.#tokens.slice(this.#at + 1, end).filter((token) => token !== ',')
    this.#at = end + 1
    return sizes
  }
}
