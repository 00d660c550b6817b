// What DESCRIBE says of a table: Hive's lines, their cells filled up to 20 characters and parted by tabs.
import type { Column, Table } from '../../glue/api/shapes.ts'
import { hiveFailure } from '../api/errors.ts'
import { columnsOf } from './view.ts'

export const descriptionColumns = ['col_name', 'data_type', 'comment'] as const

/**
 * The lines of DESCRIBE; with a column's name, those of that column alone.
 * @throws QueryFailure when there is no such column
 */
export function describeTable(table: Table, column: string | undefined): string[] {
  const all = allColumns(table)
  if (column !== undefined) {
    const found = all.filter((each) => each.Name === column)
    if (found.length === 0)
      throw hiveFailure(`SemanticException [Error 10002]: Invalid column reference ${column}`)
    return found.map(columnLine)
  }
  const lines = all.map(columnLine)
  if (!table.PartitionKeys?.length) return lines
  const [Name, Type, Comment] = descriptionColumns
  const heading = `# ${columnLine({ Name, Type, Comment })}`
  const blank = '\t \t '
  return [
    ...lines,
    blank,
    `# Partition Information${blank}`,
    heading,
    blank,
    ...table.PartitionKeys.map(columnLine),
  ]
}

/** The columns that a SELECT * answers: the table's own, then its partition keys. */
export function allColumns(table: Table): Column[] {
  return [...columnsOf(table), ...(table.PartitionKeys ?? [])]
}

function columnLine({ Name, Type, Comment }: Column): string {
  return [Name, Type ?? '', Comment ?? ''].map((cell) => cell.padEnd(20)).join('\t')
}
