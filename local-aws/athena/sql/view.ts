// A view as the Data Catalog stores it: its columns are in a base64 text, not in the table's own list.
import type { Column, Table } from '../../glue/api/shapes.ts'
import { hiveName } from '../../glue/hive/engine-type.ts'

interface PresentedView {
  readonly originalSql: string
  readonly columns: readonly { name: string; type: string }[]
}

/** The engine's data of a view that it created; undefined for a table, and for other views. */
export function presentedView(
  table: Pick<Table, 'TableType' | 'ViewOriginalText'>,
): PresentedView | undefined {
  const encoded = /^\/\* Presto View: ([A-Za-z0-9+/=]+) \*\/$/.exec(table.ViewOriginalText ?? '')?.[1]
  if (table.TableType !== 'VIRTUAL_VIEW' || !encoded) return undefined
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as PresentedView
  } catch {
    return undefined
  }
}

/** The columns of a table, or those of a view's rows. */
export function columnsOf(
  table: Pick<Table, 'TableType' | 'ViewOriginalText' | 'StorageDescriptor'>,
): Column[] {
  const columns = presentedView(table)?.columns
  if (!Array.isArray(columns)) return table.StorageDescriptor?.Columns ?? []
  return columns.map(({ name, type }) => ({ Name: name, Type: hiveName(type) }))
}
