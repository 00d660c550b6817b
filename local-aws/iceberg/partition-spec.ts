// Iceberg's partitioning: transforms of columns, and their names.
import { type Field, fieldsByName } from './schema.ts'

export interface PartitionField {
  readonly 'source-id': number
  readonly 'field-id': number
  readonly name: string
  /** `identity`, `bucket[16]`, `truncate[10]`, `year`, `month`, `day`, `hour` or `void`. */
  readonly transform: string
}

export interface PartitionSpec {
  readonly 'spec-id': number
  readonly fields: readonly PartitionField[]
}

/** A column with its transform, as in a statement. */
export interface Transform {
  readonly column: string
  readonly function: 'identity' | 'bucket' | 'truncate' | 'year' | 'month' | 'day' | 'hour'
  /** The argument of bucket and truncate. */
  readonly argument?: number
}

/** The first id of partition fields in Iceberg. */
const firstPartitionFieldId = 1000

const suffixes: Readonly<Record<string, string>> = { identity: '', truncate: '_trunc' }

/** @throws Error when a column does not exist, or two fields have the same name */
export function partitionSpec(transforms: readonly Transform[], columns: readonly Field[]): PartitionSpec {
  const byName = fieldsByName(columns)
  const names = new Set<string>()
  const fields = transforms.map(({ column, function: transform, argument }, i) => {
    const source = byName.get(column)
    if (!source) throw new Error(`Cannot find source column: ${column}`)
    const suffix = suffixes[transform] ?? `_${transform}`
    const name = `${column}${suffix}`
    if (names.has(name)) throw new Error(`Cannot use partition name more than once: ${name}`)
    names.add(name)
    return {
      'source-id': source.id,
      'field-id': firstPartitionFieldId + i,
      name,
      transform: argument === undefined ? transform : `${transform}[${argument}]`,
    }
  })
  return { 'spec-id': 0, fields }
}

/** The highest id of the fields, or the one before the first if there are none. */
export function highestPartitionId(fields: readonly PartitionField[]): number {
  return Math.max(firstPartitionFieldId - 1, ...fields.map((field) => field['field-id']))
}
