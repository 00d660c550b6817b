// How the engine compresses what a statement writes into an Iceberg table: it goes by a setting, not by the table.
import type { GlueService } from '../../glue/api/service.ts'
import { type IcebergTables, isIcebergTable } from '../../iceberg/tables.ts'
import { contextDatabase, type QueryRequest } from '../api/query.ts'
import type { RewrittenSql } from '../sql/rewritten-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { nameAt } from './optimize.ts'
import { codecSetting } from './table-properties.ts'

/** Where the table's name stands in a statement that writes into one. */
const targets: Readonly<Record<string, number>> = {
  INSERT: 2,
  MERGE: 2,
  UPDATE: 1,
  OPTIMIZE: 1,
}

/** The statement with that setting for the table that it writes into. */
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
  // That its metadata is not there is for the engine to say.
  const loaded = await iceberg.load(table).catch(() => undefined)
  return loaded
    ? { ...rewritten, session: { ...rewritten.session, ...codecSetting(loaded.metadata.properties) } }
    : rewritten
}
