// Sets the compression of what a statement writes into an Iceberg table: the engine uses a setting, not the table's.
import type { GlueService } from '../../glue/api/service.ts'
import { type IcebergTables, isIcebergTable } from '../../iceberg/tables.ts'
import { contextDatabase, type QueryRequest } from '../api/query.ts'
import type { RewrittenSql } from '../sql/rewritten-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { nameAt } from './optimize.ts'
import { codecSetting } from './table-properties.ts'

/** The position of the table's name in a statement that writes into a table. */
const targets: Readonly<Record<string, number>> = {
  INSERT: 2,
  MERGE: 2,
  UPDATE: 1,
  OPTIMIZE: 1,
}

/** The statement with that setting for its table. */
export async function withWriterSettings(
  rewritten: RewrittenSql,
  { substatement, tokens }: Statement,
  request: QueryRequest,
  { glue, iceberg }: { readonly glue: GlueService; readonly iceberg: IcebergTables },
): Promise<RewrittenSql> {
  const at = targets[substatement]
  const target = at === undefined ? undefined : nameAt(tokens, at)
  if (!target) return rewritten
  const table = await glue.getTable(target.database ?? contextDatabase(request), target.name)
  if (!table || !isIcebergTable(table)) return rewritten
  // If the metadata is missing, the engine reports that.
  const loaded = await iceberg.load(table).catch(() => undefined)
  return loaded
    ? { ...rewritten, session: { ...rewritten.session, ...codecSetting(loaded.metadata.properties) } }
    : rewritten
}
