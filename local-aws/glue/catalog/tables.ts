// Glue tables: their operations on the store.

import { errorDetail, GlueError, tableNotFound } from '../api/errors.ts'
import { nextToken, placeOf } from '../api/page.ts'
import { type Operations, operation, pick } from '../api/request.ts'
import type { StorageDescriptor, Table, TableInput } from '../api/shapes.ts'
import { needDatabase, storedName } from './databases.ts'
import { longestPattern, namePattern } from './name-pattern.ts'
import { LookBudget } from './scan-budget.ts'
import type { Store } from './store.ts'

export interface TableRow {
  id: number
  database: string
  name: string
  version: number
  created: number
  updated: number
  data: string
}

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
] as const

/** The table's row. @throws GlueError EntityNotFoundException, for the database first */
export function findTable(store: Store, database: string, name: string): TableRow {
  const row = store.one<TableRow>(
    'SELECT * FROM tables WHERE database = ? AND name = ?',
    storedName(database),
    storedName(name),
  )
  if (row) return row
  needDatabase(store, database)
  throw tableNotFound(name)
}

/** The members that Glue shows even when they were not given. */
export function completeDescriptor(descriptor: StorageDescriptor): StorageDescriptor {
  return { Compressed: false, NumberOfBuckets: 0, StoredAsSubDirectories: false, ...descriptor }
}

/** The table as Glue shows it: what was given, and what Glue adds. */
export function toTable(row: TableRow, accountId: string): Table {
  const input = JSON.parse(row.data) as TableInput
  return {
    Retention: 0,
    ...input,
    ...(input.StorageDescriptor ? { StorageDescriptor: completeDescriptor(input.StorageDescriptor) } : {}),
    DatabaseName: row.database,
    CreateTime: row.created,
    UpdateTime: row.updated,
    CreatedBy: `arn:aws:iam::${accountId}:root`,
    IsRegisteredWithLakeFormation: false,
    CatalogId: accountId,
    VersionId: String(row.version),
  }
}

/** What GetTables answers where only names, or names and types, are asked for. */
function attributesOf(
  { Name, TableType }: Table,
  wanted: readonly string[],
): Pick<Table, 'Name' | 'TableType'> {
  return wanted.includes('TABLE_TYPE') && TableType !== undefined ? { Name, TableType } : { Name }
}

export function tableOperations(store: Store, accountId: string): Operations {
  const dataOf = (input: TableInput) =>
    JSON.stringify(pick({ ...input, Name: storedName(input.Name) }, members))

  const deleteTable = (database: string, name: string) =>
    store.run('DELETE FROM tables WHERE id = ?', findTable(store, database, name).id)

  return {
    CreateTable: operation<{ DatabaseName: string; TableInput: TableInput }>({
      takes: { DatabaseName: 'text!', TableInput: 'object!', 'TableInput.Name': 'text!' },
      answer({ DatabaseName, TableInput: input }) {
        needDatabase(store, DatabaseName)
        const now = Date.now() / 1000
        const { changes } = store.run(
          `INSERT INTO tables (database, name, version, created, updated, data) VALUES (?, ?, 0, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
          storedName(DatabaseName),
          storedName(input.Name),
          now,
          now,
          dataOf(input),
        )
        if (changes === 0) throw new GlueError('AlreadyExistsException', 'Table already exists.')
        return {}
      },
    }),

    GetTable: operation<{ DatabaseName: string; Name: string }>({
      takes: { DatabaseName: 'text!', Name: 'text!' },
      answer: ({ DatabaseName, Name }) => ({
        Table: toTable(findTable(store, DatabaseName, Name), accountId),
      }),
    }),

    GetTables: operation<{
      DatabaseName: string
      Expression?: string
      NextToken?: string
      MaxResults?: number
      AttributesToGet?: string[]
    }>({
      takes: { DatabaseName: 'text!', Expression: 'text', NextToken: 'text', AttributesToGet: 'list' },
      pageSize: 100,
      longest: { Expression: longestPattern },
      answer({ DatabaseName, Expression, NextToken, MaxResults = 100, AttributesToGet }) {
        needDatabase(store, DatabaseName)
        const matches = Expression ? namePattern(Expression) : undefined
        const budget = new LookBudget()
        const found: string[] = []
        let last = ''
        let isMore = false
        const sql = 'SELECT name FROM tables WHERE database = ? AND name > ? ORDER BY name'
        for (const { name } of store.iterate<{ name: string }>(
          sql,
          storedName(DatabaseName),
          placeOf(NextToken) ?? '',
        )) {
          isMore = found.length === MaxResults || (last !== '' && budget.isSpent)
          if (isMore) break
          last = name
          if (matches?.(name) !== false) found.push(name)
        }
        const tables = found.map((name) => toTable(findTable(store, DatabaseName, name), accountId))
        return {
          TableList: AttributesToGet?.length
            ? tables.map((table) => attributesOf(table, AttributesToGet))
            : tables,
          ...(isMore ? { NextToken: nextToken(last) } : {}),
        }
      },
    }),

    UpdateTable: operation<{
      DatabaseName: string
      TableInput: TableInput
      VersionId?: string
      SkipArchive?: boolean
    }>({
      takes: {
        DatabaseName: 'text!',
        TableInput: 'object!',
        'TableInput.Name': 'text!',
        VersionId: 'text',
        SkipArchive: 'boolean',
      },
      answer({ DatabaseName, TableInput: input, VersionId, SkipArchive = false }) {
        const row = findTable(store, DatabaseName, input.Name)
        if (VersionId !== undefined && VersionId !== String(row.version)) {
          const text = 'Update table failed due to concurrent modifications.'
          throw new GlueError('ConcurrentModificationException', text)
        }
        store.transaction(() => {
          if (!SkipArchive) {
            const archive =
              'INSERT INTO table_versions (table_id, version, updated, data) VALUES (?, ?, ?, ?)'
            store.run(archive, row.id, row.version, row.updated, row.data)
          }
          const update = 'UPDATE tables SET version = version + 1, updated = ?, data = ? WHERE id = ?'
          store.run(update, Date.now() / 1000, dataOf(input), row.id)
        })
        return {}
      },
    }),

    DeleteTable: operation<{ DatabaseName: string; Name: string }>({
      takes: { DatabaseName: 'text!', Name: 'text!' },
      answer({ DatabaseName, Name }) {
        deleteTable(DatabaseName, Name)
        return {}
      },
    }),

    BatchDeleteTable: operation<{ DatabaseName: string; TablesToDelete: string[] }>({
      takes: { DatabaseName: 'text!', TablesToDelete: 'list!' },
      longest: { TablesToDelete: 100 },
      answer({ DatabaseName, TablesToDelete }) {
        needDatabase(store, DatabaseName)
        const Errors: object[] = []
        for (const TableName of TablesToDelete) {
          try {
            deleteTable(DatabaseName, TableName)
          } catch (error) {
            if (!(error instanceof GlueError)) throw error
            Errors.push({ TableName, ErrorDetail: errorDetail(error) })
          }
        }
        return { Errors }
      },
    }),
  }
}
