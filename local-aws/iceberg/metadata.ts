// The metadata of an Iceberg table, in the form of its metadata.json: how it begins, and what statements read from it.
import { randomUUID } from 'node:crypto'
import { highestPartitionId, type PartitionSpec } from './partition-spec.ts'
import { type Field, highestFieldId, type Schema, withFreshIds } from './schema.ts'

export interface Snapshot {
  readonly 'snapshot-id': number | bigint
  readonly 'parent-snapshot-id'?: number | bigint
  readonly 'sequence-number'?: number
  readonly 'timestamp-ms': number
  readonly [member: string]: unknown
}

export interface SnapshotRef {
  readonly 'snapshot-id': number | bigint
  readonly type: 'branch' | 'tag'
  readonly [member: string]: unknown
}

export interface SortOrder {
  readonly 'order-id': number
  readonly fields: readonly { readonly 'source-id': number; readonly [member: string]: unknown }[]
}

export interface TableMetadata {
  readonly 'format-version': number
  readonly 'table-uuid': string
  readonly location: string
  readonly 'last-sequence-number': number
  readonly 'last-updated-ms': number
  readonly 'last-column-id': number
  readonly 'current-schema-id': number
  readonly schemas: readonly Schema[]
  readonly 'default-spec-id': number
  readonly 'partition-specs': readonly PartitionSpec[]
  readonly 'last-partition-id': number
  readonly 'default-sort-order-id': number
  readonly 'sort-orders': readonly SortOrder[]
  readonly properties: Readonly<Record<string, string>>
  readonly 'current-snapshot-id'?: number | bigint | null
  readonly refs?: Readonly<Record<string, SnapshotRef>>
  readonly snapshots?: readonly Snapshot[]
  readonly 'snapshot-log'?: readonly { 'snapshot-id': number | bigint; 'timestamp-ms': number }[]
  readonly 'metadata-log'?: readonly { 'metadata-file': string; 'timestamp-ms': number }[]
  readonly statistics?: readonly { 'snapshot-id': number | bigint; [member: string]: unknown }[]
  readonly 'partition-statistics'?: readonly { 'snapshot-id': number | bigint; [member: string]: unknown }[]
  readonly [member: string]: unknown
}

export interface NewTable {
  readonly location: string
  readonly fields: readonly Field[]
  readonly spec?: PartitionSpec | undefined
  readonly sortOrder?: SortOrder | undefined
  readonly identifierFieldIds?: readonly number[] | undefined
  readonly properties?: Readonly<Record<string, string>>
  readonly formatVersion?: number
}

const unsorted: SortOrder = { 'order-id': 0, fields: [] }

/** The marker in a table's metadata that it has had no snapshot yet. */
export const withoutSnapshots = () => ({
  'current-snapshot-id': -1,
  refs: {},
  snapshots: [],
  statistics: [],
  'partition-statistics': [],
  'snapshot-log': [],
  'metadata-log': [],
})

/** The metadata of a new table. Its fields get their own ids; specification and sort order are adapted to them. */
export function newMetadata(table: NewTable): TableMetadata {
  const { fields, ids } = withFreshIds(table.fields, 1)
  const own = (id: number) => ids.get(id) ?? id
  const specFields = (table.spec?.fields ?? []).map((field, i) => ({
    ...field,
    'source-id': own(field['source-id']),
    'field-id': 1000 + i,
  }))
  const order = table.sortOrder?.fields.length
    ? {
        'order-id': 1,
        fields: table.sortOrder.fields.map((field) => ({ ...field, 'source-id': own(field['source-id']) })),
      }
    : unsorted
  const identifiers = table.identifierFieldIds ?? []
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    ...(identifiers.length === 0 ? {} : { 'identifier-field-ids': identifiers.map(own) }),
    fields,
  }
  return withMembersOfVersion({
    'format-version': table.formatVersion ?? 2,
    'table-uuid': randomUUID(),
    location: withoutSlash(table.location),
    'last-sequence-number': 0,
    'last-updated-ms': Date.now(),
    'last-column-id': highestFieldId(fields),
    'current-schema-id': 0,
    schemas: [schema],
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: specFields }],
    'last-partition-id': highestPartitionId(specFields),
    'default-sort-order-id': order['order-id'],
    'sort-orders': [order],
    properties: table.properties ?? {},
    ...withoutSnapshots(),
  })
}

/**
 * The metadata with what its version of the format requires: readers of version 1 need the current schema and
 * specification outside the lists, too, and those of version 3 the id of the next row.
 */
export function withMembersOfVersion(metadata: TableMetadata): TableMetadata {
  const { schema: _, 'partition-spec': __, ...own } = metadata
  // A table that was of version 1 has no counter of changes.
  const counted = { 'last-sequence-number': own['last-sequence-number'] ?? 0 }
  switch (own['format-version']) {
    case 1:
      return { ...own, schema: currentSchema(metadata), 'partition-spec': currentSpec(metadata)?.fields }
    case 2:
      return { ...own, ...counted }
    default:
      return { 'next-row-id': 0, ...own, ...counted }
  }
}

export function currentSchema(metadata: TableMetadata): Schema {
  return metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])!
}

export function currentSpec(metadata: TableMetadata): PartitionSpec {
  return metadata['partition-specs'].find((spec) => spec['spec-id'] === metadata['default-spec-id'])!
}

/** A table's folder, as Iceberg writes it. */
export function withoutSlash(location: string): string {
  let end = location.length
  while (location[end - 1] === '/') end--
  return location.slice(0, end)
}
