// A view as the engine expects it from the Data Catalog: other writers than Athena (Terraform, CDK) omit parts of it.
import { dataCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import type { Column, Table } from '../../glue/api/shapes.ts'
import { engineType } from '../../glue/hive/engine-type.ts'
import { presentedView } from '../sql/view.ts'

interface View {
  readonly originalSql: string
  readonly catalog?: string
  readonly schema?: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly owner?: string
  readonly runAsInvoker?: boolean
}

/** Replaces a view's columns, whose types may not exist in Hive: the engine reads them from the view's text. */
const placeholder = { Name: 'dummy', Type: 'string' }

/** The table with a SerDe and lower-case names; a view also with the engine's type names, and in the one catalog. */
export function engineTable(table: Table): Table {
  const { StorageDescriptor = {}, PartitionKeys } = table
  const { Columns, SerdeInfo = {} } = StorageDescriptor
  const whole = {
    ...table,
    StorageDescriptor: {
      ...StorageDescriptor,
      SerdeInfo,
      ...(Columns ? { Columns: Columns.map(lowerCase) } : {}),
    },
    ...(PartitionKeys ? { PartitionKeys: PartitionKeys.map(lowerCase) } : {}),
  }
  const view: View | undefined = presentedView(table)
  if (!view) {
    const { TableType, ViewOriginalText, ViewExpandedText = ViewOriginalText } = table
    const isHive = TableType === 'VIRTUAL_VIEW' && ViewExpandedText !== undefined
    return isHive ? { ...whole, ViewExpandedText } : whole
  }
  return {
    ...whole,
    StorageDescriptor: { ...whole.StorageDescriptor, Columns: [placeholder] },
    ViewOriginalText: viewText({
      ...view,
      catalog: view.catalog === undefined ? dataCatalog : view.catalog.toLowerCase(),
      schema: view.schema ?? table.DatabaseName,
      columns: view.columns.map(({ name, type }) => ({ name, type: engineType(type) })),
      runAsInvoker: view.runAsInvoker ?? view.owner === undefined,
    }),
    ViewExpandedText: table.ViewExpandedText ?? '/* Presto View */',
    ...viewMarks(table),
  }
}

/** Glue keeps a column's name as given; the engine cannot write to a name with capitals. */
const lowerCase = (column: Column): Column => ({ ...column, Name: column.Name.toLowerCase() })

/** The engine recognizes a view by this comment alone; a description would be used as the comment. */
export function viewMarks({
  Parameters,
}: Pick<Table, 'Parameters'>): Pick<Table, 'Parameters' | 'Description'> {
  const comment = 'Presto View'
  return { Parameters: { ...Parameters, comment, presto_view: 'true' }, Description: comment }
}

/** How the Data Catalog stores a view of the engine. */
export function viewText(view: View & { readonly path?: readonly string[] }): string {
  return `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`
}
