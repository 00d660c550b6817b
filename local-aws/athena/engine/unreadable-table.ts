// Entries of the Data Catalog that nobody can read: the engine would only report a defect of its own, and lists would fail.
import type { Table } from '../../glue/api/shapes.ts'
import { mayBeHiveType } from '../../glue/hive/type-parts.ts'
import { isIcebergTable } from '../../iceberg/tables.ts'
import { presentedView, viewJson } from '../sql/view.ts'

/**
 * What an entry that others than Athena made lacks: an error of Athena, mostly in its own words. Without a code of its
 * own it is a HIVE_METASTORE_ERROR. Undefined where nothing is missing.
 */
export function whyUnreadable(table: Table): string | undefined {
  if (table.TableType === 'VIRTUAL_VIEW') return whyUnreadableView(table)
  if (isIcebergTable(table)) return undefined
  const { StorageDescriptor, PartitionKeys = [] } = table
  const name = `${table.DatabaseName}.${table.Name}`
  if (!StorageDescriptor) return `Table is missing storage descriptor: ${name}`
  if (!StorageDescriptor.SerdeInfo) return 'Table storage descriptor is missing SerDe info'
  if (!StorageDescriptor.Location) return `Table storage descriptor is missing location: ${name}`
  const columns = [...(StorageDescriptor.Columns ?? []), ...PartitionKeys]
  const invalid = columns.find(({ Type }) => !Type || !mayBeHiveType(Type))
  if (!invalid) return undefined
  return `HIVE_INVALID_METADATA: Glue table '${name}' column '${invalid.Name}' has invalid data type: ${invalid.Type ?? null}`
}

function whyUnreadableView(view: Table): string | undefined {
  const { ViewOriginalText, DatabaseName, Name } = view
  if (!ViewOriginalText) return `HIVE_INVALID_METADATA: No view original text: ${DatabaseName}.${Name}`
  const json = viewJson(ViewOriginalText)
  return json === undefined || presentedView(view) ? undefined : `INVALID_VIEW: Invalid view JSON: ${json}`
}
