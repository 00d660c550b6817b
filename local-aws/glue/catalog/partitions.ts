// Glue partitions: their operations on the store, quick also with 100,000 of them.
import { crc32 } from 'node:zlib'
import { errorDetail, GlueError, invalidInput } from '../api/errors.ts'
import { nextToken, placeOf } from '../api/page.ts'
import { type Operations, operation } from '../api/request.ts'
import type { PartitionInput } from '../api/shapes.ts'
import { partitionFilter } from './expression.ts'
import { keyRange, valuesOf } from './partition-key.ts'
import { keyOfValues, keysOf, PartitionRows } from './partition-rows.ts'
import { LookBudget } from './scan-budget.ts'
import type { Store } from './store.ts'
import { findTable } from './tables.ts'

interface InTable {
  DatabaseName: string
  TableName: string
}

const inTable = { DatabaseName: 'text!', TableName: 'text!' } as const
const longestPage = 1000
/** Glue's own limit. */
const longestExpression = 2048

export function partitionOperations(store: Store, accountId: string): Operations {
  const rows = new PartitionRows(store, accountId)

  /** Does each of the items in one transaction; what fails is listed, the rest stands. */
  const each = <T>(items: T[], work: (item: T) => void, label: (item: T) => object): { Errors: object[] } =>
    store.transaction(() => {
      const Errors: object[] = []
      for (const item of items) {
        try {
          work(item)
        } catch (error) {
          if (!(error instanceof GlueError)) throw error
          Errors.push({ ...label(item), ErrorDetail: errorDetail(error) })
        }
      }
      return { Errors }
    })

  return {
    CreatePartition: operation<InTable & { PartitionInput: PartitionInput }>({
      takes: { ...inTable, PartitionInput: 'object!' },
      answer({ DatabaseName, TableName, PartitionInput: input }) {
        const table = findTable(store, DatabaseName, TableName)
        store.transaction(() => rows.create(table, keysOf(table).length, input))
        return {}
      },
    }),

    BatchCreatePartition: operation<InTable & { PartitionInputList: PartitionInput[] }>({
      takes: { ...inTable, PartitionInputList: 'list!' },
      longest: { PartitionInputList: 100 },
      answer({ DatabaseName, TableName, PartitionInputList }) {
        const table = findTable(store, DatabaseName, TableName)
        const keyCount = keysOf(table).length
        for (const { Values } of PartitionInputList) keyOfValues(Values, keyCount)
        return each(
          PartitionInputList,
          (input) => rows.create(table, keyCount, input),
          ({ Values }) => ({ PartitionValues: Values }),
        )
      },
    }),

    GetPartition: operation<InTable & { PartitionValues: string[] }>({
      takes: { ...inTable, PartitionValues: 'list!' },
      answer({ DatabaseName, TableName, PartitionValues }) {
        const table = findTable(store, DatabaseName, TableName)
        return { Partition: rows.get(table, PartitionValues) }
      },
    }),

    BatchGetPartition: operation<InTable & { PartitionsToGet: { Values: string[] }[] }>({
      takes: { ...inTable, PartitionsToGet: 'list!' },
      longest: { PartitionsToGet: 1000 },
      answer({ DatabaseName, TableName, PartitionsToGet }) {
        const table = findTable(store, DatabaseName, TableName)
        const keyCount = keysOf(table).length
        const found = PartitionsToGet.map(({ Values }) => rows.find(table, keyOfValues(Values, keyCount)))
        const Partitions = found.filter((partition) => partition !== undefined)
        return { Partitions, UnprocessedKeys: [] }
      },
    }),

    GetPartitions: operation<
      InTable & {
        Expression?: string
        NextToken?: string
        MaxResults?: number
        Segment?: { SegmentNumber: number; TotalSegments: number }
        ExcludeColumnSchema?: boolean
      }
    >({
      takes: {
        ...inTable,
        Expression: 'text',
        NextToken: 'text',
        Segment: 'object',
        'Segment.SegmentNumber': 'number!',
        'Segment.TotalSegments': 'number!',
        ExcludeColumnSchema: 'boolean',
      },
      pageSize: longestPage,
      longest: { Expression: longestExpression },
      answer({ DatabaseName, TableName, ...request }) {
        const table = findTable(store, DatabaseName, TableName)
        const { MaxResults = longestPage, ExcludeColumnSchema, Segment: segment } = request
        if (segment && !(segment.TotalSegments >= 1 && segment.TotalSegments <= 10)) {
          throw invalidInput('TotalSegments must be between 1 and 10')
        }
        if (segment && !(segment.SegmentNumber >= 0 && segment.SegmentNumber < segment.TotalSegments)) {
          throw invalidInput('SegmentNumber must be between 0 and TotalSegments - 1')
        }
        // Clients of the Hive kind send an empty expression for none.
        const filter = request.Expression?.trim()
          ? partitionFilter(request.Expression, keysOf(table))
          : undefined
        const { low, high } = keyRange(filter?.firstKey ?? {})
        const sql =
          'SELECT key FROM partitions WHERE table_id = ? AND key > ? AND key >= ? AND key < ? ORDER BY key'
        const after = placeOf(request.NextToken) ?? ''
        const budget = new LookBudget()
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
    }),

    UpdatePartition: operation<InTable & { PartitionValueList: string[]; PartitionInput: PartitionInput }>({
      takes: { ...inTable, PartitionValueList: 'list!', PartitionInput: 'object!' },
      answer({ DatabaseName, TableName, PartitionValueList, PartitionInput: input }) {
        const table = findTable(store, DatabaseName, TableName)
        store.transaction(() => rows.update(table, PartitionValueList, input))
        return {}
      },
    }),

    BatchUpdatePartition: operation<
      InTable & { Entries: { PartitionValueList: string[]; PartitionInput: PartitionInput }[] }
    >({
      takes: { ...inTable, Entries: 'list!' },
      longest: { Entries: 100 },
      answer({ DatabaseName, TableName, Entries }) {
        const table = findTable(store, DatabaseName, TableName)
        return each(
          Entries,
          (entry) => rows.update(table, entry.PartitionValueList, entry.PartitionInput),
          ({ PartitionValueList }) => ({ PartitionValueList }),
        )
      },
    }),

    DeletePartition: operation<InTable & { PartitionValues: string[] }>({
      takes: { ...inTable, PartitionValues: 'list!' },
      answer({ DatabaseName, TableName, PartitionValues }) {
        const table = findTable(store, DatabaseName, TableName)
        store.transaction(() => rows.delete(table, PartitionValues))
        return {}
      },
    }),

    BatchDeletePartition: operation<InTable & { PartitionsToDelete: { Values: string[] }[] }>({
      takes: { ...inTable, PartitionsToDelete: 'list!' },
      longest: { PartitionsToDelete: 25 },
      answer({ DatabaseName, TableName, PartitionsToDelete }) {
        const table = findTable(store, DatabaseName, TableName)
        return each(
          PartitionsToDelete,
          ({ Values }) => rows.delete(table, Values),
          ({ Values }) => ({ PartitionValues: Values }),
        )
      },
    }),
  }
}
