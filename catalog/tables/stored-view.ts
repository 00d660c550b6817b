// A view as Athena itself stores it in Glue: JSON in base64 within a comment. Pure.
import type { TableInput } from '@aws-sdk/client-glue'

export interface ViewColumn {
  readonly name: string
  /** The engine's type, such as varchar or timestamp(3). */
  readonly type: string
}

export interface ViewOf {
  readonly database: string
  readonly table: string
  readonly view: string
}

/** A view is recognized by this comment. */
const COMMENT = 'Presto View'

/**
 * The Glue table of a view. Athena and Trino read `ViewOriginalText`; the console and `ListTableMetadata` show the
 * columns.
 */
export function storedViewInput(
  { database, view }: ViewOf,
  originalSql: string,
  columns: readonly ViewColumn[],
): TableInput {
  const presto = {
    originalSql,
    catalog: 'awsdatacatalog',
    schema: database,
    columns,
    // As in Athena, the querying user needs the permissions. Otherwise the engine would require an owner.
    runAsInvoker: true,
  }
  return {
    Name: view,
    // No Description: the engine would use it as the comment, and recognizes a view by its comment.
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: COMMENT },
    PartitionKeys: [],
    ViewOriginalText: `/* ${COMMENT}: ${Buffer.from(JSON.stringify(presto)).toString('base64')} */`,
    ViewExpandedText: `/* ${COMMENT} */`,
    StorageDescriptor: {
      Columns: columns.map(({ name, type }) => ({ Name: name, Type: glueType(type) })),
      SerdeInfo: {},
    },
  }
}

/** The content of a stored view, or undefined if the text is not a view of Athena. */
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

/** The SQL of a stored view, or undefined if the text is not a view of Athena. */
export function viewSql(viewOriginalText: string | undefined): string | undefined {
  return storedView(viewOriginalText)?.originalSql
}

function glueType(type: string): string {
  if (type === 'varchar') return 'string'
  return type.startsWith('timestamp') ? 'timestamp' : type
}
