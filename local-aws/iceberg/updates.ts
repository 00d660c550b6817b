// Iceberg's changes of a table's metadata, under the names of its REST protocol.
import { isDeepStrictEqual } from 'node:util'
import {
  type Snapshot,
  type SnapshotRef,
  type SortOrder,
  type TableMetadata,
  withMembersOfVersion,
  withoutSlash,
} from './metadata.ts'
import { highestPartitionId, type PartitionField } from './partition-spec.ts'
import { highestFieldId, type Schema } from './schema.ts'

type Id = number | bigint

/** One change, in the protocol's form. */
export type Update =
  | { readonly action: 'assign-uuid'; readonly uuid: string }
  | { readonly action: 'upgrade-format-version'; readonly 'format-version': number }
  | { readonly action: 'add-schema'; readonly schema: Omit<Schema, 'schema-id'> }
  | { readonly action: 'set-current-schema'; readonly 'schema-id': number }
  | { readonly action: 'remove-schemas'; readonly 'schema-ids': readonly number[] }
  | { readonly action: 'add-spec'; readonly spec: { readonly fields: readonly PartialPartitionField[] } }
  | { readonly action: 'set-default-spec'; readonly 'spec-id': number }
  | { readonly action: 'remove-partition-specs'; readonly 'spec-ids': readonly number[] }
  | { readonly action: 'add-sort-order'; readonly 'sort-order': Pick<SortOrder, 'fields'> }
  | { readonly action: 'set-default-sort-order'; readonly 'sort-order-id': number }
  | { readonly action: 'add-snapshot'; readonly snapshot: Snapshot }
  | { readonly action: 'remove-snapshots'; readonly 'snapshot-ids': readonly Id[] }
  | ({ readonly action: 'set-snapshot-ref'; readonly 'ref-name': string } & SnapshotRef)
  | { readonly action: 'remove-snapshot-ref'; readonly 'ref-name': string }
  | { readonly action: 'set-properties'; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: 'remove-properties'; readonly removals: readonly string[] }
  | { readonly action: 'set-location'; readonly location: string }
  | {
      readonly action: 'set-statistics'
      readonly statistics: { 'snapshot-id': Id; [member: string]: unknown }
    }
  | { readonly action: 'remove-statistics'; readonly 'snapshot-id': Id }
  | {
      readonly action: 'set-partition-statistics'
      readonly 'partition-statistics': { 'snapshot-id': Id; [member: string]: unknown }
    }
  | { readonly action: 'remove-partition-statistics'; readonly 'snapshot-id': Id }

type PartialPartitionField = Omit<PartitionField, 'field-id'> & { readonly 'field-id'?: number }

/** A change that cannot be made: the table is not what the client believes, or the change is invalid. */
export class UpdateRefused extends Error {}

/** What the earlier updates have added: -1 refers to the last of them. */
interface Added {
  schema?: number
  spec?: number
  order?: number
}

type Apply<A extends Update['action']> = (
  metadata: TableMetadata,
  update: Extract<Update, { action: A }>,
  added: Added,
) => Partial<TableMetadata>

