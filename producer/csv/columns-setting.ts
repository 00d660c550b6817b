// Reads the setting that names a file's columns: `Close=Price,Volume=Vol.`
import { type ColumnName, nameKey } from '@ticklake/contract/aliases.ts'
import { tickColumns } from '@ticklake/contract/columns.ts'
import { parse } from 'csv-parse/sync'

/** The heading (or the constant number) by the column's name. */
export type Columns = ReadonlyMap<ColumnName, string>

/**
 * @param text pairs of column and heading; a heading with a comma in it needs quotation marks: `Close=Price,"Volume=Vol, m"`
 * @throws Error that says what is wrong with it
 */
export function parseColumns(text: string): Columns {
  const columns = new Map<ColumnName, string>()
  for (const pair of pairsOf(text)) {
    const [own, heading] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    if (!pair.includes('=') || heading.trim() === '') {
      throw new Error(`must be pairs such as Close=Price,Volume=Vol.; ${JSON.stringify(pair)} is not one`)
    }
    const column = tickColumns.find(({ name, csv }) =>
      [name, csv].some((one) => nameKey(one) === nameKey(own)),
    )
    if (!column) {
      const names = tickColumns.map(({ csv }) => csv).join(', ')
      throw new Error(`must have one of ${names} before each =, not ${JSON.stringify(own)}`)
    }
    if (columns.has(column.name)) throw new Error(`must name each column once; ${column.csv} is there twice`)
    columns.set(column.name, heading.trim())
  }
  return columns
}

function pairsOf(text: string): string[] {
  try {
    return (parse(text, { trim: true, record_delimiter: '\n' }) as string[][]).flat()
  } catch {
    throw new Error('must be pairs such as Close=Price,Volume=Vol., with closed quotation marks')
  }
}
