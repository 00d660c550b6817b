// SHOW CREATE TABLE and SHOW CREATE VIEW: the statement that would create what the catalog holds.

import { hiveLiteral } from '@ticklake/runtime/sql/hive-string.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { Column, SerDeInfo, Table } from '../../glue/api/shapes.ts'
import { notSupported } from '../api/errors.ts'
import { presentedView, viewJson } from './view.ts'

/** SerDes whose columns are in the catalog; for others Hive asks the SerDe, and says so in place of a comment. */
const serdesOfCatalog =
  /(?:LazySimpleSerDe|ParquetHiveSerDe|OrcSerde|LazyBinarySerDe|ColumnarSerDe|LazyBinaryColumnarSerDe)$/

/** The clauses of ROW FORMAT DELIMITED, in the grammar's order, and the parameter that each one sets. */
const delimiters: readonly (readonly [clause: string, parameter: string])[] = [
  ['FIELDS TERMINATED BY', 'field.delim'],
  ['ESCAPED BY', 'escape.delim'],
  ['COLLECTION ITEMS TERMINATED BY', 'collection.delim'],
  ['MAP KEYS TERMINATED BY', 'mapkey.delim'],
  ['LINES TERMINATED BY', 'line.delim'],
  ['NULL DEFINED AS', 'serialization.null.format'],
]

/** Table properties that other clauses express. */
const saidElsewhere = new Set(['EXTERNAL', 'comment'])

/** The lines of SHOW CREATE TABLE. @param name as written in the statement @throws QueryFailure for a view */
export function createTableLines(table: Table, name: string): string[] {
  if (table.TableType === 'VIRTUAL_VIEW')
    throw notSupported(`Relation '${table.DatabaseName}.${table.Name}' is a view, not a table`)
  const storage = table.StorageDescriptor ?? {}
  const serde = storage.SerdeInfo ?? {}
  const isFromSerde = !serdesOfCatalog.test(serde.SerializationLibrary ?? 'LazySimpleSerDe')
  const fallback = isFromSerde ? 'from deserializer' : undefined
  const comment = table.Parameters?.comment ?? table.Description
  const properties = Object.entries(table.Parameters ?? {}).filter(([key]) => !saidElsewhere.has(key))
  const buckets = storage.BucketColumns ?? []
  return [
    `CREATE EXTERNAL TABLE \`${name}\`(`,
    ...columnLines(storage.Columns ?? [], fallback),
    ...(comment === undefined ? [] : [`COMMENT ${hiveLiteral(comment)}`]),
    ...(table.PartitionKeys?.length
      ? ['PARTITIONED BY ( ', ...columnLines(table.PartitionKeys, undefined)]
      : []),
    ...(buckets.length === 0
      ? []
      : [
          'CLUSTERED BY ( ',
          ...listLines(buckets.map(quotedName)),
          `INTO ${storage.NumberOfBuckets} BUCKETS`,
        ]),
    ...rowFormatLines(serde),
    'STORED AS INPUTFORMAT ',
    `  ${hiveLiteral(storage.InputFormat ?? '')} `,
    'OUTPUTFORMAT ',
    `  ${hiveLiteral(storage.OutputFormat ?? '')}`,
    'LOCATION',
    `  ${hiveLiteral(storage.Location ?? '')}`,
    ...(properties.length === 0 ? [] : ['TBLPROPERTIES (', ...propertyLines(properties)]),
  ]
}

/** The lines of SHOW CREATE VIEW. @throws QueryFailure for a table */
export function createViewLines(table: Table): string[] {
  const { TableType, ViewOriginalText: text } = table
  // A view of Hive's has plain SQL.
  const isHives = TableType === 'VIRTUAL_VIEW' && viewJson(text) === undefined
  const sql = presentedView(table)?.originalSql ?? (isHives ? text : undefined)
  if (sql === undefined) throw notSupported(`Relation '${table.DatabaseName}.${table.Name}' is not a view`)
  const name = [table.DatabaseName, table.Name].map(plainName).join('.')
  return [`CREATE VIEW ${name} AS`, ...sql.trimEnd().split('\n')]
}

function rowFormatLines({ SerializationLibrary: library, Parameters: parameters = {} }: SerDeInfo): string[] {
  const isText = library === undefined || library.endsWith('.LazySimpleSerDe')
  const others = Object.keys(parameters).filter(
    (key) => key !== 'serialization.format' && !delimiters.some(([, parameter]) => parameter === key),
  )
  const named = delimiters.filter(([, parameter]) => Object.hasOwn(parameters, parameter))
  if (isText && others.length === 0 && Object.hasOwn(parameters, 'field.delim')) {
    const clauses = named.map(([clause, parameter]) => `  ${clause} ${hiveLiteral(parameters[parameter]!)} `)
    return ['ROW FORMAT DELIMITED ', ...clauses]
  }
  const own = Object.entries(parameters).filter(
    ([key, value]) => key !== 'serialization.format' || value !== '1',
  )
  return [
    'ROW FORMAT SERDE ',
    `  ${hiveLiteral(library ?? '')} `,
    ...(own.length === 0 ? [] : ['WITH SERDEPROPERTIES ( ', ...propertyLines(own, ' ')]),
  ]
}

function columnLines(columns: readonly Column[], fallback: string | undefined): string[] {
  return listLines(
    columns.map(({ Name, Type, Comment = fallback }) => {
      const comment = Comment === undefined ? '' : ` COMMENT ${hiveLiteral(Comment)}`
      return `${quotedName(Name)} ${Type ?? 'string'}${comment}`
    }),
  )
}

function propertyLines(properties: readonly (readonly [string, string])[], after = ''): string[] {
  const sorted = properties.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return listLines(
    sorted.map(([key, value]) => `${hiveLiteral(key)}=${hiveLiteral(value)}`),
    after,
  )
}

/** One line each, a comma and a blank after all but the last, which closes the parenthesis. */
function listLines(items: readonly string[], after = ''): string[] {
  return items.map((item, i) => `  ${item}${i === items.length - 1 ? `)${after}` : ', '}`)
}

const quotedName = (name: string) => `\`${name.replaceAll('`', '``')}\``

const plainName = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoted(name))
