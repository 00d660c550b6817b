// SearchTables: tables of all databases by their properties and by text.
import { invalidInput } from '../api/errors.ts'
import { nextToken, startAfter, startAfterNumber } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import type { Table } from '../api/shapes.ts'
import type { CatalogContext } from './context.ts'
import { ScanBudget } from './scan-budget.ts'
import { type TableRow, toTable } from './table-rows.ts'

interface Predicate {
  Key?: string
  Value?: string
  Comparator?: 'EQUALS' | 'GREATER_THAN' | 'LESS_THAN' | 'GREATER_THAN_EQUALS' | 'LESS_THAN_EQUALS'
}
interface SearchRequest {
  ResourceShareType?: 'FOREIGN' | 'FEDERATED' | 'ALL'
  Filters?: Predicate[]
  SearchText?: string
  SortCriteria?: { FieldName?: string; Sort?: 'ASC' | 'DESC' }[]
  MaxResults?: number
  NextToken?: string
}

export function searchOperations({ store, accountId }: CatalogContext): Handlers {
  const rowsAfter = (after: string) =>
    store.iterate<TableRow>(
      `SELECT * FROM tables WHERE database || '/' || name > ? ORDER BY database || '/' || name`,
      after,
    )
  const keyOfTable = ({ DatabaseName, Name }: Table) => `${DatabaseName}/${Name}`

  return {
    SearchTables({
      Filters = [],
      SearchText,
      SortCriteria = [],
      MaxResults = 100,
      NextToken,
      ResourceShareType = 'ALL',
    }: SearchRequest) {
      // No tables are shared with this account.
      if (ResourceShareType !== 'ALL') return { TableList: [] }
      const matches = (table: Table) =>
        Filters.every((predicate) => passes(table, predicate)) && (!SearchText || hasText(table, SearchText))
      if (SortCriteria.length > 0) {
        const found = Array.from(rowsAfter(''), (row) => toTable(row, accountId)).filter(matches)
        requireFields(found, SortCriteria)
        found.sort((a, b) => order(a, b, SortCriteria))
        const start = startAfterNumber(NextToken) ?? 0
        const end = start + MaxResults
        return {
          TableList: found.slice(start, end),
          ...(end < found.length ? { NextToken: nextToken(String(end)) } : {}),
        }
      }
      const budget = new ScanBudget()
      const TableList: Table[] = []
      let last = ''
      for (const row of rowsAfter(startAfter(NextToken) ?? '')) {
        if (TableList.length === MaxResults || (last !== '' && budget.isSpent)) {
          return { TableList, NextToken: nextToken(last) }
        }
        const table = toTable(row, accountId)
        last = keyOfTable(table)
        if (matches(table)) TableList.push(table)
      }
      return { TableList }
    },
  }
}

/** A property by its name in Glue's API, or a parameter of the table. */
function propertyOf(table: Table, key: string): string | number | undefined {
  const own = Object.entries(table).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
  if (typeof own === 'string' || typeof own === 'number') return own
  return table.Parameters?.[key]
}

function passes(table: Table, { Key = '', Value = '', Comparator = 'EQUALS' }: Predicate): boolean {
  const property = propertyOf(table, Key)
  if (property === undefined) return false
  if (typeof property === 'string' && Comparator === 'EQUALS') return hasToken(property, Value)
  const sign = Number(property) - timeOrNumber(Value)
  switch (Comparator) {
    case 'EQUALS':
      return sign === 0
    case 'GREATER_THAN':
      return sign > 0
    case 'LESS_THAN':
      return sign < 0
    case 'GREATER_THAN_EQUALS':
      return sign >= 0
    case 'LESS_THAN_EQUALS':
      return sign <= 0
  }
}

/** Times are epoch seconds in tables; a filter may also have them as ISO text. */
function timeOrNumber(value: string): number {
  const number = Number(value)
  return Number.isNaN(number) ? Date.parse(value) / 1000 : number
}

/** AWS splits a property at punctuation, and compares each part: `link` finds `customer-link`, not `linkage`. */
function hasToken(property: string, value: string): boolean {
  const [text, wanted] = [property.toLowerCase(), value.toLowerCase()]
  return text === wanted || text.split(/[^\p{L}\p{N}_]/u).includes(wanted)
}

/** In quotation marks: a whole property or a part of it; otherwise each word anywhere in it. */
function hasText(table: Table, searchText: string): boolean {
  const texts = textsOf(table)
  const quoted = /^"(.*)"$/s.exec(searchText)?.[1]
  if (quoted !== undefined) return texts.some((text) => hasToken(text, quoted))
  const terms = searchText.toLowerCase().split(/\s+/).filter(Boolean)
  return terms.every((term) => texts.some((text) => text.toLowerCase().includes(term)))
}

function textsOf(table: Table): string[] {
  const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])]
  const { Name, DatabaseName, Description, Owner, TableType, Parameters, StorageDescriptor } = table
  return [
    ...[Name, DatabaseName, Description, Owner, TableType, StorageDescriptor?.Location],
    ...Object.entries(Parameters ?? {}).flat(),
    ...columns.flatMap((column) => [column.Name, column.Comment]),
  ].filter((text) => text !== undefined)
}

/** @throws GlueError for a field that no table has: the order would be undefined */
function requireFields(tables: readonly Table[], criteria: NonNullable<SearchRequest['SortCriteria']>): void {
  const unknown = criteria.find(({ FieldName = '' }) =>
    tables.every((table) => propertyOf(table, FieldName) === undefined),
  )
  if (unknown && tables.length > 0) {
    throw invalidInput(`SortCriteria: no table has the field ${unknown.FieldName}`)
  }
}

function order(a: Table, b: Table, criteria: NonNullable<SearchRequest['SortCriteria']>): number {
  for (const { FieldName = '', Sort } of criteria) {
    const [x, y] = [propertyOf(a, FieldName) ?? '', propertyOf(b, FieldName) ?? '']
    const sign = x < y ? -1 : x > y ? 1 : 0
    if (sign !== 0) return Sort === 'DESC' ? -sign : sign
  }
  return 0
}
