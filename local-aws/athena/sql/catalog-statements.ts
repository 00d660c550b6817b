// Runs on the Data Catalog the statements that belong to Hive's part of Athena.

import { literal } from '@ticklake/runtime/sql/tokens.ts'
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { Table } from '../../glue/api/shapes.ts'
import {
  CommitConflict,
  type IcebergTables,
  isIcebergTable,
  MetadataUnreadable,
} from '../../iceberg/tables.ts'
import { hiveFailure, notSupported, QueryFailure } from '../api/errors.ts'
import { engineName } from '../engine/typed-view.ts'
import * as icebergLines from '../iceberg/description.ts'
import { changeIcebergTable, createIcebergTable, vacuumStatements } from '../iceberg/statements.ts'
import { type ColumnInfo, stringColumn } from '../results/column-info.ts'
import { alterDatabase, createDatabase, databaseNotFound, dropDatabase } from './database-statements.ts'
import type { HiveStatement } from './hive-ddl.ts'
import { withoutEmptyFolders } from './location.ts'
import { partitionName } from './partition-spec.ts'
import { lostTarget } from './resource-link.ts'
import { changeTable, existingPartition } from './table-changes.ts'
import { createTableLines, createViewLines } from './table-ddl.ts'
import { allColumns, describeTable, descriptionColumns } from './table-description.ts'

export interface CatalogAnswer {
  readonly columns: readonly ColumnInfo[]
  readonly lines: readonly string[]
}

export interface CatalogContext {
  readonly glue: GlueService
  readonly iceberg: IcebergTables
  /** The default database for names. */
  readonly database: string
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Runs a statement on the engine to its end. */
  readonly runOnEngine: (sql: string) => Promise<void>
}

const nothing: CatalogAnswer = { columns: [], lines: [] }

/** @throws QueryFailure with Hive's message */
export async function answerFromCatalog(
  statement: HiveStatement,
  context: CatalogContext,
): Promise<CatalogAnswer> {
  try {
    return await answer(statement, context)
  } catch (error) {
    if (error instanceof MetadataUnreadable) throw icebergFailure('ICEBERG_MISSING_METADATA', error)
    if (error instanceof CommitConflict) throw icebergFailure('ICEBERG_COMMIT_ERROR', error)
    if (error instanceof GlueError) {
      throw hiveFailure(
        `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. ${error.type}(message:${error.message})`,
      )
    }
    throw error
  }
}

async function answer(statement: HiveStatement, context: CatalogContext): Promise<CatalogAnswer> {
  const { glue, iceberg } = context
  switch (statement.kind) {
    case 'create-database':
      await createDatabase(statement, glue)
      return nothing
    case 'alter-database':
      await alterDatabase(statement, glue)
      return nothing
    case 'drop-database':
      await dropDatabase(statement, glue)
      return nothing
    case 'create-table':
      return createTable(statement, context)
    case 'create-iceberg-table':
      return makeIcebergTable(statement, context)
    case 'drop-table': {
      const database = statement.database ?? context.database
      const table = await glue.getTable(database, statement.name)
      if (table && isIcebergTable(table)) await context.iceberg.drop(table)
      else if (table) await glue.dropTable(database, statement.name)
      else if (!statement.ifExists) throw tableNotFound(`${database}.${statement.name}`)
      return nothing
    }
    case 'show-databases': {
      const names = (await glue.getDatabases(statement.like)).map((database) => database.Name)
      return list('database_name', names.sort())
    }
    case 'show-tables':
    case 'show-views': {
      const database = statement.database ?? context.database
      if (!(await glue.getDatabase(database))) throw databaseNotFound(database)
      const names: string[] = []
      for await (const { Name, TableType } of glue.tableNames(database, statement.like)) {
        context.signal.throwIfAborted()
        if (statement.kind === 'show-tables' || TableType === 'VIRTUAL_VIEW') names.push(Name)
      }
      return list(statement.kind === 'show-tables' ? 'tab_name' : 'views', names.sort())
    }
    case 'show-partitions': {
      const table = await tableOf(statement, context)
      if (!table.PartitionKeys?.length) {
        throw hiveFailure(
          `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Table ${table.Name} is not a partitioned table`,
        )
      }
      return list('partition', await partitionNames(table, context))
    }
    case 'show-columns': {
      const table = await tableOf(statement, context)
      if (isIcebergTable(table)) return list('field', icebergLines.columnNames(await iceberg.load(table)))
      return list(
        'field',
        allColumns(table).map((column) => column.Name.padEnd(20)),
      )
    }
    case 'show-properties': {
      const table = await tableOf(statement, context)
      const parameters = isIcebergTable(table)
        ? icebergLines.propertiesOf((await iceberg.load(table)).metadata)
        : (table.Parameters ?? {})
      const { property } = statement
      if (property !== undefined)
        return list('prpt_name', [
          parameters[property] ??
            `Table ${table.DatabaseName}.${table.Name} does not have property: ${property}`,
        ])
      return list(
        'prpt_name',
        Object.entries(parameters)
          .map(([key, value]) => `${key}\t${value}`)
          .sort(),
      )
    }
    case 'describe':
      return {
        columns: descriptionColumns.map(stringColumn),
        lines: await describe(statement, context),
      }
    case 'show-create-table': {
      const { database, name } = statement
      const table = await tableOf(statement, context)
      if (isIcebergTable(table))
        return list('createtab_stmt', icebergLines.createTableLines(await iceberg.load(table)))
      return list('createtab_stmt', createTableLines(table, database ? `${database}.${name}` : name))
    }
    case 'show-create-view':
      return list('Create View', createViewLines(await tableOf(statement, context)))
    case 'alter-table': {
      const table = await tableOf(statement, context)
      if (isIcebergTable(table)) await changeIcebergTable(statement.change, table, iceberg, glue)
      else await changeTable(statement.change, table, glue, context.signal)
      return nothing
    }
    case 'vacuum': {
      const table = await tableOf(statement, context)
      if (!isIcebergTable(table)) throw notSupported('VACUUM is only supported for Iceberg tables')
      for (const sql of vacuumStatements(await iceberg.load(table))) await context.runOnEngine(sql)
      return nothing
    }
    case 'repair':
      return repair(statement, context)
    case 'not-supported':
      throw notSupported(`${statement.what} is not supported by local-aws yet`)
  }
}

