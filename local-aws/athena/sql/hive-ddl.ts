// The grammar of the statements that Athena has from Hive, as far as it is supported here.

import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import {
  type CreateIcebergTable,
  createIcebergTable,
  externalKeywordMissing,
  externalKeywordRefused,
  tableTypeOf,
} from '../iceberg/create-table.ts'
import { type AlterDatabase, type AlterTable, alterDatabase, alterTable } from './alter-table.ts'
import { type CreateTable, createTable, properties } from './create-table.ts'
import { type PartitionSpec, partitionSpec } from './partition-spec.ts'
import type { Statement } from './statement.ts'
import { TokenReader } from './token-reader.ts'

interface TableName {
  readonly database: string | undefined
  readonly name: string
}

export type HiveStatement =
  | AlterDatabase
  | AlterTable
  | CreateIcebergTable
  | CreateTable
  | {
      readonly kind: 'create-database'
      readonly name: string
      readonly ifNotExists: boolean
      readonly comment: string | undefined
      readonly location: string | undefined
      readonly properties: Record<string, string>
    }
  | {
      readonly kind: 'drop-database'
      readonly name: string
      readonly ifExists: boolean
      readonly cascade: boolean
    }
  | (TableName & { readonly kind: 'drop-table'; readonly ifExists: boolean })
  | (TableName & {
      readonly kind: 'show-partitions' | 'show-columns' | 'show-create-table' | 'show-create-view'
    })
  | (TableName & { readonly kind: 'repair' })
  | (TableName & { readonly kind: 'vacuum' })
  | (TableName & { readonly kind: 'show-properties'; readonly property: string | undefined })
  | (TableName & {
      readonly kind: 'describe'
      readonly detail: 'EXTENDED' | 'FORMATTED' | undefined
      readonly partition: PartitionSpec | undefined
      readonly column: string | undefined
      /** The path inside the column: a field, or `$elem$`, `$key$`, `$value$`, and so on inwards. */
      readonly within: readonly string[]
    })
  | { readonly kind: 'show-databases'; readonly like: string | undefined }
  | {
      readonly kind: 'show-tables' | 'show-views'
      readonly database: string | undefined
      readonly like: string | undefined
    }
  | { readonly kind: 'not-supported'; readonly what: string }

/** Parses a statement that runs on the Data Catalog. @throws AwsError MALFORMED_QUERY */
export function hiveStatement({ sql, tokens, substatement }: Statement): HiveStatement {
  const reader = new TokenReader(sql, tokens)
  const statement = parse(reader, substatement, tokens)
  if (statement.kind !== 'not-supported') reader.end()
  return statement
}

