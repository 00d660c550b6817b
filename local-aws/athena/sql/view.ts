// A view as the Data Catalog keeps it: its columns stand in a base64 text, not in the table's own list.
import type { Column, Table } from '../../glue/api/shapes.ts'

/** The columns of a table, or those that a view answers. */
export function columnsOf(table: Table): Column[] {
  const encoded = /^\/\* Presto View: ([A-Za-z0-9+/=]+) \*\/$/.exec(table.ViewOriginalText ?? '')?.[1]
  if (table.TableType !== 'VIRTUAL_VIEW' || !encoded) return table.StorageDescriptor?.Columns ?? []
  try {
    const view = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as {
      columns: { name: string; type: string }[]
    }
    return view.columns.map(({ name, type }) => ({ Name: name, Type: hiveNameOf(type) }))
  } catch {
    return table.StorageDescriptor?.Columns ?? []
  }
}

/** What Hive calls a type of the engine: `varchar` is `string`, `row(a bigint)` is `struct<a:bigint>`. */
function hiveNameOf(type: string): string {
  return type
    .replaceAll(/\bvarchar\b(?!\()/g, 'string')
    .replaceAll(/\binteger\b/g, 'int')
    .replaceAll(/\breal\b/g, 'float')
    .replaceAll(/\bvarbinary\b/g, 'binary')
    .replaceAll(/\btimestamp\(\d+\)/g, 'timestamp')
}
