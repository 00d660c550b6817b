// Column statistics of tables and partitions, which Trino writes after an INSERT and reads when it plans.
import { errorDetail, GlueError, invalidInput, partitionNotFound } from '../api/errors.ts'
import { longsFromJson, longsToJson } from '../api/long-json.ts'
import type { Handler, Handlers } from '../api/request.ts'
import type { ColumnStatistics } from '../api/shapes.ts'
import type { CatalogContext } from './context.ts'
import { partitionKey } from './partition-key.ts'
import { findTable } from './table-rows.ts'

interface Of {
  DatabaseName: string
  TableName: string
  /** Absent: statistics of the whole table. */
  PartitionValues?: string[]
}

/** Why the data does not have the type that it names; undefined if it does. */
function contradiction({ ColumnName, StatisticsData }: ColumnStatistics): string | undefined {
  const { Type, ...data } = StatisticsData as { Type: string; [member: string]: unknown }
  const given = Object.keys(data).map((member) => member.replace('ColumnStatisticsData', '').toUpperCase())
  if (given.length === 1 && given[0] === Type.toUpperCase()) return undefined
  return `Column ${ColumnName} has statistics of the type ${Type} and the data of ${given.join(', ') || 'none'}`
}

const statisticsNotFound = () => new GlueError('EntityNotFoundException', 'Column statistics not found.')

export function columnStatisticsOperations({ store }: CatalogContext): Handlers {
  const ownerOf = ({ DatabaseName, TableName, PartitionValues }: Of): { id: number; key: string } => {
    const { id } = findTable(store, DatabaseName, TableName)
    if (!PartitionValues) return { id, key: '' }
    const key = partitionKey(PartitionValues)
    if (!store.one('SELECT 1 FROM partitions WHERE table_id = ? AND key = ?', id, key))
      throw partitionNotFound()
    return { id, key }
  }

  const get = (request: Of & { ColumnNames: string[] }) => {
    const { id, key } = ownerOf(request)
    const ColumnStatisticsList: ColumnStatistics[] = []
    const Errors: object[] = []
    for (const ColumnName of request.ColumnNames) {
      const row = store.one<{ data: string }>(
        'SELECT data FROM column_statistics WHERE table_id = ? AND partition_key = ? AND column_name = ?',
        id,
        key,
        ColumnName,
      )
      if (row) ColumnStatisticsList.push(longsFromJson(row.data) as ColumnStatistics)
      else Errors.push({ ColumnName, Error: errorDetail(statisticsNotFound()) })
    }
    return { ColumnStatisticsList, Errors }
  }

  const update = (request: Of & { ColumnStatisticsList: ColumnStatistics[] }) => {
    const { id, key } = ownerOf(request)
    const Errors: object[] = []
    store.transaction(() => {
      for (const statistics of request.ColumnStatisticsList) {
        const why = contradiction(statistics)
        if (why) {
          Errors.push({ ColumnStatistics: statistics, Error: errorDetail(invalidInput(why)) })
          continue
        }
        store.run(
          'INSERT OR REPLACE INTO column_statistics (table_id, partition_key, column_name, data) VALUES (?, ?, ?, ?)',
          id,
          key,
          statistics.ColumnName,
          longsToJson(statistics),
        )
      }
    })
    return { Errors }
  }

  const remove = (request: Of & { ColumnName: string }) => {
    const { id, key } = ownerOf(request)
    // Deleting missing statistics is no error: Trino deletes without checking, and would report a missing table.
    const sql = 'DELETE FROM column_statistics WHERE table_id = ? AND partition_key = ? AND column_name = ?'
    store.run(sql, id, key, request.ColumnName)
    return {}
  }

  const both = (name: string, handler: Handler) => ({
    [`${name}ForTable`]: handler,
    [`${name}ForPartition`]: handler,
  })
  return {
    ...both('GetColumnStatistics', get),
    ...both('UpdateColumnStatistics', update),
    ...both('DeleteColumnStatistics', remove),
  }
}
