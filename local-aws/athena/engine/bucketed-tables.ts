// INSERT INTO a bucketed table: Trino supports it, Athena refuses it.
import type { GlueService } from '../../glue/api/service.ts'
import { notSupported } from '../api/errors.ts'
import { contextDatabase, type Query } from '../api/query.ts'
import { writtenTable } from '../results/written-files.ts'
import type { Statement } from '../sql/statement.ts'

/** @throws QueryFailure for a table with buckets */
export async function checkInsert(
  statement: Statement,
  query: Pick<Query, 'database'>,
  glue: GlueService,
): Promise<void> {
  const target = statement.substatement === 'INSERT' ? writtenTable(statement) : undefined
  if (!target) return
  const table = await glue.getTable(target.database ?? contextDatabase(query), target.name)
  if (!table?.StorageDescriptor?.BucketColumns?.length) return
  throw notSupported(
    `Cannot insert into bucketed table ${table.DatabaseName}.${table.Name}: INSERT INTO is not supported on bucketed tables`,
  )
}
