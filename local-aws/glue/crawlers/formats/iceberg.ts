// The columns of an Iceberg table, from a metadata file.
import type { Field } from '../../../iceberg/schema.ts'
import { icebergColumns as columnsOf, type IcebergColumn } from '../../hive/iceberg-type.ts'

interface IcebergSchema {
  readonly 'schema-id'?: number
  readonly fields: readonly Field[]
}
interface Metadata {
  readonly location: string
  readonly 'current-schema-id'?: number
  readonly schemas?: readonly IcebergSchema[]
  /** The schema in version 1 of the format. */
  readonly schema?: IcebergSchema
}

/** @throws Error for text that is not a table's metadata */
export function icebergColumns(metadata: string): { location: string; columns: IcebergColumn[] } {
  const table = JSON.parse(metadata) as Metadata
  const current = table.schemas?.find((schema) => schema['schema-id'] === table['current-schema-id'])
  const schema = current ?? table.schema
  if (!schema || typeof table.location !== 'string') throw new Error('it is no metadata of an Iceberg table')
  const columns = columnsOf(schema.fields.map((field) => ({ ...field, name: field.name.toLowerCase() })))
  return { location: table.location.replace(/^s3[an]:/, 's3:').replace(/\/$/, ''), columns }
}
