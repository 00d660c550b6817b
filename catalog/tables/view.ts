// The tutorials' view of the ticks, as Athena itself stores a view: "adj close", closeusd, the date as text.

import type { TableInput } from '@aws-sdk/client-glue'
import { type TickColumn, tickColumns } from '@ticklake/contract/columns.ts'
import { quoted } from '@ticklake/lake/sql.ts'

/** Tutorials know the columns of the first contract; a `SELECT *` of theirs gives what it always gave. */
const shown = tickColumns.filter(({ since }) => since === 1)
const renamed: Partial<Record<TickColumn['name'], string>> = { adj_close: 'adj close', close_usd: 'closeusd' }

interface ViewOf {
  readonly database: string
  readonly table: string
  readonly view: string
}

/**
 * The view's Glue table. Athena and Trino read `ViewOriginalText`: a comment with base64 of JSON in it; the columns
 * beside it are what the console and `ListTableMetadata` show.
 */
export function viewInput({ database, table, view }: ViewOf): TableInput {
  const columns = shown.map((column) => {
    const name = renamed[column.name] ?? column.name
    const type = column.glue === 'date' || column.glue === 'string' ? 'varchar' : column.glue
    const value = column.glue === 'date' ? `CAST(${quoted(column.name)} AS varchar)` : quoted(column.name)
    return { name, type, sql: value === quoted(name) ? value : `${value} ${quoted(name)}` }
  })
  const originalSql = [
    'SELECT',
    columns.map((column) => `  ${column.sql}`).join('\n, '),
    'FROM',
    `  ${quoted(database)}.${quoted(table)}`,
  ].join('\n')
  const presto = {
    originalSql,
    catalog: 'awsdatacatalog',
    schema: database,
    columns: columns.map(({ name, type }) => ({ name, type })),
    // As in Athena: whoever queries it needs the permission. Otherwise the engine would want the name of an owner.
    runAsInvoker: true,
  }
  return {
    Name: view,
    // No Description: the engine would take it for the comment, and a view is recognized by its comment.
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    PartitionKeys: [],
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(presto)).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
    StorageDescriptor: {
      Columns: columns.map(({ name, type }) => ({ Name: name, Type: type === 'varchar' ? 'string' : type })),
      SerdeInfo: {},
    },
  }
}

/** What Glue holds of a view, or undefined when the text is no Presto view. */
export function storedView(
  viewOriginalText: string | undefined,
): { originalSql: string; runAsInvoker?: boolean } | undefined {
  const base64 = /^\/\* Presto View: (\S+) \*\/$/.exec(viewOriginalText ?? '')?.[1]
  if (!base64) return undefined
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

/** The SQL of a view as Glue holds it, or undefined when the text is no Presto view. */
export function viewSql(viewOriginalText: string | undefined): string | undefined {
  return storedView(viewOriginalText)?.originalSql
}
