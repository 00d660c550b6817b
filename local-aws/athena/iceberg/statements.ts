// Runs the statements that define Iceberg tables: each commits new metadata, except VACUUM, which the engine runs.

import { icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { Table } from '../../glue/api/shapes.ts'
import { fieldsOf } from '../../glue/hive/iceberg-type.ts'
import { newMetadata, type TableMetadata } from '../../iceberg/metadata.ts'
import { partitionSpec } from '../../iceberg/partition-spec.ts'
import { fieldsByName } from '../../iceberg/schema.ts'
import type { IcebergTables, LoadedTable } from '../../iceberg/tables.ts'
import { hiveFailure, notSupported, QueryFailure } from '../api/errors.ts'
import type { TableChange } from '../sql/alter-table.ts'
import type { RewrittenSql } from '../sql/rewritten-sql.ts'
import { withColumnChanged, withColumnDropped, withColumnsAdded } from './column-changes.ts'
import type { CreateIcebergTable } from './create-table.ts'
import { icebergNames, icebergProperties, propertiesOfNewTable, vacuumDefaults } from './table-properties.ts'

/** @throws QueryFailure, GlueError when a table of that name exists */
export async function createIcebergTable(
  statement: CreateIcebergTable,
  database: string,
  tables: IcebergTables,
): Promise<void> {
  const { name, columns, comment, partitioning, location, invalid } = statement
  if (invalid) throw invalid
  if (!location) {
    throw new QueryFailure('No location was specified for table. An S3 location must be specified', {
      category: 2,
      type: 1000,
    })
  }
  const names = columns.map(({ Name }) => Name)
  const double = names.find((each, i) => names.indexOf(each) < i)
  if (double !== undefined)
    throw hiveFailure(`SemanticException [Error 10036]: Duplicate column name: ${double}`)
  const properties = propertiesOfNewTable(statement.properties)
  const fields = fieldsOf(columns)
  const known = fieldsByName(fields)
  const unknown = partitioning.find(({ column }) => !known.has(column))
  if (unknown) throw invalidPartitioning(`Cannot find source column: ${unknown.column}`)
  let spec: ReturnType<typeof partitionSpec>
  try {
    spec = partitionSpec(partitioning, fields)
  } catch (error) {
    throw invalidPartitioning((error as Error).message)
  }
  const metadata = newMetadata({
    location,
    fields,
    spec,
    properties: comment === undefined ? properties : { ...properties, comment },
  })
  await tables.create(database, name, metadata)
}

/** ALTER TABLE. @throws QueryFailure, GlueError */
export async function changeIcebergTable(
  change: TableChange,
  table: Table,
  tables: IcebergTables,
  glue: GlueService,
): Promise<void> {
  if (change.action === 'rename-table') {
    const database = change.database ?? table.DatabaseName
    if (await glue.getTable(database, change.name))
      throw hiveFailure(`Table ${database}.${change.name} already exists`)
    return tables.rename(table, database, change.name)
  }
  await tables.commit(table.DatabaseName, table.Name, (metadata) => changed(metadata, change))
}

function changed(metadata: TableMetadata, change: TableChange): TableMetadata {
  if ('partition' in change && change.partition) throw unsupported(change)
  switch (change.action) {
    case 'set-properties':
      return withProperties(metadata, icebergProperties(change.properties, metadata.properties))
    case 'unset-properties': {
      const gone = icebergNames(change.names, metadata.properties)
      const kept = Object.entries(metadata.properties).filter(([name]) => !gone.includes(name))
      return { ...metadata, properties: Object.fromEntries(kept) }
    }
    case 'add-columns':
      return withColumnsAdded(metadata, change.columns)
    case 'drop-column':
      return withColumnDropped(metadata, change.name)
    case 'change-column':
      return withColumnChanged(metadata, change)
    default:
      throw unsupported(change)
  }
}

const withProperties = (metadata: TableMetadata, properties: Readonly<Record<string, string>>) => ({
  ...metadata,
  properties: { ...metadata.properties, ...properties },
})

/** Gives a table that the engine has just created the properties that the engine does not set. */
export async function finishIcebergTable(
  { database, name, properties }: NonNullable<RewrittenSql['makesIceberg']>,
  submittedAtMs: number,
  tables: IcebergTables,
): Promise<void> {
  await tables.commit(database, name, (metadata, { entry }) => {
    // IF NOT EXISTS created none.
    const isOlder = entry.CreateTime * 1000 < submittedAtMs
    return isOlder ? metadata : withProperties(metadata, properties)
  })
}

/** The engine's statements for VACUUM of a table with these properties. */
export function vacuumStatements({ entry, metadata }: LoadedTable): string[] {
  const { properties } = metadata
  const maxAgeMs = properties['history.expire.max-snapshot-age-ms']
  const seconds =
    maxAgeMs === undefined ? vacuumDefaults.maxSnapshotAgeSeconds : Math.floor(Number(maxAgeMs) / 1000)
  const table = [icebergCatalog, entry.DatabaseName, entry.Name].map(quoted).join('.')
  return ['expire_snapshots', 'remove_orphan_files'].map(
    (procedure) => `ALTER TABLE ${table} EXECUTE ${procedure}(retention_threshold => '${seconds}s')`,
  )
}

const unsupported = ({ action }: TableChange) =>
  notSupported(
    `ALTER TABLE ${action.replaceAll('-', ' ').toUpperCase()} is not supported for table type ICEBERG`,
  )

const invalidPartitioning = (what: string) =>
  new QueryFailure(`INVALID_TABLE_PROPERTY: ${what}`, { category: 2, type: 1006 })
