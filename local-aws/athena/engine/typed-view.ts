// Tables whose objects the engine cannot read with Athena's types: a view converts what the engine reads.

import { dataCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { Column, Table } from '../../glue/api/shapes.ts'
import { engineType } from '../../glue/hive/engine-type.ts'
import { isCloudTrail, unpackedRecords, withRecords } from './cloudtrail.ts'
import { viewMarks, viewText } from './engine-view.ts'

/** Suffix of a table's name, for the engine only: the table as it is stored, with its values as text. */
export const storedText = '|text'

/** The table itself, or the view on its text. */
export function typedView(table: Table): Table {
  const own = table.StorageDescriptor?.Columns ?? []
  const isPacked = isCloudTrail(table)
  const columns = isTextToEngine(table)
    ? [...own.map(csvColumn), ...keyColumns(table)]
    : isPacked || hasEnumOfNumbers(table)
      ? [...own.map(sameColumn), ...keyColumns(table)]
      : []
  if (!isPacked && columns.every(({ isText }) => isText)) return table
  const source = [table.DatabaseName, `${table.Name}${storedText}`].map(quoted).join('.')
  const view = {
    originalSql: `SELECT ${columns.map(({ name, sql }) => `${sql} AS ${quoted(name)}`).join(', ')} FROM ${source}${isPacked ? ` ${unpackedRecords(own)}` : ''}`,
    catalog: dataCatalog,
    schema: table.DatabaseName,
    columns: columns.map(({ name, type }) => ({ name, type })),
    runAsInvoker: true,
    path: [],
  }
  return {
    ...table,
    TableType: 'VIRTUAL_VIEW',
    ViewOriginalText: viewText(view),
    ViewExpandedText: '/* Presto View */',
    PartitionKeys: [],
    ...viewMarks({}),
  }
}

/** The table below the view, with the columns that the engine writes. */
export function storedTable(table: Table): Table {
  const { StorageDescriptor, ...stored } = withRecords(table)
  const Columns = (StorageDescriptor?.Columns ?? []).map((column) => ({
    ...column,
    Name: storedName(table, column),
  }))
  const PartitionKeys = (table.PartitionKeys ?? []).map((key) => ({
    ...key,
    Name: key.Name.toLowerCase(),
    ...(isEnumOfNumbers(table, key) ? { Type: 'string' } : {}),
  }))
  return {
    ...stored,
    Name: `${table.Name}${storedText}`,
    StorageDescriptor: { ...StorageDescriptor, Columns },
    PartitionKeys,
  }
}

/** The name under which the engine's statements reach the table itself. */
export const engineName = (table: Table) =>
  typedView(table) === table ? table.Name : `${table.Name}${storedText}`

/** Whether the engine would write other columns or values to this table than Athena. */
export const isWrittenAsStored = (table: Table) =>
  engineName(table) !== table.Name ||
  (table.StorageDescriptor?.Columns ?? []).some((column) => keyInJson(table, column) !== undefined)

/** The JSON key of a column's value, if it differs from the column's name; the engine uses it only for reading. */
const keyInJson = ({ StorageDescriptor }: Table, { Name }: Column): string | undefined => {
  const { SerializationLibrary, Parameters = {} } = StorageDescriptor?.SerdeInfo ?? {}
  if (!SerializationLibrary?.startsWith('org.openx.')) return undefined
  return Parameters[`mapping.${Name}`] ?? Parameters[`mapping.${Name.toLowerCase()}`]
}

/** In lower case: the engine knows only lower case, and Athena ignores the case of keys. */
const storedName = (table: Table, column: Column) => (keyInJson(table, column) ?? column.Name).toLowerCase()

interface StoredColumn {
  readonly name: string
  /** The stored form of an SQL expression that is written to the column. */
  readonly value: (sql: string) => string
}

/** How each column of the table is stored, by name and in the table's order. */
export function storedColumns(table: Table): Map<string, StoredColumn> {
  const same = (value: string) => value
  const { StorageDescriptor, PartitionKeys = [] } = table
  const isText = isTextToEngine(table)
  return new Map([
    ...(StorageDescriptor?.Columns ?? []).map((column) => {
      const value = isText ? asCsv(column.Type ?? 'string') : same
      return [column.Name.toLowerCase(), { name: storedName(table, column), value }] as const
    }),
    ...PartitionKeys.map((key) => {
      const name = key.Name.toLowerCase()
      return [name, { name, value: isEnumOfNumbers(table, key) ? asText(key.Type!) : same }] as const
    }),
  ])
}

const asText = (type: string) => (value: string) => `CAST(CAST(${value} AS ${engineType(type)}) AS varchar)`

function asCsv(type: string): (value: string) => string {
  if (type === 'date') return (value) => `CAST(date_diff('day', DATE '1970-01-01', ${value}) AS varchar)`
  if (type === 'timestamp')
    return (value) => `CAST(CAST(to_unixtime(CAST(${value} AS timestamp(3))) * 1E3 AS bigint) AS varchar)`
  return isNumber(type) || type === 'boolean' ? asText(type) : (value) => value
}

interface ViewColumn {
  readonly name: string
  /** The engine's type. */
  readonly type: string
  readonly sql: string
  /** Whether the stored table has the same type already. */
  readonly isText: boolean
}

const isTextToEngine = ({ StorageDescriptor }: Table) =>
  StorageDescriptor?.SerdeInfo?.SerializationLibrary?.endsWith('.OpenCSVSerde') ?? false

/** `projection.p.type` = `enum` on a column of numbers, which the engine supports for strings only. */
const isEnumOfNumbers = ({ Parameters = {} }: Table, { Name, Type = 'string' }: Column) =>
  Parameters['projection.enabled']?.toLowerCase() === 'true' &&
  Parameters[`projection.${Name}.type`]?.toLowerCase() === 'enum' &&
  (isNumber(Type) || Type === 'boolean' || Type === 'date')

const hasEnumOfNumbers = (table: Table) =>
  (table.PartitionKeys ?? []).some((key) => isEnumOfNumbers(table, key))

const keyColumns = (table: Table): ViewColumn[] =>
  (table.PartitionKeys ?? []).map((key) => {
    const same = sameColumn(key)
    return isEnumOfNumbers(table, key)
      ? { ...same, sql: `CAST(${quoted(key.Name)} AS ${same.type})`, isText: false }
      : same
  })

const sameColumn = ({ Name, Type = 'string' }: Column): ViewColumn => ({
  name: Name,
  type: engineType(Type),
  sql: quoted(Name),
  isText: true,
})

/**
 * A column of a CSV. Athena counts dates in days and timestamps in milliseconds since 1970, reads only the word
 * `true` as true, and fails on an empty or other text in a column of numbers.
 */
function csvColumn({ Name: name, Type = 'string' }: Column, field: number): ViewColumn {
  const value = quoted(name)
  const column = (type: string, sql: string) => ({ name, type, sql, isText: false })
  const parsed = (type: string) => {
    const message = `'HIVE_BAD_DATA: Error parsing field value ''' || ${value} || ''' for field ${field}: For input string: "' || ${value} || '"'`
    return `IF(${value} IS NULL, NULL, COALESCE(TRY_CAST(${value} AS ${type}), fail(${message})))`
  }
  if (Type === 'boolean') return column('boolean', `lower(${value}) = 'true'`)
  if (Type === 'date') return column('date', `date_add('day', ${parsed('bigint')}, DATE '1970-01-01')`)
  if (Type === 'timestamp')
    return column('timestamp(3)', `CAST(from_unixtime(${parsed('bigint')} / 1E3) AS timestamp(3))`)
  if (isNumber(Type)) return column(engineType(Type), parsed(engineType(Type)))
  if (/^(?:var)?char\(/.test(Type)) return column(Type, `CAST(${value} AS ${Type})`)
  return { name, type: 'varchar', sql: value, isText: true }
}

const isNumber = (type: string) => /^(?:(?:tiny|small|big)?int|float|double|decimal)/.test(type)