async function describe(
  statement: HiveStatement & { kind: 'describe' },
  context: CatalogContext,
): Promise<string[]> {
  const { column, within, detail } = statement
  const table = await tableOf(statement, context)
  if (isIcebergTable(table))
    return icebergLines.describeLines(await context.iceberg.load(table), { column, detail })
  const partition = statement.partition && (await existingPartition(table, statement.partition, context.glue))
  return describeTable(table, { column, within, detail, partition })
}

async function createTable(
  statement: HiveStatement & { kind: 'create-table' },
  context: CatalogContext,
): Promise<CatalogAnswer> {
  const { table, ifNotExists } = statement
  const database = statement.database ?? context.database
  if (!table.StorageDescriptor?.Location) {
    throw new QueryFailure('No location was specified for table. An S3 location must be specified', {
      category: 2,
      type: 1000,
    })
  }
  const names = [...table.StorageDescriptor.Columns!, ...table.PartitionKeys!].map((column) => column.Name)
  const seen = new Set<string>()
  const twice = names.find((name) => seen.size === seen.add(name).size)
  if (twice !== undefined) {
    const isKey = table.PartitionKeys!.some((key) => key.Name === twice)
    throw hiveFailure(
      isKey
        ? 'SemanticException [Error 10035]: Column repeated in partitioning columns'
        : `SemanticException [Error 10036]: Duplicate column name: ${twice}`,
    )
  }
  if (!(await context.glue.getDatabase(database))) throw databaseNotFound(database)
  if (await context.glue.getTable(database, table.Name)) {
    if (ifNotExists) return nothing
    throw hiveFailure(
      `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Table ${table.Name} already exists.)`,
    )
  }
  const now = String(Math.floor(Date.now() / 1000))
  const { Location } = table.StorageDescriptor
  await context.glue.createTable(database, {
    ...table,
    StorageDescriptor: { ...table.StorageDescriptor, Location: folderPath(withoutEmptyFolders(Location)) },
    Parameters: { transient_lastDdlTime: now, ...table.Parameters },
  })
  return nothing
}

/** A location in the form of Hive's paths: without the slash at its end, unless it is a bucket. */
function folderPath(location: string): string {
  return /^[^/]*\/\/[^/]+\/?$/.test(location) ? location : location.replace(/\/$/, '')
}

async function makeIcebergTable(
  statement: HiveStatement & { kind: 'create-iceberg-table' },
  context: CatalogContext,
): Promise<CatalogAnswer> {
  const database = statement.database ?? context.database
  if (!statement.invalid) {
    if (!(await context.glue.getDatabase(database))) throw databaseNotFound(database)
    if (statement.ifNotExists && (await context.glue.getTable(database, statement.name))) return nothing
  }
  await createIcebergTable(statement, database, context.iceberg)
  return nothing
}

async function repair(
  statement: HiveStatement & { kind: 'repair' },
  context: CatalogContext,
): Promise<CatalogAnswer> {
  const table = await tableOf(statement, context)
  if (!table.PartitionKeys?.length) return list('', [])
  const before = new Set(await partitionNames(table, context))
  await context.runOnEngine(
    `CALL system.sync_partition_metadata(${literal(table.DatabaseName)}, ${literal(engineName(table))}, 'ADD')`,
  )
  const added = (await partitionNames(table, context)).filter((name) => !before.has(name))
  if (added.length === 0) return list('', [])
  return list('', [
    `Partitions not in metastore:${added.map((name) => `\t${table.Name}:${name}`).join('')}`,
    ...added.map((name) => `Repair: Added partition to metastore ${table.Name}:${name}`),
  ])
}

async function tableOf(
  at: { database: string | undefined; name: string },
  context: CatalogContext,
): Promise<Table> {
  const database = at.database ?? context.database
  const table = await context.glue.getTable(database, at.name)
  if (!table) throw tableNotFound(`${database}.${at.name}`)
  const lost = await lostTarget(table, context.glue)
  if (lost !== undefined) throw tableNotFound(lost)
  return table
}

async function partitionNames(table: Table, { glue }: CatalogContext): Promise<string[]> {
  const names: string[] = []
  for await (const { Values } of glue.partitions(table.DatabaseName, table.Name)) {
    names.push(partitionName(table, Values))
  }
  return names.sort()
}

function list(column: string, lines: readonly string[]): CatalogAnswer {
  return { columns: [stringColumn(column)], lines }
}

const icebergFailure = (code: string, { message }: Error) =>
  new QueryFailure(`${code}: ${message}`, { category: 1, type: 200 })

/** @param table with its database */
const tableNotFound = (table: string) =>
  hiveFailure(`SemanticException [Error 10001]: Table not found ${table}`, 1301)