function parse(reader: TokenReader, substatement: string, tokens: readonly Token[]): HiveStatement {
  switch (substatement) {
    case 'CREATE_DATABASE':
      reader.expect('CREATE')
      reader.expectOneOf('DATABASE', 'SCHEMA')
      return createDatabase(reader)
    case 'CREATE_TABLE':
      return createAnyTable(reader, tokens)
    case 'DROP_DATABASE': {
      reader.expect('DROP')
      reader.expectOneOf('DATABASE', 'SCHEMA')
      const ifExists = reader.accept('IF', 'EXISTS')
      const name = reader.databaseName()
      const cascade = reader.accept('CASCADE')
      if (!cascade) reader.accept('RESTRICT')
      return { kind: 'drop-database', name, ifExists, cascade }
    }
    case 'DROP_TABLE': {
      reader.expect('DROP', 'TABLE')
      const ifExists = reader.accept('IF', 'EXISTS')
      const table = reader.qualifiedName()
      reader.accept('PURGE')
      return { kind: 'drop-table', ...table, ifExists }
    }
    case 'SHOW_DATABASES':
      reader.expect('SHOW')
      reader.expectOneOf('DATABASES', 'SCHEMAS')
      return { kind: 'show-databases', like: likeClause(reader) }
    case 'SHOW_TABLES':
    case 'SHOW_VIEWS': {
      reader.expect('SHOW')
      const kind = reader.expectOneOf('TABLES', 'VIEWS') === 'TABLES' ? 'show-tables' : 'show-views'
      const database = reader.accept('IN') || reader.accept('FROM') ? reader.databaseName() : undefined
      return { kind, database, like: likeClause(reader) }
    }
    case 'SHOW_PARTITIONS':
      reader.expect('SHOW', 'PARTITIONS')
      return { kind: 'show-partitions', ...reader.qualifiedName() }
    case 'SHOW_COLUMNS': {
      reader.expect('SHOW', 'COLUMNS')
      reader.expectOneOf('FROM', 'IN')
      const table = reader.qualifiedName()
      if (reader.accept('FROM') || reader.accept('IN'))
        return { kind: 'show-columns', ...table, database: reader.name() }
      return { kind: 'show-columns', ...table }
    }
    case 'SHOW_TBLPROPERTIES': {
      reader.expect('SHOW', 'TBLPROPERTIES')
      const table = reader.qualifiedName()
      const property = reader.accept('(') ? reader.text() : undefined
      if (property !== undefined) reader.expect(')')
      return { kind: 'show-properties', ...table, property }
    }
    case 'DESCRIBE_TABLE':
      return describe(reader)
    case 'VACUUM':
      reader.expect('VACUUM')
      return { kind: 'vacuum', ...reader.qualifiedName() }
    case 'MSCK_REPAIR':
      reader.expect('MSCK', 'REPAIR', 'TABLE')
      return { kind: 'repair', ...reader.qualifiedName() }
    case 'SHOW_CREATE_TABLE': {
      reader.expect('SHOW', 'CREATE', 'TABLE')
      return { kind: 'show-create-table', ...reader.qualifiedName() }
    }
    case 'SHOW_CREATE_VIEW':
      reader.expect('SHOW', 'CREATE', 'VIEW')
      return { kind: 'show-create-view', ...reader.viewName() }
    default:
      if (reader.accept('ALTER', 'TABLE')) return alterTable(reader)
      if (reader.accept('ALTER', 'DATABASE') || reader.accept('ALTER', 'SCHEMA')) return alterDatabase(reader)
      return { kind: 'not-supported', what: substatement.replaceAll('_', ' ') }
  }
}

/** Athena has external Hive tables, and Iceberg tables, which are not called external. */
function createAnyTable(reader: TokenReader, tokens: readonly Token[]): HiveStatement {
  const isIceberg = tableTypeOf(tokens) === 'ICEBERG'
  reader.expect('CREATE')
  const isExternal = reader.accept('EXTERNAL')
  if (isExternal && isIceberg) throw externalKeywordRefused()
  if (!isExternal && !isIceberg) throw externalKeywordMissing(tokens)
  reader.expect('TABLE')
  return isIceberg ? createIcebergTable(reader) : createTable(reader)
}

function createDatabase(reader: TokenReader): HiveStatement {
  const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS')
  const name = reader.databaseName()
  const comment = reader.accept('COMMENT') ? reader.text() : undefined
  const location = reader.accept('LOCATION') ? reader.text() : undefined
  const own = reader.accept('WITH', 'DBPROPERTIES') ? properties(reader) : {}
  return { kind: 'create-database', name, ifNotExists, comment, location, properties: own }
}

function describe(reader: TokenReader): HiveStatement {
  reader.expectOneOf('DESCRIBE', 'DESC')
  const detail = (['EXTENDED', 'FORMATTED'] as const).find((word) => reader.accept(word))
  const table = reader.qualifiedName()
  const partition = reader.accept('PARTITION') ? partitionSpec(reader) : undefined
  const column = reader.done ? undefined : reader.name()
  const within: string[] = []
  while (column !== undefined && reader.accept('.'))
    within.push(reader.peek()?.kind === 'string' ? reader.text().toLowerCase() : reader.name())
  return { kind: 'describe', ...table, detail, partition, column, within }
}

/** [LIKE] 'pattern' */
function likeClause(reader: TokenReader): string | undefined {
  return reader.accept('LIKE') || !reader.done ? reader.text() : undefined
}
