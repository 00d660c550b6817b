// The answers of DESCRIBE, SHOW CREATE TABLE and SHOW TBLPROPERTIES for an Iceberg table: lines without padding.

import { hiveLiteral } from '@ticklake/runtime/sql/hive-string.ts'
import { describedType } from '../../glue/hive/iceberg-type.ts'
import { currentSchema, currentSpec, type TableMetadata } from '../../iceberg/metadata.ts'
import type { PartitionField } from '../../iceberg/partition-spec.ts'
import type { Field } from '../../iceberg/schema.ts'
import type { LoadedTable } from '../../iceberg/tables.ts'
import { hiveFailure, QueryFailure } from '../api/errors.ts'
import { athenaProperties, formatOf } from './table-properties.ts'

export interface Asked {
  readonly column: string | undefined
  readonly detail: 'EXTENDED' | 'FORMATTED' | undefined
}

const blankLine = '\t\t'

/** @throws QueryFailure */
export function describeLines({ metadata, entry }: LoadedTable, { column, detail }: Asked): string[] {
  if (detail === 'EXTENDED') {
    throw new QueryFailure('EXTENDED keyword is not supported for Iceberg tables.', {
      category: 2,
      type: 1100,
    })
  }
  const { fields } = currentSchema(metadata)
  if (column !== undefined) {
    const found = fields.filter(({ name }) => name.toLowerCase() === column)
    if (found.length === 0)
      throw hiveFailure(`SemanticException [Error 10002]: Invalid column reference ${column}`)
    return found.map(columnLine)
  }
  const lines = [
    `# Table schema:${blankLine}`,
    '# col_name\tdata_type\tcomment',
    ...fields.map(columnLine),
    blankLine,
    `# Partition spec:${blankLine}`,
    '# field_name\tfield_transform\tcolumn_name',
    ...currentSpec(metadata).fields.map(
      (field) => `${field.name}\t${field.transform}\t${sourceOf(field, metadata)}`,
    ),
  ]
  if (detail === undefined) return lines
  return [
    ...lines,
    blankLine,
    `Name:\ticeberg.${entry.DatabaseName}.${entry.Name}\t`,
    `Location:\t${metadata.location}\t`,
    blankLine,
    ...propertySection('# Table properties:', {
      format: formatOf(metadata.properties).toUpperCase(),
      ...athenaProperties(metadata.properties),
    }),
    blankLine,
    ...propertySection('# Iceberg storage table properties:', metadata.properties),
  ]
}

/** The names of the columns. */
export function columnNames({ metadata }: LoadedTable): string[] {
  return currentSchema(metadata).fields.map(({ name }) => name)
}

/** The statement that creates the table. */
export function createTableLines({ metadata, entry }: LoadedTable): string[] {
  const name = [entry.DatabaseName, entry.Name].map(plainName).join('.')
  const columns = currentSchema(metadata).fields.map(({ name: column, type, doc }) => {
    const comment = doc === undefined ? '' : ` COMMENT ${hiveLiteral(doc)}`
    return `  ${plainName(column)} ${describedType(type)}${comment}`
  })
  const terms = currentSpec(metadata).fields.map((field) => partitionTerm(field, metadata))
  const { comment } = metadata.properties
  const properties = Object.entries(propertiesOf(metadata)).map(
    ([key, value]) => `  ${hiveLiteral(key)}=${hiveLiteral(value)}`,
  )
  return [
    `CREATE TABLE ${name} (`,
    ...closed(columns, ')'),
    ...(comment === undefined ? [] : [`COMMENT ${hiveLiteral(comment)}`]),
    ...(terms.length === 0 ? [] : [`PARTITIONED BY (${terms.join(', ')})`]),
    `LOCATION ${hiveLiteral(metadata.location)}`,
    'TBLPROPERTIES (',
    ...closed(properties, ''),
    ');',
  ]
}

/** The properties that Athena's statements accept, and the type of the table. */
export function propertiesOf({ properties }: TableMetadata): Record<string, string> {
  return { table_type: 'iceberg', ...athenaProperties(properties) }
}

function partitionTerm(field: PartitionField, metadata: TableMetadata): string {
  const column = `\`${sourceOf(field, metadata)}\``
  const counted = /^(bucket|truncate)\[(\d+)\]$/.exec(field.transform)
  if (counted) return `${counted[1]}(${counted[2]}, ${column})`
  return field.transform === 'identity' ? column : `${field.transform}(${column})`
}

function sourceOf(field: PartitionField, metadata: TableMetadata): string {
  return currentSchema(metadata).fields.find(({ id }) => id === field['source-id'])?.name ?? field.name
}

const columnLine = ({ name, type, doc }: Field) => `${name}\t${describedType(type)}\t${doc ?? ''}`

function propertySection(title: string, properties: Readonly<Record<string, string>>): string[] {
  const lines = Object.entries(properties).map(([key, value]) => `${key}\t${value}\t`)
  return [`${title}${blankLine}`, '# key\tvalue\t', ...lines.sort()]
}

/** A comma after each line but the last, which has `end` instead. */
const closed = (lines: readonly string[], end: string) =>
  lines.map((line, i) => `${line}${i === lines.length - 1 ? end : ','}`)

const plainName = (name: string) =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
