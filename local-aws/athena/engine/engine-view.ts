// A view as the engine wants it from the Data Catalog: others than Athena (Terraform, CDK) leave out what it insists on.
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

/** In place of a view's columns, which may have types that no table of Hive's can have: the engine takes them from its text. */
const placeholder = { Name: 'dummy', Type: 'string' }

/** The table with a SerDe, and names in lower case; a view also with the engine's names of its types, and in the one catalog. */
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
  if (!view || !Array.isArray(view.columns)) {
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

/** Glue keeps a column's name as it was given; the engine cannot write into one with capitals. */
const lowerCase = (column: Column): Column => ({ ...column, Name: column.Name.toLowerCase() })

/** By which the engine knows a view. It takes an entry with a comment of its own for none, and a description for its comment. */
export function viewMarks({
  Parameters,
}: Pick<Table, 'Parameters'>): Pick<Table, 'Parameters' | 'Description'> {
  const comment = 'Presto View'
  return { Parameters: { ...Parameters, comment, presto_view: 'true' }, Description: comment }
}

/** How the Data Catalog holds a view of the engine. */
export function viewText(view: View & { readonly path?: readonly string[] }): string {
  return `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`
}
