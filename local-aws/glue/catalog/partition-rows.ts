// Partitions in the store: the part that they share with others of the table is stored once.
import { GlueError, invalidInput, partitionNotFound } from '../api/errors.ts'
import { pick } from '../api/request.ts'
import type { Partition, PartitionInput, StorageDescriptor } from '../api/shapes.ts'
import { partitionKey, valuesOf } from './partition-key.ts'
import type { Store } from './store.ts'
import { completeDescriptor, keysOf, type TableRow } from './table-rows.ts'

interface Row {
  key: string
  created: number
  shape_id: number | null
  data: string
}

const members = ['LastAccessTime', 'LastAnalyzedTime', 'Parameters'] as const

export class PartitionRows {
  readonly #store: Store
  readonly #accountId: string
  readonly #shapes = new Map<number, StorageDescriptor>()

  constructor(store: Store, accountId: string) {
    this.#store = store
    this.#accountId = accountId
  }

  /** @throws GlueError EntityNotFoundException, InvalidInputException for a wrong number of values */
  get(table: TableRow, values: readonly string[]): Partition {
    const partition = this.find(table, keyOfValues(values, keysOf(table).length))
    if (!partition) throw partitionNotFound()
    return partition
  }

  find(table: TableRow, key: string, withoutColumns = false): Partition | undefined {
    const row = this.#row(table, key)
    return row && this.#toPartition(table, row, withoutColumns)
  }

  /** @throws GlueError AlreadyExistsException */
  create(table: TableRow, keyCount: number, input: PartitionInput): void {
    const key = keyOfValues(input.Values, keyCount)
    if (this.#row(table, key)) throw new GlueError('AlreadyExistsException', 'Partition already exists.')
    this.#store.run(
      'INSERT INTO partitions (table_id, key, created, shape_id, data) VALUES (?, ?, ?, ?, ?)',
      table.id,
      key,
      Date.now() / 1000,
      this.#shapeId(table.id, input.StorageDescriptor),
      dataOf(input),
    )
  }

  /** The input's values may differ: then the partition moves there. @throws GlueError */
  update(table: TableRow, values: readonly string[], input: PartitionInput): void {
    const keyCount = keysOf(table).length
    const key = keyOfValues(values, keyCount)
    const newKey = input.Values ? keyOfValues(input.Values, keyCount) : key
    if (!this.#row(table, key)) throw partitionNotFound()
    if (newKey !== key && this.#row(table, newKey)) {
      throw new GlueError('AlreadyExistsException', 'Partition already exists.')
    }
    this.#store.run(
      'UPDATE partitions SET key = ?, shape_id = ?, data = ? WHERE table_id = ? AND key = ?',
      newKey,
      this.#shapeId(table.id, input.StorageDescriptor),
      dataOf(input),
      table.id,
      key,
    )
    if (newKey !== key) this.#dropStatistics(table, key)
  }

  /** @throws GlueError EntityNotFoundException */
  delete(table: TableRow, values: readonly string[]): void {
    // The table may have other keys now than when the partition was created: its values are used as they are.
    const key = partitionKey(values)
    const sql = 'DELETE FROM partitions WHERE table_id = ? AND key = ?'
    if (this.#store.run(sql, table.id, key).changes === 0) throw partitionNotFound()
    this.#dropStatistics(table, key)
  }

  #row(table: TableRow, key: string): Row | undefined {
    return this.#store.one<Row>('SELECT * FROM partitions WHERE table_id = ? AND key = ?', table.id, key)
  }

  /** The part of a descriptor that partitions share: all except location and parameters. */
  #shapeId(tableId: number, descriptor: StorageDescriptor | undefined): number | null {
    if (!descriptor) return null
    const { Location: _, Parameters: __, ...shape } = descriptor
    const json = JSON.stringify(shape)
    const find = 'SELECT id FROM shapes WHERE table_id = ? AND json = ?'
    return (
      this.#store.one<{ id: number }>(find, tableId, json)?.id ??
      this.#store.run('INSERT INTO shapes (table_id, json) VALUES (?, ?)', tableId, json).id
    )
  }

  #shape(id: number): StorageDescriptor {
    const known = this.#shapes.get(id)
    if (known) return known
    const { json } = this.#store.one<{ json: string }>('SELECT json FROM shapes WHERE id = ?', id)!
    const shape = JSON.parse(json) as StorageDescriptor
    this.#shapes.set(id, shape)
    return shape
  }

  #toPartition(table: TableRow, row: Row, withoutColumns: boolean): Partition {
    const { Location, SdParameters, ...rest } = JSON.parse(row.data)
    const partition: Partition = {
      Values: valuesOf(row.key),
      DatabaseName: table.database,
      TableName: table.name,
      CreationTime: row.created,
      ...rest,
      CatalogId: this.#accountId,
    }
    if (row.shape_id === null) return partition
    const { Columns, ...shape } = this.#shape(row.shape_id)
    partition.StorageDescriptor = completeDescriptor({
      ...(Columns && !withoutColumns ? { Columns } : {}),
      ...(Location === undefined ? {} : { Location }),
      ...shape,
      ...(SdParameters === undefined ? {} : { Parameters: SdParameters }),
    })
    return partition
  }

  #dropStatistics(table: TableRow, key: string): void {
    const sql = 'DELETE FROM column_statistics WHERE table_id = ? AND partition_key = ?'
    this.#store.run(sql, table.id, key)
  }
}

/** @throws GlueError InvalidInputException when the number of values is not the number of keys */
export function keyOfValues(values: readonly string[] | undefined, keyCount: number): string {
  if (values?.length !== keyCount) {
    throw invalidInput('The number of partition keys do not match the number of partition values')
  }
  if (values.some((value) => typeof value !== 'string')) {
    throw new GlueError('SerializationException', 'NUMBER_VALUE can not be converted to a String')
  }
  return partitionKey(values)
}

function dataOf(input: PartitionInput): string {
  return JSON.stringify({
    ...pick(input, members),
    Location: input.StorageDescriptor?.Location,
    SdParameters: input.StorageDescriptor?.Parameters,
  })
}
