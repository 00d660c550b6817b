// What columns an Iceberg table has, from a metadata file.
import { type HiveType, primitive, typeText } from '../../hive/column-type.ts'

type IcebergType =
  | string
  | { readonly type: 'struct'; readonly fields: readonly IcebergField[] }
  | { readonly type: 'list'; readonly element: IcebergType }
  | { readonly type: 'map'; readonly key: IcebergType; readonly value: IcebergType }
interface IcebergField {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: IcebergType
  readonly doc?: string
}
interface IcebergSchema {
  readonly 'schema-id'?: number
  readonly fields: readonly IcebergField[]
}
interface Metadata {
  readonly location: string
  readonly 'current-schema-id'?: number
  readonly schemas?: readonly IcebergSchema[]
  /** Where the format's first version has its schema. */
  readonly schema?: IcebergSchema
}

export interface IcebergColumn {
  readonly Name: string
  readonly Type: string
  readonly Comment?: string
  readonly Parameters: Record<string, string>
}

/** @throws Error for text that is no metadata of a table */
export function icebergColumns(metadata: string): { location: string; columns: IcebergColumn[] } {
  const table = JSON.parse(metadata) as Metadata
  const current = table.schemas?.find((schema) => schema['schema-id'] === table['current-schema-id'])
  const schema = current ?? table.schema
  if (!schema || typeof table.location !== 'string') throw new Error('it is no metadata of an Iceberg table')
  const columns = schema.fields.map(({ id, name, required, type, doc }) => ({
    Name: name.toLowerCase(),
    Type: typeText(hiveType(type, 0)),
    ...(doc === undefined ? {} : { Comment: doc }),
    Parameters: {
      'iceberg.field.current': 'true',
      'iceberg.field.id': String(id),
      'iceberg.field.optional': String(!required),
    },
  }))
  return { location: table.location.replace(/^s3[an]:/, 's3:').replace(/\/$/, ''), columns }
}

const primitives: Readonly<Record<string, string>> = {
  long: 'bigint',
  time: 'string',
  timestamptz: 'timestamp',
  timestamp_ns: 'timestamp',
  timestamptz_ns: 'timestamp',
  uuid: 'string',
}
const deepest = 100

function hiveType(type: IcebergType, depth: number): HiveType {
  if (depth > deepest) throw new Error('its schema is nested too deep')
  if (typeof type === 'string') {
    if (type.startsWith('fixed')) return primitive('binary')
    return primitive(primitives[type] ?? type.replaceAll(' ', ''))
  }
  switch (type.type) {
    case 'list':
      return { kind: 'array', of: hiveType(type.element, depth + 1) }
    case 'map':
      return { kind: 'map', key: hiveType(type.key, depth + 1), value: hiveType(type.value, depth + 1) }
    case 'struct':
      return {
        kind: 'struct',
        fields: new Map(type.fields.map((field) => [field.name, hiveType(field.type, depth + 1)])),
      }
  }
}
