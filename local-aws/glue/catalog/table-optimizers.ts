// Settings of AWS's optimizers of Iceberg tables: stored and shown; no optimizer runs here.
import { errorDetail, GlueError, invalidInput } from '../api/errors.ts'
import { requireNoToken } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import { type CatalogContext, nowSeconds } from './context.ts'
import { findTable } from './table-rows.ts'

interface OfOptimizer {
  CatalogId: string
  DatabaseName: string
  TableName: string
  Type: string
}
interface Entry {
  catalogId?: string
  databaseName?: string
  tableName?: string
  type?: string
}
interface Row {
  type: string
  data: string
}

export function tableOptimizerOperations({ store }: CatalogContext): Handlers {
  const find = (database: string, table: string, type: string) => {
    const { id } = findTable(store, database, table)
    const row = store.one<Row>('SELECT * FROM table_optimizers WHERE table_id = ? AND type = ?', id, type)
    if (!row) throw new GlueError('EntityNotFoundException', `Table optimizer ${type} of ${table} not found.`)
    return {
      id,
      optimizer: { type: row.type, configuration: JSON.parse(row.data), configurationSource: 'table' },
    }
  }

  return {
    CreateTableOptimizer(request: OfOptimizer & { TableOptimizerConfiguration: object }) {
      const { id } = findTable(store, request.DatabaseName, request.TableName)
      const { changes } = store.run(
        'INSERT INTO table_optimizers (table_id, type, created, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        id,
        request.Type,
        nowSeconds(),
        JSON.stringify(request.TableOptimizerConfiguration),
      )
      if (changes === 0) throw new GlueError('AlreadyExistsException', 'Table optimizer already exists.')
      return {}
    },

    GetTableOptimizer({ CatalogId, DatabaseName, TableName, Type }: OfOptimizer) {
      const { optimizer } = find(DatabaseName, TableName, Type)
      return { CatalogId, DatabaseName, TableName, TableOptimizer: optimizer }
    },

    BatchGetTableOptimizer({ Entries }: { Entries: Entry[] }) {
      const TableOptimizers: object[] = []
      const Failures: object[] = []
      for (const { type, ...of } of Entries) {
        try {
          if (!of.databaseName || !of.tableName || !type)
            throw invalidInput('databaseName, tableName and type are required')
          const { optimizer } = find(of.databaseName, of.tableName, type)
          TableOptimizers.push({ ...of, tableOptimizer: optimizer })
        } catch (error) {
          if (!(error instanceof GlueError)) throw error
          Failures.push({ error: errorDetail(error), ...of, type })
        }
      }
      return { TableOptimizers, Failures }
    },

    UpdateTableOptimizer(request: OfOptimizer & { TableOptimizerConfiguration: object }) {
      const { id, optimizer } = find(request.DatabaseName, request.TableName, request.Type)
      const next = { ...optimizer.configuration, ...request.TableOptimizerConfiguration }
      const sql = 'UPDATE table_optimizers SET data = ? WHERE table_id = ? AND type = ?'
      store.run(sql, JSON.stringify(next), id, request.Type)
      return {}
    },

    DeleteTableOptimizer({ DatabaseName, TableName, Type }: OfOptimizer) {
      const { id } = find(DatabaseName, TableName, Type)
      store.run('DELETE FROM table_optimizers WHERE table_id = ? AND type = ?', id, Type)
      return {}
    },

    ListTableOptimizerRuns({
      CatalogId,
      DatabaseName,
      TableName,
      Type,
      NextToken,
    }: OfOptimizer & { NextToken?: string }) {
      requireNoToken(NextToken)
      find(DatabaseName, TableName, Type)
      return { CatalogId, DatabaseName, TableName, TableOptimizerRuns: [] }
    },
  }
}
