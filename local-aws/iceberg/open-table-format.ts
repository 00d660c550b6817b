// Glue's own API to create and change an Iceberg table, used by CloudFormation and Terraform: OpenTableFormatInput.
import { GlueError, invalidInput } from '../glue/api/errors.ts'
import { checkedRequest } from '../glue/api/request.ts'
import type { GlueService } from '../glue/api/service.ts'
import type { TableInput } from '../glue/api/shapes.ts'
import { checkCatalogId } from '../glue/catalog/catalogs.ts'
import { fieldsOf } from '../glue/hive/iceberg-type.ts'
import { requestObject, unreadableRequest } from '../http/request-json.ts'
import type { JsonService } from '../http/server.ts'
import { newMetadata, type SortOrder } from './metadata.ts'
import { type PartitionSpec, partitionSpec } from './partition-spec.ts'
import type { Field, FieldType } from './schema.ts'
import { CommitConflict, type IcebergTables, isIcebergTable, MetadataUnreadable } from './tables.ts'
import { type Update, UpdateRefused, updated } from './updates.ts'

interface SchemaInput {
  readonly SchemaId?: number
  readonly IdentifierFieldIds?: number[]
  readonly Fields: { Id: number; Name: string; Type: FieldType; Required: boolean; Doc?: string }[]
}
interface SpecInput {
  readonly SpecId?: number
  readonly Fields: { SourceId: number; Transform: string; Name: string; FieldId?: number }[]
}
interface OrderInput {
  readonly OrderId: number
  readonly Fields: { SourceId: number; Transform: string; Direction: string; NullOrder: string }[]
}
interface IcebergInput {
  readonly Version?: string
  readonly CreateIcebergTableInput?: {
    readonly Location: string
    readonly Schema: SchemaInput
    readonly PartitionSpec?: SpecInput
    readonly WriteOrder?: OrderInput
    readonly Properties?: Readonly<Record<string, string>>
  }
}
interface UpdateInput {
  readonly Action?: string
  readonly Schema: SchemaInput
  readonly PartitionSpec?: SpecInput
  readonly SortOrder?: OrderInput
  readonly Location: string
  readonly Properties?: Readonly<Record<string, string>>
}
interface TableRequest {
  readonly CatalogId?: string
  readonly DatabaseName: string
  readonly Name?: string
  readonly TableInput?: TableInput
  readonly VersionId?: string
  readonly OpenTableFormatInput?: { readonly IcebergInput?: IcebergInput }
  readonly UpdateOpenTableFormatInput?: {
    readonly UpdateIcebergInput?: { readonly UpdateIcebergTableInput: { readonly Updates: UpdateInput[] } }
  }
}

const operations = ['CreateTable', 'UpdateTable']

/**
 * Wraps Glue: its CreateTable and UpdateTable create and change Iceberg tables with their metadata if requested.
 * @param service handles all other requests
 */
export function withOpenTableFormats(
  service: JsonService,
  glue: GlueService,
  tables: IcebergTables,
): JsonService {
  return {
    mostBytes: service.mostBytes,
    async handleText(operation, json, accessKey) {
      const isOpen = operations.includes(operation) && json.includes('OpenTableFormatInput"')
      if (!isOpen) return service.handleText(operation, json, accessKey)
      return { status: 200, text: JSON.stringify(await answered(operation, json)) }
    },
  }

  async function answered(operation: string, json: string): Promise<unknown> {
    const body = requestObject(json)
    if (!body) throw new GlueError('SerializationException', unreadableRequest)
    const request = checkedRequest(operation, body) as TableRequest
    checkCatalogId(request.CatalogId)
    const create = request.OpenTableFormatInput?.IcebergInput
    const update = request.UpdateOpenTableFormatInput?.UpdateIcebergInput
    try {
      if (create) await created(request, create)
      else if (update) await changed(request, update.UpdateIcebergTableInput.Updates)
      else return glue.call(operation, request)
      return {}
    } catch (error) {
      if (error instanceof CommitConflict)
        throw new GlueError('ConcurrentModificationException', error.message)
      if (error instanceof UpdateRefused || error instanceof MetadataUnreadable)
        throw invalidInput(error.message)
      throw error
    }
  }

  async function created(
    { DatabaseName, Name, TableInput }: TableRequest,
    { Version = '2', CreateIcebergTableInput: own }: IcebergInput,
  ): Promise<void> {
    const name = TableInput?.Name ?? Name
    if (name === undefined) throw invalidInput('The name of the table is required: TableInput.Name or Name')
    if (!['1', '2', '3'].includes(Version)) {
      throw invalidInput(`Unsupported Iceberg format version: ${Version}`)
    }
    const table = own ? ofSchema(own) : ofColumns(TableInput)
    const metadata = newMetadata({ ...table, formatVersion: Number(Version) })
    await tables.create(DatabaseName, name.toLowerCase(), metadata, TableInput)
  }

  async function changed(
    { DatabaseName, Name, TableInput, VersionId }: TableRequest,
    updates: readonly UpdateInput[],
  ): Promise<void> {
    const name = TableInput?.Name ?? Name
    if (name === undefined) throw invalidInput('The name of the table is required: TableInput.Name or Name')
    const { Table: entry } = await glue.call<{ Table: { Parameters?: Record<string, string> } }>('GetTable', {
      DatabaseName,
      Name: name,
    })
    if (!isIcebergTable(entry)) throw invalidInput(`Table ${DatabaseName}.${name} is not an Iceberg table`)
    await tables.commit(DatabaseName, name, (metadata, loaded) => {
      if (VersionId !== undefined && VersionId !== loaded.entry.VersionId) {
        const text = 'Update table failed due to concurrent modifications.'
        throw new GlueError('ConcurrentModificationException', text)
      }
      return updated(metadata, updates.flatMap(updatesOf))
    })
  }
}

