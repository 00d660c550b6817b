// Runs ALTER TABLE on the Data Catalog: each change reads the current table, and writes it back changed.
import type { GlueService } from '../../glue/api/service.ts'
import type { Column, Partition, StorageDescriptor, Table } from '../../glue/api/shapes.ts'
import { hiveFailure, notSupported } from '../api/errors.ts'
import type { TableChange } from './alter-table.ts'
import {
  checkTypes,
  type PartitionSpec,
  partitionExpression,
  partitionName,
  partitionValues,
  rangeText,
  textOf,
} from './partition-spec.ts'

type Action = TableChange['action']
type Run<A extends Action> = (
  change: Extract<TableChange, { action: A }>,
  table: Table,
  glue: GlueService,
  signal: AbortSignal,
) => Promise<void>

/** Each partition has a copy of its table's columns: one batch holds at most this many columns in all. */
const mostColumnsPerBatch = 20_000
/** The limit of BatchCreatePartition. */
const mostPerBatch = 100
/** The limit of BatchDeletePartition. */
const mostPerDelete = 25

const runs: { readonly [A in Action]: Run<A> } = {
  'set-properties': async ({ properties }, table, glue) =>
    update(table, { Parameters: { ...table.Parameters, ...properties } }, glue),

  'unset-properties': async ({ names, ifExists }, table, glue) => {
    const parameters = { ...table.Parameters }
    for (const name of names) {
      if (!ifExists && !Object.hasOwn(parameters, name)) {
        throw hiveFailure(
          'SemanticException [Error 10215]: Please use the following syntax if not sure whether the property existed or not: ALTER TABLE tableName UNSET TBLPROPERTIES IF EXISTS (key1, key2, ...)',
        )
      }
      delete parameters[name]
    }
    await update(table, { Parameters: parameters }, glue)
  },

  'add-partitions': async ({ ifNotExists, partitions }, table, glue, signal) => {
    const inputs = partitions.map(({ spec, location }) => {
      const Values = partitionValues(table, spec)
      checkTypes(table, spec)
      const folder = (table.StorageDescriptor?.Location ?? '').replace(/\/$/, '')
      const Location = location ?? `${folder}/${partitionName(table, Values)}`
      return { Values, StorageDescriptor: { ...table.StorageDescriptor, Location } }
    })
    const { DatabaseName, Name: TableName } = table
    const batches = batchesOf(inputs, table)
    // All are checked before any is added, so that a statement that fails has changed nothing.
    for (const batch of ifNotExists ? [] : batches) {
      signal.throwIfAborted()
      const PartitionsToGet = batch.map(({ Values }) => ({ Values }))
      const request = { DatabaseName, TableName, PartitionsToGet }
      const { Partitions } = await glue.call<{ Partitions: Partition[] }>('BatchGetPartition', request)
      if (Partitions.length > 0) throw partitionExists()
    }
    for (const batch of batches) {
      signal.throwIfAborted()
      const existing = await glue.createPartitions(DatabaseName, TableName, batch)
      if (existing.length > 0 && !ifNotExists) throw partitionExists()
    }
  },

  'drop-partitions': async ({ ifExists, specs }, table, glue, signal) => {
    const found: { Values: string[] }[] = []
    for (const spec of specs) {
      const before = found.length
      const expression = partitionExpression(table, spec)
      for await (const { Values } of glue.partitions(table.DatabaseName, table.Name, expression)) {
        signal.throwIfAborted()
        found.push({ Values })
      }
      if (found.length === before && !ifExists) throw partitionNotFound(rangeText(spec))
    }
    for (let start = 0; start < found.length; start += mostPerDelete) {
      await glue.call('BatchDeletePartition', {
        DatabaseName: table.DatabaseName,
        TableName: table.Name,
        PartitionsToDelete: found.slice(start, start + mostPerDelete),
      })
    }
  },

  'rename-partition': async ({ from, to }, table, glue) => {
    const partition = await existingPartition(table, from, glue)
    const values = partitionValues(table, to)
    if (await glue.getPartition(table.DatabaseName, table.Name, values)) throw partitionExists()
    await updatePartition(partition, { Values: values }, glue)
  },

  'set-location': async ({ partition, location }, table, glue) =>
    changeStorage(table, partition, glue, (storage) => ({ ...storage, Location: location })),

  'add-columns': async ({ partition, columns }, table, glue) =>
    changeStorage(table, partition, glue, (storage) => {
      const all = [...(storage.Columns ?? []), ...columns]
      checkNames(table, all)
      return { ...storage, Columns: all }
    }),

  'replace-columns': async ({ partition, columns }, table, glue) => {
    checkNames(table, columns)
    await changeStorage(table, partition, glue, (storage) => ({ ...storage, Columns: [...columns] }))
  },

  'change-column': async (change, table, glue) =>
    changeStorage(table, change.partition, glue, (storage) => {
      const columns = changedColumns(change, storage.Columns ?? [])
      checkNames(table, columns)
      return { ...storage, Columns: columns }
    }),

  'drop-column': async () => {
    throw notSupported('ALTER TABLE DROP COLUMN is only supported for Iceberg tables')
  },

  'rename-table': async () => {
    throw notSupported('ALTER TABLE RENAME TO is only supported for Iceberg tables')
  },
}

