// The earlier versions of a table: Glue archives one at each update.
import { errorDetail, GlueError, invalidInput } from '../api/errors.ts'
import { pageOf, startAfterNumber } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import { type CatalogContext, eachOf } from './context.ts'
import { findTable, type TableRow, toTable } from './table-rows.ts'

interface OfTable {
  DatabaseName: string
  TableName: string
}
type Archived = Pick<TableRow, 'version' | 'updated' | 'data'>

const versionNotFound = (version: string) =>
  new GlueError('EntityNotFoundException', `Table version ${version} not found.`)

export function tableVersionOperations({ store, accountId }: CatalogContext): Handlers {
  const shown = (row: TableRow) => ({ Table: toTable(row, accountId), VersionId: String(row.version) })

  const deleteVersion = (row: TableRow, version: string) => {
    if (version === String(row.version)) throw invalidInput('Cannot delete the current version of a table.')
    const sql = 'DELETE FROM table_versions WHERE table_id = ? AND version = ?'
    if (store.run(sql, row.id, version).changes === 0) throw versionNotFound(version)
  }

  return {
    GetTableVersion({ DatabaseName, TableName, VersionId }: OfTable & { VersionId?: string }) {
      const row = findTable(store, DatabaseName, TableName)
      if (VersionId === undefined || VersionId === String(row.version)) return { TableVersion: shown(row) }
      const sql = 'SELECT version, updated, data FROM table_versions WHERE table_id = ? AND version = ?'
      const archived = store.one<Archived>(sql, row.id, VersionId)
      if (!archived) throw versionNotFound(VersionId)
      return { TableVersion: shown({ ...row, ...archived }) }
    },

    // Newest first: the current version, then the archived ones.
    GetTableVersions({
      DatabaseName,
      TableName,
      NextToken,
      MaxResults = 100,
    }: OfTable & { NextToken?: string; MaxResults?: number }) {
      const row = findTable(store, DatabaseName, TableName)
      const before = startAfterNumber(NextToken)
      const archived = store.all<Archived>(
        `SELECT version, updated, data FROM table_versions WHERE table_id = ? AND version < ?
          ORDER BY version DESC LIMIT ?`,
        row.id,
        before ?? row.version,
        MaxResults + 1,
      )
      const versions = archived.map((version): TableRow => ({ ...row, ...version }))
      const all = before === undefined ? [row, ...versions] : versions
      const { rows, next } = pageOf(all, MaxResults, ({ version }) => String(version))
      return { TableVersions: rows.map(shown), ...next }
    },

    DeleteTableVersion({ DatabaseName, TableName, VersionId }: OfTable & { VersionId: string }) {
      deleteVersion(findTable(store, DatabaseName, TableName), VersionId)
      return {}
    },

    BatchDeleteTableVersion({ DatabaseName, TableName, VersionIds }: OfTable & { VersionIds: string[] }) {
      const row = findTable(store, DatabaseName, TableName)
      const Errors = eachOf(
        VersionIds,
        (version) => deleteVersion(row, version),
        (VersionId, error) => ({ TableName, VersionId, ErrorDetail: errorDetail(error) }),
      )
      return { Errors }
    },
  }
}