function ofSchema(input: NonNullable<IcebergInput['CreateIcebergTableInput']>) {
  return {
    location: input.Location,
    fields: schemaFields(input.Schema),
    identifierFieldIds: input.Schema.IdentifierFieldIds,
    spec: input.PartitionSpec && specOf(input.PartitionSpec),
    sortOrder: input.WriteOrder && orderOf(input.WriteOrder),
    properties: input.Properties ?? {},
  }
}

/** A table that is given with Hive columns, its partition keys last. */
function ofColumns(input: TableInput | undefined) {
  const { Columns = [], Location } = input?.StorageDescriptor ?? {}
  if (!Location)
    throw invalidInput('A location is required for an Iceberg table: TableInput.StorageDescriptor.Location')
  if (Columns.length === 0) throw invalidInput('An Iceberg table has at least one column')
  const keys = input?.PartitionKeys ?? []
  const fields = fieldsOf([...Columns, ...keys])
  const transforms = keys.map(({ Name }) => ({ column: Name, function: 'identity' as const }))
  const comment = input?.Description === undefined ? {} : { comment: input.Description }
  return { location: Location, fields, spec: partitionSpec(transforms, fields), properties: comment }
}

const schemaFields = ({ Fields }: SchemaInput): Field[] =>
  Fields.map(({ Id, Name, Type, Required, Doc }) => ({
    ...{ id: Id, name: Name, required: Required, type: Type },
    ...(Doc === undefined ? {} : { doc: Doc }),
  }))

const specOf = ({ SpecId = 0, Fields }: SpecInput): PartitionSpec => ({
  'spec-id': SpecId,
  fields: Fields.map(({ SourceId, Transform, Name, FieldId = 0 }) => ({
    ...{ 'source-id': SourceId, 'field-id': FieldId, name: Name, transform: Transform },
  })),
})

const orderOf = ({ OrderId, Fields }: OrderInput): SortOrder => ({
  'order-id': OrderId,
  fields: Fields.map(({ SourceId, Transform, Direction, NullOrder }) => ({
    ...{ 'source-id': SourceId, transform: Transform, direction: Direction, 'null-order': NullOrder },
  })),
})

/** Without an action the update replaces the whole table. @throws GlueError */
function updatesOf(update: UpdateInput): Update[] {
  const { Action, Schema, PartitionSpec, SortOrder, Location, Properties = {} } = update
  const need = <T>(value: T | undefined, name: string): T => {
    if (value === undefined) throw invalidInput(`${name} is required for the update ${Action}`)
    return value
  }
  const identifiers = Schema.IdentifierFieldIds
  const schema = {
    type: 'struct' as const,
    fields: schemaFields(Schema),
    ...(identifiers?.length ? { 'identifier-field-ids': identifiers } : {}),
  }
  const addSpec = (spec: SpecInput): Update => ({
    action: 'add-spec',
    spec: {
      fields: spec.Fields.map(({ SourceId, Transform, Name, FieldId }) => ({
        ...{ 'source-id': SourceId, name: Name, transform: Transform },
        ...(FieldId === undefined ? {} : { 'field-id': FieldId }),
      })),
    },
  })
  const addOrder = (order: OrderInput): Update => ({ action: 'add-sort-order', 'sort-order': orderOf(order) })
  switch (Action) {
    case undefined:
      return [
        { action: 'add-schema', schema },
        { action: 'set-current-schema', 'schema-id': -1 },
        ...(PartitionSpec
          ? [addSpec(PartitionSpec), { action: 'set-default-spec', 'spec-id': -1 } as const]
          : []),
        ...(SortOrder
          ? [addOrder(SortOrder), { action: 'set-default-sort-order', 'sort-order-id': -1 } as const]
          : []),
        { action: 'set-location', location: Location },
        { action: 'set-properties', updates: Properties },
      ]
    case 'add-schema':
      return [{ action: Action, schema }]
    case 'set-current-schema':
      return [{ action: Action, 'schema-id': need(Schema.SchemaId, 'Schema.SchemaId') }]
    case 'add-spec':
      return [addSpec(need(PartitionSpec, 'PartitionSpec'))]
    case 'set-default-spec':
      return [{ action: Action, 'spec-id': need(PartitionSpec?.SpecId, 'PartitionSpec.SpecId') }]
    case 'add-sort-order':
      return [addOrder(need(SortOrder, 'SortOrder'))]
    case 'set-default-sort-order':
      return [{ action: Action, 'sort-order-id': need(SortOrder, 'SortOrder').OrderId }]
    case 'set-location':
      return [{ action: Action, location: Location }]
    case 'set-properties':
      return [{ action: Action, updates: Properties }]
    case 'remove-properties':
      return [{ action: Action, removals: Object.keys(Properties) }]
    default:
      throw invalidInput(`The update ${Action} is not available here: tables are not encrypted`)
  }
}
