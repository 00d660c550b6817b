// A view as the Data Catalog stores it: its columns are in a base64 text, not in the table's own list.
import type { Column, Table } from '../../glue/api/shapes.ts'
import { hiveName } from '../../glue/hive/engine-type.ts'

interface PresentedView {
  readonly originalSql: string
  readonly columns: readonly { name: string; type: string }[]
}

const opening = '/* Presto View: '

/** The JSON of a view in the engine's form, as it may be broken; undefined for a text of another form. */
export function viewJson(viewOriginalText: string | undefined): string | undefined {
  const text = viewOriginalText?.trim()
  if (!text?.startsWith(opening) || !text.endsWith('*/')) return undefined
  return Buffer.from(text.slice(opening.length, -2), 'base64').toString('utf8')
}

/** The engine's data of a view that it created; undefined for a table, and for other views. */
export function presentedView(
  table: Pick<Table, 'TableType' | 'ViewOriginalText'>,
): PresentedView | undefined {
  const json = table.TableType === 'VIRTUAL_VIEW' ? viewJson(table.ViewOriginalText) : undefined
  if (json === undefined) return undefined
  try {
    const view: unknown = JSON.parse(json)
    return isView(view) ? view : undefined
  } catch {
    return undefined
  }
}

/** Other clients than Athena write views too. */
function isView(view: unknown): view is PresentedView {
  const { originalSql, columns } = (view ?? {}) as Partial<Record<keyof PresentedView, unknown>>
  const isColumn = (column: Partial<PresentedView['columns'][number]> | null) =>
    typeof column?.name === 'string' && typeof column.type === 'string'
  return typeof originalSql === 'string' && Array.isArray(columns) && columns.every(isColumn)
}

/** The columns of a table, or those of a view's rows. */
export function columnsOf(
  table: Pick<Table, 'TableType' | 'ViewOriginalText' | 'StorageDescriptor'>,
): Column[] {
  const columns = presentedView(table)?.columns
  if (!columns) return table.StorageDescriptor?.Columns ?? []
  return columns.map(({ name, type }) => ({ Name: name, Type: hiveName(type) }))
}
