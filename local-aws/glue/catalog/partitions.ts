// Glue partitions: their operations on the store, also fast with 100,000 of them.
import { crc32 } from 'node:zlib'
import { errorDetail, invalidInput } from '../api/errors.ts'
import { nextToken, startAfter } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import type { PartitionInput } from '../api/shapes.ts'
import { type CatalogContext, eachOf } from './context.ts'
import { partitionFilter } from './expression.ts'
import { keyRange, valuesOf } from './partition-key.ts'
import { keyOfValues, PartitionRows } from './partition-rows.ts'
import { ScanBudget } from './scan-budget.ts'
import { findTable, keysOf } from './table-rows.ts'

interface InTable {
  DatabaseName: string
  TableName: string
}
const longestPage = 1000

export function partitionOperations({ store, accountId }: CatalogContext): Handlers {
  const rows = new PartitionRows(store, accountId)

  /** Does each item in one transaction; failures are listed, the rest is kept. */
  const each = <T>(items: T[], work: (item: T) => void, label: (item: T) => object): { Errors: object[] } =>
    store.transaction(() => ({
      Errors: eachOf(items, work, (item, error) => ({ ...label(item), ErrorDetail: errorDetail(error) })),
    }))

  return {
    CreatePartition({
      DatabaseName,
      TableName,
      PartitionInput: input,
    }: InTable & { PartitionInput: PartitionInput }) {
      const table = findTable(store, DatabaseName, TableName)
      store.transaction(() => rows.create(table, keysOf(table).length, input))
      return {}
    },

    BatchCreatePartition({
      DatabaseName,
      TableName,
      PartitionInputList,
    }: InTable & { PartitionInputList: PartitionInput[] }) {
      const table = findTable(store, DatabaseName, TableName)
      const keyCount = keysOf(table).length
      for (const { Values } of PartitionInputList) keyOfValues(Values, keyCount)
      return each(
        PartitionInputList,
        (input) => rows.create(table, keyCount, input),
        ({ Values }) => ({ PartitionValues: Values }),
      )
    },

    GetPartition({ DatabaseName, TableName, PartitionValues }: InTable & { PartitionValues: string[] }) {
      const table = findTable(store, DatabaseName, TableName)
      return { Partition: rows.get(table, PartitionValues) }
    },

    BatchGetPartition({
      DatabaseName,
      TableName,
      PartitionsToGet,
    }: InTable & { PartitionsToGet: { Values: string[] }[] }) {
      const table = findTable(store, DatabaseName, TableName)
      const keyCount = keysOf(table).length
      const found = PartitionsToGet.map(({ Values }) => rows.find(table, keyOfValues(Values, keyCount)))
      const Partitions = found.filter((partition) => partition !== undefined)
      return { Partitions, UnprocessedKeys: [] }
    },

    GetPartitions({
      DatabaseName,
      TableName,
      ...request
    }: InTable & {
      Expression?: string
      NextToken?: string
      MaxResults?: number
      Segment?: { SegmentNumber: number; TotalSegments: number }
      ExcludeColumnSchema?: boolean
    }) {
      const table = findTable(store, DatabaseName, TableName)
      const { MaxResults = longestPage, ExcludeColumnSchema, Segment: segment } = request
      if (segment && !(segment.TotalSegments >= 1 && segment.TotalSegments <= 10)) {
        throw invalidInput('TotalSegments must be between 1 and 10')
      }
      if (segment && !(segment.SegmentNumber >= 0 && segment.SegmentNumber < segment.TotalSegments)) {
        throw invalidInput('SegmentNumber must be between 0 and TotalSegments - 1')
      }
      // Some Hive clients send an empty expression for none.
      const filter = request.Expression?.trim()
        ? partitionFilter(request.Expression, keysOf(table))
        : undefined
      const { low, high } = keyRange(filter?.firstKey ?? {})
      const sql =
        'SELECT key FROM partitions WHERE table_id = ? AND key > ? AND key >= ? AND key < ? ORDER BY key'
      const after = startAfter(request.NextToken) ?? ''
      const budget = new ScanBudget()
      const keys: string[] = []
      let last = ''
      let isMore = false
      for (const { key } of store.iterate<{ key: string }>(sql, table.id, after, low, high)) {
        isMore = keys.length === MaxResults || (last !== '' && budget.isSpent)
        if (isMore) break
        last = key
        if (segment && crc32(key) % segment.TotalSegments !== segment.SegmentNumber) continue
        if (filter && !filter.matches(valuesOf(key))) continue
        keys.push(key)
      }
      return {
        Partitions: keys.map((key) => rows.find(table, key, ExcludeColumnSchema)),
        ...(isMore ? { NextToken: nextToken(last) } : {}),
      }
    },

    UpdatePartition({
      DatabaseName,
      TableName,
      PartitionValueList,
      PartitionInput: input,
    }: InTable & { PartitionValueList: string[]; PartitionInput: PartitionInput }) {
      const table = findTable(store, DatabaseName, TableName)
      store.transaction(() => rows.update(table, PartitionValueList, input))
      return {}
    },

    BatchUpdatePartition({
      DatabaseName,
      TableName,
      Entries,
    }: InTable & { Entries: { PartitionValueList: string[]; PartitionInput: PartitionInput }[] }) {
      const table = findTable(store, DatabaseName, TableName)
      return each(
        Entries,
        (entry) => rows.update(table, entry.PartitionValueList, entry.PartitionInput),
        ({ PartitionValueList }) => ({ PartitionValueList }),
      )
    },

    DeletePartition({ DatabaseName, TableName, PartitionValues }: InTable & { PartitionValues: string[] }) {
      const table = findTable(store, DatabaseName, TableName)
      store.transaction(() => rows.delete(table, PartitionValues))
      return {}
    },

    BatchDeletePartition({
      DatabaseName,
      TableName,
      PartitionsToDelete,
    }: InTable & { PartitionsToDelete: { Values: string[] }[] }) {
      const table = findTable(store, DatabaseName, TableName)
      return each(
        PartitionsToDelete,
        ({ Values }) => rows.delete(table, Values),
        ({ Values }) => ({ PartitionValues: Values }),
      )
    },
  }
}