const apply: { readonly [A in Update['action']]: Apply<A> } = {
  'assign-uuid': (_, { uuid }) => ({ 'table-uuid': uuid }),

  'upgrade-format-version': (metadata, { 'format-version': version }) => {
    if (version < metadata['format-version'])
      throw new UpdateRefused(`Cannot downgrade v${metadata['format-version']} table to v${version}`)
    if (version > 3)
      throw new UpdateRefused(`Cannot upgrade table to unsupported format version: v${version}`)
    return { 'format-version': version }
  },

  'add-schema': (metadata, { schema }, added) => {
    const same = metadata.schemas.find((each) => isDeepStrictEqual(each.fields, schema.fields))
    const id = same?.['schema-id'] ?? nextId(metadata.schemas.map((each) => each['schema-id']))
    added.schema = id
    if (same) return {}
    return {
      schemas: [...metadata.schemas, { ...schema, type: 'struct', 'schema-id': id }],
      'last-column-id': Math.max(metadata['last-column-id'], highestFieldId(schema.fields)),
    }
  },

  'set-current-schema': (metadata, { 'schema-id': wanted }, added) => {
    const id = wanted === -1 ? added.schema : wanted
    if (!metadata.schemas.some((schema) => schema['schema-id'] === id))
      throw new UpdateRefused(`Cannot set current schema to unknown schema: ${id}`)
    return { 'current-schema-id': id! }
  },

  'remove-schemas': (metadata, { 'schema-ids': ids }) => {
    if (ids.includes(metadata['current-schema-id'])) throw new UpdateRefused('Cannot remove current schema')
    return { schemas: metadata.schemas.filter((schema) => !ids.includes(schema['schema-id'])) }
  },

  'add-spec': (metadata, { spec }, added) => {
    const specs = metadata['partition-specs']
    const fields = numbered(spec.fields, metadata)
    const same = specs.find((each) => isDeepStrictEqual(each.fields.map(withoutId), fields.map(withoutId)))
    const id = same?.['spec-id'] ?? nextId(specs.map((each) => each['spec-id']))
    added.spec = id
    if (same) return {}
    return {
      'partition-specs': [...specs, { 'spec-id': id, fields }],
      'last-partition-id': Math.max(metadata['last-partition-id'], highestPartitionId(fields)),
    }
  },

  'set-default-spec': (metadata, { 'spec-id': wanted }, added) => {
    const id = wanted === -1 ? added.spec : wanted
    if (!metadata['partition-specs'].some((spec) => spec['spec-id'] === id))
      throw new UpdateRefused(`Cannot set default partition spec to unknown spec: ${id}`)
    return { 'default-spec-id': id! }
  },

  'remove-partition-specs': (metadata, { 'spec-ids': ids }) => {
    if (ids.includes(metadata['default-spec-id']))
      throw new UpdateRefused('Cannot remove the default partition spec')
    return { 'partition-specs': metadata['partition-specs'].filter((spec) => !ids.includes(spec['spec-id'])) }
  },

  'add-sort-order': (metadata, { 'sort-order': { fields } }, added) => {
    const orders = metadata['sort-orders']
    const same = orders.find((order) => isDeepStrictEqual(order.fields, fields))
    // 0 is reserved for the order of unsorted tables.
    const id =
      same?.['order-id'] ??
      (fields.length === 0 ? 0 : nextId([0, ...orders.map((order) => order['order-id'])]))
    added.order = id
    return same ? {} : { 'sort-orders': [...orders, { 'order-id': id, fields }] }
  },

  'set-default-sort-order': (metadata, { 'sort-order-id': wanted }, added) => {
    const id = wanted === -1 ? added.order : wanted
    if (!metadata['sort-orders'].some((order) => order['order-id'] === id))
      throw new UpdateRefused(`Cannot set default sort order to unknown sort order: ${id}`)
    return { 'default-sort-order-id': id! }
  },

  'add-snapshot': (metadata, { snapshot }) => {
    if (metadata.snapshots?.some((each) => isSameId(each['snapshot-id'], snapshot['snapshot-id'])))
      throw new UpdateRefused(`Snapshot already exists for: ${snapshot['snapshot-id']}`)
    const sequence = snapshot['sequence-number'] ?? 0
    return {
      snapshots: [...(metadata.snapshots ?? []), snapshot],
      'last-sequence-number': Math.max(metadata['last-sequence-number'], sequence),
      ...nextRowId(metadata, snapshot),
    }
  },

  'remove-snapshots': (metadata, { 'snapshot-ids': ids }) => {
    const isGone = (id: Id) => ids.some((each) => isSameId(each, id))
    const stays = <T extends { 'snapshot-id': Id }>(items: readonly T[] | undefined) =>
      (items ?? []).filter((item) => !isGone(item['snapshot-id']))
    return {
      snapshots: stays(metadata.snapshots),
      statistics: stays(metadata.statistics),
      'partition-statistics': stays(metadata['partition-statistics']),
      'snapshot-log': stays(metadata['snapshot-log']),
      refs: Object.fromEntries(
        Object.entries(metadata.refs ?? {}).filter(([, ref]) => !isGone(ref['snapshot-id'])),
      ),
    }
  },

  'set-snapshot-ref': (metadata, { action: _action, 'ref-name': name, ...ref }) => {
    const id = ref['snapshot-id']
    const snapshot = metadata.snapshots?.find((each) => isSameId(each['snapshot-id'], id))
    if (!snapshot) throw new UpdateRefused(`Cannot set ${name} to unknown snapshot: ${id}`)
    const refs = { ...metadata.refs, [name]: ref }
    const before = metadata.refs?.[name]
    if (name !== mainBranch || (before && isSameId(before['snapshot-id'], id))) return { refs }
    const entry = { 'snapshot-id': id, 'timestamp-ms': snapshot['timestamp-ms'] }
    return {
      refs,
      'current-snapshot-id': id,
      'snapshot-log': [...(metadata['snapshot-log'] ?? []), entry],
    }
  },

  'remove-snapshot-ref': (metadata, { 'ref-name': name }) => {
    const refs = Object.fromEntries(Object.entries(metadata.refs ?? {}).filter(([each]) => each !== name))
    return name === mainBranch ? { refs, 'current-snapshot-id': -1 } : { refs }
  },

  'set-properties': (metadata, { updates }) => ({ properties: { ...metadata.properties, ...updates } }),

  'remove-properties': (metadata, { removals }) => ({
    properties: Object.fromEntries(
      Object.entries(metadata.properties).filter(([name]) => !removals.includes(name)),
    ),
  }),

  'set-location': (_, { location }) => ({ location: withoutSlash(location) }),

  'set-statistics': (metadata, { statistics }) => ({
    statistics: replaced(metadata.statistics, statistics['snapshot-id'], statistics),
  }),

  'remove-statistics': (metadata, { 'snapshot-id': id }) => ({
    statistics: replaced(metadata.statistics, id),
  }),

  'set-partition-statistics': (metadata, { 'partition-statistics': statistics }) => ({
    'partition-statistics': replaced(metadata['partition-statistics'], statistics['snapshot-id'], statistics),
  }),

  'remove-partition-statistics': (metadata, { 'snapshot-id': id }) => ({
    'partition-statistics': replaced(metadata['partition-statistics'], id),
  }),
}

