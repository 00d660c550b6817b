// The grammar of ALTER TABLE and ALTER DATABASE.
import type { Column } from '../../glue/api/shapes.ts'
import { column, properties } from './create-table.ts'
import { type PartitionSpec, partitionRange, partitionSpec } from './partition-spec.ts'
import type { TokenReader } from './token-reader.ts'

/** A change by ALTER TABLE. With `partition`, it changes only that partition. */
export type TableChange =
  | { readonly action: 'set-properties'; readonly properties: Record<string, string> }
  | { readonly action: 'unset-properties'; readonly names: readonly string[]; readonly ifExists: boolean }
  | {
      readonly action: 'add-partitions'
      readonly ifNotExists: boolean
      readonly partitions: readonly { spec: PartitionSpec; location: string | undefined }[]
    }
  | {
      readonly action: 'drop-partitions'
      readonly ifExists: boolean
      readonly specs: readonly PartitionSpec[]
    }
  | { readonly action: 'rename-partition'; readonly from: PartitionSpec; readonly to: PartitionSpec }
  | {
      readonly action: 'set-location'
      readonly partition: PartitionSpec | undefined
      readonly location: string
    }
  | {
      readonly action: 'add-columns' | 'replace-columns'
      readonly partition: PartitionSpec | undefined
      readonly columns: readonly Column[]
    }
  | {
      readonly action: 'change-column'
      readonly partition: PartitionSpec | undefined
      readonly from: string
      readonly to: Column
      /** The column after which it is placed: '' makes it the first; undefined leaves it where it is. */
      readonly after: string | undefined
    }
  | { readonly action: 'drop-column'; readonly name: string }
  | { readonly action: 'rename-table'; readonly database: string | undefined; readonly name: string }

export interface AlterTable {
  readonly kind: 'alter-table'
  readonly database: string | undefined
  readonly name: string
  readonly change: TableChange
}

export interface AlterDatabase {
  readonly kind: 'alter-database'
  readonly name: string
  readonly properties: Record<string, string>
}

/** After ALTER TABLE. @throws AwsError MALFORMED_QUERY */
export function alterTable(reader: TokenReader): AlterTable {
  return { kind: 'alter-table', ...reader.qualifiedName(), change: tableChange(reader) }
}

/** After ALTER DATABASE. @throws AwsError MALFORMED_QUERY */
export function alterDatabase(reader: TokenReader): AlterDatabase {
  const name = reader.databaseName()
  reader.expect('SET', 'DBPROPERTIES')
  return { kind: 'alter-database', name, properties: properties(reader) }
}

function tableChange(reader: TokenReader): TableChange {
  if (reader.accept('PARTITION')) {
    const partition = partitionSpec(reader)
    if (!reader.accept('RENAME')) return storageChange(reader, partition)
    reader.expect('TO', 'PARTITION')
    return { action: 'rename-partition', from: partition, to: partitionSpec(reader) }
  }
  if (reader.accept('UNSET')) {
    reader.expect('TBLPROPERTIES')
    const ifExists = reader.accept('IF', 'EXISTS')
    return { action: 'unset-properties', names: reader.list(() => reader.text()), ifExists }
  }
  if (reader.accept('SET', 'TBLPROPERTIES'))
    return { action: 'set-properties', properties: properties(reader) }
  if (reader.accept('RENAME', 'TO')) return { action: 'rename-table', ...reader.qualifiedName() }
  if (reader.accept('DROP', 'COLUMN')) return { action: 'drop-column', name: reader.name() }
  if (reader.accept('DROP')) return dropPartitions(reader)
  if (reader.accept('ADD', 'PARTITION')) return addPartitions(reader, false)
  if (reader.accept('ADD', 'IF', 'NOT', 'EXISTS')) {
    reader.expect('PARTITION')
    return addPartitions(reader, true)
  }
  return storageChange(reader, undefined)
}

/** What tables and partitions have in common: a location and columns. */
function storageChange(reader: TokenReader, partition: PartitionSpec | undefined): TableChange {
  const verb = reader.expectOneOf('SET', 'ADD', 'REPLACE', 'CHANGE')
  switch (verb) {
    case 'SET':
      reader.expect('LOCATION')
      return { action: 'set-location', partition, location: reader.text() }
    case 'CHANGE': {
      reader.accept('COLUMN')
      const from = reader.name()
      const to = column(reader)
      const after = reader.accept('FIRST') ? '' : reader.accept('AFTER') ? reader.name() : undefined
      return { action: 'change-column', partition, from, to, after }
    }
    default: {
      reader.expect('COLUMNS')
      const columns = reader.list(() => column(reader))
      return { action: verb === 'ADD' ? 'add-columns' : 'replace-columns', partition, columns }
    }
  }
}

function addPartitions(reader: TokenReader, ifNotExists: boolean): TableChange {
  const partitions = []
  do {
    const spec = partitionSpec(reader)
    partitions.push({ spec, location: reader.accept('LOCATION') ? reader.text() : undefined })
  } while (reader.accept('PARTITION'))
  return { action: 'add-partitions', ifNotExists, partitions }
}

function dropPartitions(reader: TokenReader): TableChange {
  const ifExists = reader.accept('IF', 'EXISTS')
  const specs: PartitionSpec[] = []
  do {
    reader.expect('PARTITION')
    specs.push(partitionRange(reader))
  } while (reader.accept(','))
  reader.accept('PURGE')
  return { action: 'drop-partitions', ifExists, specs }
}
