// Resource links of Glue whose table is gone: the Data Catalog still lists them, and nothing can be read through them.
import type { GlueService } from '../../glue/api/service.ts'
import type { Table } from '../../glue/api/shapes.ts'

/** Of a link to a table that is not there, or that is a link itself: the name of that table, `database.table`. */
export async function lostTarget(
  { TargetTable, StorageDescriptor, ViewOriginalText }: Table,
  glue: Pick<GlueService, 'getTable'>,
): Promise<string | undefined> {
  // A link shows what its target has.
  if (!TargetTable || StorageDescriptor || ViewOriginalText) return undefined
  const { DatabaseName = '', Name = '' } = TargetTable
  const target = DatabaseName && Name ? await glue.getTable(DatabaseName, Name) : undefined
  return target && !target.TargetTable ? undefined : `${DatabaseName}.${Name}`
}