const mainBranch = 'main'

/** The metadata with all updates applied, in their order. @throws UpdateRefused */
export function updated(metadata: TableMetadata, updates: readonly Update[]): TableMetadata {
  const added: Added = {}
  let current = metadata
  for (const update of updates) {
    if (!Object.hasOwn(apply, update.action))
      throw new UpdateRefused(`Cannot apply unknown update: ${String(update.action)}`)
    const changes = (apply[update.action] as Apply<Update['action']>)(current, update, added)
    current = { ...current, ...changes }
  }
  return updates.length === 0 ? current : withMembersOfVersion(current)
}

/** Fields of a new specification, with their ids in earlier ones, or new ones. */
function numbered(fields: readonly PartialPartitionField[], metadata: TableMetadata): PartitionField[] {
  const known = metadata['partition-specs'].flatMap((spec) => spec.fields)
  let next = Math.max(metadata['last-partition-id'], highestPartitionId(known)) + 1
  return fields.map((field) => {
    const same = known.find((each) => isDeepStrictEqual(withoutId(each), withoutId(field)))
    const id = field['field-id'] ?? same?.['field-id'] ?? next++
    return { ...field, 'field-id': id }
  })
}

/** Version 3 counts rows: a snapshot that adds some moves the next row's id. */
function nextRowId(metadata: TableMetadata, snapshot: Snapshot): Partial<TableMetadata> {
  const addedRows = snapshot['added-rows']
  if (metadata['format-version'] < 3 || typeof addedRows !== 'number') return {}
  return { 'next-row-id': Number(metadata['next-row-id'] ?? 0) + addedRows }
}

function replaced<T extends { 'snapshot-id': Id }>(items: readonly T[] | undefined, id: Id, item?: T): T[] {
  const others = (items ?? []).filter((each) => !isSameId(each['snapshot-id'], id))
  return item ? [...others, item] : others
}

/** A field's content, without its id. */
function withoutId({ name, transform, 'source-id': source }: PartialPartitionField) {
  return { name, transform, source }
}

const nextId = (ids: readonly number[]) => Math.max(-1, ...ids) + 1

/** A snapshot's id may have more digits than a number holds. */
export const isSameId = (a: Id | null | undefined, b: Id | null | undefined) => String(a) === String(b)
