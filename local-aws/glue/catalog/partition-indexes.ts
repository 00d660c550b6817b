// Indexes of a table's partitions: checked and shown as on AWS; here every filter uses the one order of the store.
import { GlueError, invalidInput } from '../api/errors.ts'
import { requireNoToken } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import type { CatalogContext } from './context.ts'
import type { Store } from './store.ts'
import { findTable, keysOf, type TableRow } from './table-rows.ts'

export interface PartitionIndex {
  Keys: string[]
  IndexName: string
}
interface OfTable {
  DatabaseName: string
  TableName: string
}

/** AWS's limit for a table. */
const mostIndexes = 3

/** @throws GlueError for a key that the table does not have, a name that is taken, and a fourth index */
export function addPartitionIndex(store: Store, table: TableRow, { IndexName, Keys }: PartitionIndex): void {
  const keys = keysOf(table).map(({ Name }) => Name.toLowerCase())
  const unknown = Keys.find((key) => !keys.includes(key.toLowerCase()))
  if (unknown !== undefined) {
    throw invalidInput(`Index key ${unknown} is not a partition key of table ${table.name}`)
  }
  if (new Set(Keys.map((key) => key.toLowerCase())).size < Keys.length) {
    throw invalidInput('The keys of a partition index must differ')
  }
  const there = store.all<{ name: string }>('SELECT name FROM partition_indexes WHERE table_id = ?', table.id)
  if (there.some(({ name }) => name === IndexName)) {
    throw new GlueError('AlreadyExistsException', `Partition index ${IndexName} already exists.`)
  }
  if (there.length >= mostIndexes) {
    throw new GlueError(
      'ResourceNumberLimitExceededException',
      `A table has at most ${mostIndexes} partition indexes`,
    )
  }
  const sql = 'INSERT INTO partition_indexes (table_id, name, data) VALUES (?, ?, ?)'
  store.run(sql, table.id, IndexName, JSON.stringify(Keys))
}

export function partitionIndexOperations({ store }: CatalogContext): Handlers {
  return {
    CreatePartitionIndex({
      DatabaseName,
      TableName,
      PartitionIndex: index,
    }: OfTable & { PartitionIndex: PartitionIndex }) {
      addPartitionIndex(store, findTable(store, DatabaseName, TableName), index)
      return {}
    },

    /** A table's few indexes fit into one page, so any token is wrong. */
    GetPartitionIndexes({ DatabaseName, TableName, NextToken }: OfTable & { NextToken?: string }) {
      requireNoToken(NextToken)
      const table = findTable(store, DatabaseName, TableName)
      const types = new Map(keysOf(table).map(({ Name, Type }) => [Name.toLowerCase(), { Name, Type }]))
      const sql = 'SELECT name, data FROM partition_indexes WHERE table_id = ? ORDER BY name'
      const rows = store.all<{ name: string; data: string }>(sql, table.id)
      return {
        PartitionIndexDescriptorList: rows.map(({ name, data }) => ({
          IndexName: name,
          Keys: (JSON.parse(data) as string[]).map((key) => types.get(key.toLowerCase()) ?? { Name: key }),
          IndexStatus: 'ACTIVE',
        })),
      }
    },

    DeletePartitionIndex({ DatabaseName, TableName, IndexName }: OfTable & { IndexName: string }) {
      const { id } = findTable(store, DatabaseName, TableName)
      const sql = 'DELETE FROM partition_indexes WHERE table_id = ? AND name = ?'
      if (store.run(sql, id, IndexName).changes === 0) {
        throw new GlueError('EntityNotFoundException', `Partition index ${IndexName} not found.`)
      }
      return {}
    },
  }
}