/** @throws QueryFailure with Hive's message, GlueError of the catalog */
export function changeTable(
  change: TableChange,
  table: Table,
  glue: GlueService,
  signal: AbortSignal,
): Promise<void> {
  return (runs[change.action] as Run<Action>)(change, table, glue, signal)
}

/** Small enough for the catalog to handle quickly, so that other requests get their turn in between. */
function batchesOf<T>(inputs: readonly T[], { StorageDescriptor }: Table): T[][] {
  const columns = Math.max(1, StorageDescriptor?.Columns?.length ?? 0)
  const size = Math.min(mostPerBatch, Math.max(1, Math.floor(mostColumnsPerBatch / columns)))
  const batches: T[][] = []
  for (let start = 0; start < inputs.length; start += size) batches.push(inputs.slice(start, start + size))
  return batches
}

function changedColumns(
  { from, to, after }: Extract<TableChange, { action: 'change-column' }>,
  columns: readonly Column[],
): Column[] {
  const at = indexOfColumn(columns, from)
  if (at < 0) throw noColumn(from)
  const { Comment } = columns[at]!
  const column = Comment === undefined ? to : { Comment, ...to }
  if (after === undefined) return columns.with(at, column)
  const others = columns.toSpliced(at, 1)
  const behind = after === '' ? -1 : indexOfColumn(others, after)
  if (after !== '' && behind < 0) throw noColumn(after)
  return others.toSpliced(behind + 1, 0, column)
}

/** @param name in lower case; Glue keeps the capitals of a given name */
const indexOfColumn = (columns: readonly Column[], name: string) =>
  columns.findIndex(({ Name }) => Name.toLowerCase() === name)

function checkNames(table: Table, columns: readonly Column[]): void {
  const seen = new Set(table.PartitionKeys?.map(({ Name }) => Name.toLowerCase()))
  for (const { Name } of columns) {
    if (seen.has(Name.toLowerCase())) {
      throw hiveFailure(
        `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Duplicate column name: ${Name}`,
      )
    }
    seen.add(Name.toLowerCase())
  }
}

async function changeStorage(
  table: Table,
  spec: PartitionSpec | undefined,
  glue: GlueService,
  change: (storage: StorageDescriptor) => StorageDescriptor,
): Promise<void> {
  if (!spec) return update(table, { StorageDescriptor: change(table.StorageDescriptor ?? {}) }, glue)
  const partition = await existingPartition(table, spec, glue)
  const StorageDescriptor = change(partition.StorageDescriptor ?? {})
  await updatePartition(partition, { StorageDescriptor }, glue)
}

async function update(table: Table, changed: Partial<Table>, glue: GlueService): Promise<void> {
  const { DatabaseName, VersionId } = table
  // Glue's input has only some members of a table; it refuses the update if the table was changed in between.
  await glue.call('UpdateTable', { DatabaseName, VersionId, TableInput: { ...table, ...changed } })
}

async function updatePartition(
  partition: Partition,
  changed: Partial<Partition>,
  glue: GlueService,
): Promise<void> {
  const { DatabaseName, TableName } = partition
  await glue.call('UpdatePartition', {
    DatabaseName,
    TableName,
    PartitionValueList: partition.Values,
    PartitionInput: { ...partition, ...changed },
  })
}

/** @throws QueryFailure when the table has no such partition */
export async function existingPartition(
  table: Table,
  spec: PartitionSpec,
  glue: GlueService,
): Promise<Partition> {
  const values = partitionValues(table, spec)
  const partition = await glue.getPartition(table.DatabaseName, table.Name, values)
  if (!partition) throw partitionNotFound(textOf(spec))
  return partition
}

const partitionExists = () =>
  hiveFailure(
    'Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Partition already exists.)',
  )

const partitionNotFound = (which: string) =>
  hiveFailure(`SemanticException [Error 10006]: Partition not found ${which}`)

const noColumn = (name: string) =>
  hiveFailure(
    `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Invalid column reference ${name}`,
  )
