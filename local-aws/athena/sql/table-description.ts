// The answer of DESCRIBE: Hive's lines, with cells padded to 20 characters and separated by tabs.
import type { Column, Partition, Table } from '../../glue/api/shapes.ts'
import { partsOfType } from '../../glue/hive/type-parts.ts'
import { hiveFailure } from '../api/errors.ts'
import { blankLine, extendedDetails, formattedDetails, sectionTitle } from './table-details.ts'
import { columnsOf } from './view.ts'

export const descriptionColumns = ['col_name', 'data_type', 'comment'] as const

/** What DESCRIBE is asked for. */
export interface Asked {
  readonly column: string | undefined
  /** The path from the column inwards; empty for the column itself. */
  readonly within: readonly string[]
  readonly detail: 'EXTENDED' | 'FORMATTED' | undefined
  /** The partition to describe instead of the table. */
  readonly partition: Partition | undefined
}

/**
 * The lines of DESCRIBE; with a column's name, only the lines of that column.
 * @throws QueryFailure when there is no such column
 */
export function describeTable(table: Table, { column, within, detail, partition }: Asked): string[] {
  const own = partition?.StorageDescriptor?.Columns ?? columnsOf(table)
  const all = [...own, ...(table.PartitionKeys ?? [])]
  if (column !== undefined) {
    // Glue keeps the capitals of a given name.
    const found = all.filter(({ Name }) => Name.toLowerCase() === column)
    if (found.length === 0)
      throw hiveFailure(`SemanticException [Error 10002]: Invalid column reference ${column}`)
    if (within.length > 0) return fieldsWithin(found[0]!, within).map(columnLine)
    return found.map(columnLine)
  }
  switch (detail) {
    case 'EXTENDED':
      return [...plainLines(table, all), blankLine, extendedDetails(table, partition)]
    case 'FORMATTED':
      return [
        heading,
        blankLine,
        ...own.map(columnLine),
        blankLine,
        ...keyLines(table, blankLine),
        ...formattedDetails(table, partition),
      ]
    default:
      return plainLines(table, all)
  }
}

/**
 * What a column holds at the end of the path: the fields of a struct, else the value itself.
 * @throws QueryFailure when the path does not exist
 */
function fieldsWithin({ Name, Type = 'string' }: Column, within: readonly string[]): Column[] {
  let name = Name
  let type = Type
  for (const step of within) {
    const inner = partsOfType(type).find((part) => part.name.toLowerCase() === step)
    if (!inner)
      throw hiveFailure(
        `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Error in getting fields from serde.Invalid Field ${step}`,
      )
    name = step
    type = inner.type
  }
  const fields = type.startsWith('struct<') ? partsOfType(type) : [{ name, type }]
  return fields.map((field) => ({ Name: field.name, Type: field.type, Comment: 'from deserializer' }))
}

function plainLines(table: Table, all: readonly Column[]): string[] {
  const lines = all.map(columnLine)
  if (!table.PartitionKeys?.length) return lines
  return [...lines, blankLine, ...keyLines(table)]
}

/** The section of the partition keys; empty for a table without any. */
function keyLines({ PartitionKeys: keys = [] }: Table, ...after: string[]): string[] {
  if (keys.length === 0) return []
  return [sectionTitle('Partition Information'), heading, blankLine, ...keys.map(columnLine), ...after]
}

/** The columns of SELECT *: the table's own, then its partition keys. */
export function allColumns(table: Table): Column[] {
  return [...columnsOf(table), ...(table.PartitionKeys ?? [])]
}

function columnLine({ Name, Type, Comment }: Column): string {
  return [Name, Type ?? '', Comment ?? ''].map((cell) => cell.padEnd(20)).join('\t')
}

const [Name, Type, Comment] = descriptionColumns
const heading = `# ${columnLine({ Name, Type, Comment })}`
