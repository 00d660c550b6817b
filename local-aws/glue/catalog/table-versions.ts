// The states that a table had before: Glue archives one at each update.
import { errorDetail, GlueError, invalidInput } from '../api/errors.ts'
import { pageOf, placeOf } from '../api/page.ts'
import { type Operations, operation } from '../api/request.ts'
import type { Store } from './store.ts'
import { findTable, type TableRow, toTable } from './tables.ts'

const inTable = { DatabaseName: 'text!', TableName: 'text!' } as const

export function tableVersionOperations(store: Store, accountId: string): Operations {
  /** The current and the archived states, newest first. */
  const versionsOf = (row: TableRow): TableRow[] => [
    row,
    ...store
      .all<Pick<TableRow, 'version' | 'updated' | 'data'>>(
        'SELECT version, updated, data FROM table_versions WHERE table_id = ? ORDER BY version DESC',
        row.id,
      )
      .map((archived) => ({ ...row, ...archived })),
  ]

  const versionNotFound = (version: string) =>
    new GlueError('EntityNotFoundException', `Table version ${version} not found.`)

  const deleteVersion = (row: TableRow, version: string) => {
    if (version === String(row.version)) throw invalidInput('Cannot delete the current version of a table.')
    const sql = 'DELETE FROM table_versions WHERE table_id = ? AND version = ?'
    if (store.run(sql, row.id, version).changes === 0) throw versionNotFound(version)
  }

  return {
    GetTableVersion: operation<{ DatabaseName: string; TableName: string; VersionId?: string }>({
      takes: { ...inTable, VersionId: 'text' },
      answer({ DatabaseName, TableName, VersionId }) {
        const versions = versionsOf(findTable(store, DatabaseName, TableName))
        const row = versions.find(({ version }) => VersionId === undefined || String(version) === VersionId)
        if (!row) throw versionNotFound(String(VersionId))
        return { TableVersion: { Table: toTable(row, accountId), VersionId: String(row.version) } }
      },
    }),

    GetTableVersions: operation<{
      DatabaseName: string
      TableName: string
      NextToken?: string
      MaxResults?: number
    }>({
      takes: { ...inTable, NextToken: 'text' },
      pageSize: 100,
      answer({ DatabaseName, TableName, NextToken, MaxResults = 100 }) {
        const below = Number(placeOf(NextToken) ?? Number.POSITIVE_INFINITY)
        const older = versionsOf(findTable(store, DatabaseName, TableName)).filter((r) => r.version < below)
        const { rows, next } = pageOf(older, MaxResults, (row) => String(row.version))
        const TableVersions = rows.map((row) => ({
          Table: toTable(row, accountId),
          VersionId: String(row.version),
        }))
        return { TableVersions, ...next }
      },
    }),

    DeleteTableVersion: operation<{ DatabaseName: string; TableName: string; VersionId: string }>({
      takes: { ...inTable, VersionId: 'text!' },
      answer({ DatabaseName, TableName, VersionId }) {
        deleteVersion(findTable(store, DatabaseName, TableName), VersionId)
        return {}
      },
    }),

    BatchDeleteTableVersion: operation<{ DatabaseName: string; TableName: string; VersionIds: string[] }>({
      takes: { ...inTable, VersionIds: 'list!' },
      longest: { VersionIds: 100 },
      answer({ DatabaseName, TableName, VersionIds }) {
        const row = findTable(store, DatabaseName, TableName)
        const Errors: object[] = []
        for (const VersionId of VersionIds) {
          try {
            deleteVersion(row, VersionId)
          } catch (error) {
            if (!(error instanceof GlueError)) throw error
            Errors.push({ TableName, VersionId, ErrorDetail: errorDetail(error) })
          }
        }
        return { Errors }
      },
    }),
  }
}
