// Glue tables: their operations on the store.

import { errorDetail, GlueError, invalidInput } from '../api/errors.ts'
import { nextToken, startAfter } from '../api/page.ts'
import { type Handlers, pick } from '../api/request.ts'
import type { Table, TableInput } from '../api/shapes.ts'
import { type CatalogContext, eachOf, nowSeconds } from './context.ts'
import { needDatabase, storedName } from './databases.ts'
import { namePattern } from './name-pattern.ts'
import { addPartitionIndex, type PartitionIndex } from './partition-indexes.ts'
import { ScanBudget } from './scan-budget.ts'
import { entryIn, findEntry, findTable, shownTable } from './table-rows.ts'
import { deleteTags } from './tags.ts'
import { type ViewUpdateAction, withDialects } from './view-dialects.ts'

const members = [
  'Name',
  'Description',
  'Owner',
  'LastAccessTime',
  'LastAnalyzedTime',
  'Retention',
  'StorageDescriptor',
  'PartitionKeys',
  'ViewOriginalText',
  'ViewExpandedText',
  'TableType',
  'Parameters',
  'TargetTable',
  'FederatedTable',
  'ViewDefinition',
] as const

/** The answer of GetTables when only names, or names and types, are requested. */
function attributesOf(
  { Name, TableType }: Table,
  wanted: readonly string[],
): Pick<Table, 'Name' | 'TableType'> {
  return wanted.includes('TABLE_TYPE') && TableType !== undefined ? { Name, TableType } : { Name }
}

function needInput(input: TableInput | undefined): TableInput {
  if (input) return input
  throw invalidInput('TableInput is required')
}

export function tableOperations(context: CatalogContext): Handlers {
  const { store, accountId } = context
  const dataOf = (input: TableInput) =>
    JSON.stringify(pick({ ...input, Name: storedName(input.Name) }, members))

  const deleteTable = (database: string, name: string) => {
    const row = findEntry(store, database, name)
    store.transaction(() => {
      store.run('DELETE FROM tables WHERE id = ?', row.id)
      deleteTags(context, `table/${row.database}/${row.name}`)
    })
  }

  return {
    CreateTable({
      DatabaseName,
      TableInput,
      PartitionIndexes = [],
    }: {
      DatabaseName: string
      TableInput?: TableInput
      PartitionIndexes?: PartitionIndex[]
    }) {
      const input = needInput(TableInput)
      const database = needDatabase(store, DatabaseName)
      if (input.TargetTable && database !== storedName(DatabaseName))
        throw invalidInput('A resource link to a table cannot be created in a resource link to a database')
      const now = nowSeconds()
      store.transaction(() => {
        const { changes } = store.run(
          `INSERT INTO tables (database, name, version, created, updated, data) VALUES (?, ?, 0, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
          database,
          storedName(input.Name),
          now,
          now,
          dataOf(input),
        )
        if (changes === 0) throw new GlueError('AlreadyExistsException', 'Table already exists.')
        if (PartitionIndexes.length === 0) return
        const row = findTable(store, DatabaseName, input.Name)
        for (const index of PartitionIndexes) addPartitionIndex(store, row, index)
      })
      return {}
    },

    GetTable({ DatabaseName, Name }: { DatabaseName: string; Name: string }) {
      const row = entryIn(store, DatabaseName, Name)
      // Other operations name the table that is missing. Clients compare this text.
      if (!row) throw new GlueError('EntityNotFoundException', 'Entity Not Found')
      return { Table: shownTable(store, row, accountId) }
    },

    GetTables({
      DatabaseName,
      Expression,
      NextToken,
      MaxResults = 100,
      AttributesToGet,
    }: {
      DatabaseName: string
      Expression?: string
      NextToken?: string
      MaxResults?: number
      AttributesToGet?: string[]
    }) {
      const database = needDatabase(store, DatabaseName)
      if (AttributesToGet && !AttributesToGet.includes('NAME'))
        throw invalidInput('AttributesToGet must include NAME')
      const matches = Expression ? namePattern(Expression) : undefined
      const budget = new ScanBudget()
      const found: string[] = []
      let last = ''
      let isMore = false
      const sql = 'SELECT name FROM tables WHERE database = ? AND name > ? ORDER BY name'
      for (const { name } of store.iterate<{ name: string }>(sql, database, startAfter(NextToken) ?? '')) {
        isMore = found.length === MaxResults || (last !== '' && budget.isSpent)
        if (isMore) break
        last = name
        if (matches?.(name) !== false) found.push(name)
      }
      const tables = found.map((name) => shownTable(store, findEntry(store, database, name), accountId))
      return {
        TableList: AttributesToGet ? tables.map((table) => attributesOf(table, AttributesToGet)) : tables,
        ...(isMore ? { NextToken: nextToken(last) } : {}),
      }
    },

    UpdateTable({
      DatabaseName,
      TableInput,
      VersionId,
      SkipArchive = false,
      ViewUpdateAction,
    }: {
      DatabaseName: string
      TableInput?: TableInput
      VersionId?: string
      SkipArchive?: boolean
      ViewUpdateAction?: ViewUpdateAction
    }) {
      const given = needInput(TableInput)
      const entry = findEntry(store, DatabaseName, given.Name)
      const row = findTable(store, DatabaseName, given.Name)
      const input = ViewUpdateAction ? withDialects(row, given, ViewUpdateAction) : given
      // Through a resource link the target is updated: it keeps its name, and does not become a link.
      const { TargetTable: _, ...properties } = input
      const own = row.id === entry.id ? input : { ...properties, Name: row.name }
      if (VersionId !== undefined && VersionId !== String(row.version)) {
        const text = 'Update table failed due to concurrent modifications.'
        throw new GlueError('ConcurrentModificationException', text)
      }
      store.transaction(() => {
        if (!SkipArchive) {
          const archive = 'INSERT INTO table_versions (table_id, version, updated, data) VALUES (?, ?, ?, ?)'
          store.run(archive, row.id, row.version, row.updated, row.data)
        }
        const update = 'UPDATE tables SET version = version + 1, updated = ?, data = ? WHERE id = ?'
        store.run(update, nowSeconds(), dataOf(own), row.id)
      })
      return {}
    },

    DeleteTable({ DatabaseName, Name }: { DatabaseName: string; Name: string }) {
      deleteTable(DatabaseName, Name)
      return {}
    },

    BatchDeleteTable({ DatabaseName, TablesToDelete }: { DatabaseName: string; TablesToDelete: string[] }) {
      needDatabase(store, DatabaseName)
      const Errors = eachOf(
        TablesToDelete,
        (name) => deleteTable(DatabaseName, name),
        (TableName, error) => ({ TableName, ErrorDetail: errorDetail(error) }),
      )
      return { Errors }
    },
  }
}
