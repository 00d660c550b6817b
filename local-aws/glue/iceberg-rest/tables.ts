// Tables of Iceberg's REST protocol: the Iceberg tables of the Data Catalog.
import { randomUUID } from 'node:crypto'
import { newMetadata, type SortOrder, type TableMetadata, withoutSnapshots } from '../../iceberg/metadata.ts'
import type { PartitionSpec } from '../../iceberg/partition-spec.ts'
import { type Requirement, unmet } from '../../iceberg/requirements.ts'
import type { Schema } from '../../iceberg/schema.ts'
import { type IcebergTables, isIcebergTable, type LoadedTable } from '../../iceberg/tables.ts'
import { type Update, updated } from '../../iceberg/updates.ts'
import type { GlueService } from '../api/service.ts'
import type { Table } from '../api/shapes.ts'
import { alreadyExists, badRequest, commitFailed, noSuchNamespace, noSuchTable } from './errors.ts'
import { namespaceName, pageOf } from './namespaces.ts'
import type { RestRequest } from './request.ts'

interface Identifier {
  readonly namespace: unknown
  readonly name: string
}

export function tableOperations(glue: GlueService, tables: IcebergTables, region: string) {
  async function existing(namespace: string, name: string): Promise<Table> {
    const entry = await glue.getTable(namespace, name)
    if (!entry || !isIcebergTable(entry)) throw noSuchTable(namespace, name)
    return entry
  }

  /** The location of a new table that does not name one. @throws RestError */
  async function defaultLocation(namespace: string, name: string): Promise<string> {
    const database = await glue.getDatabase(namespace)
    if (!database) throw noSuchNamespace(namespace)
    if (!database.LocationUri) {
      throw badRequest(
        `Cannot derive a default location: namespace ${namespace} has none. Give the table a location, or the namespace the property location`,
      )
    }
    return `${database.LocationUri.replace(/\/$/, '')}/${name}`
  }

  const loadResult = ({ metadata, metadataLocation }: LoadedTable, { host }: RestRequest) => ({
    'metadata-location': metadataLocation,
    metadata,
    config: clientConfig(host, region),
  })

  return {
    async list({ names: [namespace], query }: RestRequest) {
      if (!(await glue.getDatabase(namespace!))) throw noSuchNamespace(namespace!)
      const found: string[] = []
      let NextToken: string | undefined
      do {
        const page = await glue.tablesPage(namespace!, NextToken === undefined ? {} : { NextToken })
        found.push(...page.TableList.filter(isIcebergTable).map(({ Name }) => Name))
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      const { items, next } = pageOf(found.sort(), query)
      return { identifiers: items.map((name) => ({ namespace: [namespace!], name })), ...next }
    },

    async create(request: RestRequest) {
      const { names, body } = request
      const [namespace] = names as [string]
      const name = text(body.name, 'name').toLowerCase()
      if (await glue.getTable(namespace, name)) throw alreadyExists(`Table ${namespace}.${name}`)
      const location = (body.location as string | undefined) ?? (await defaultLocation(namespace, name))
      const { 'format-version': version = '2', ...properties } = (body.properties ?? {}) as Record<
        string,
        string
      >
      const schema = body.schema as Schema | undefined
      if (!Array.isArray(schema?.fields)) throw badRequest('A table needs a schema')
      if (!['1', '2', '3'].includes(version)) throw badRequest(`Unsupported format version: v${version}`)
      const metadata = newMetadata({
        location,
        fields: schema.fields,
        spec: body['partition-spec'] as PartitionSpec | undefined,
        sortOrder: body['write-order'] as SortOrder | undefined,
        identifierFieldIds: schema['identifier-field-ids'],
        properties,
        formatVersion: Number(version),
      })
      if (body['stage-create'] === true) return { metadata, config: clientConfig(request.host, region) }
      return loadResult(await tables.create(namespace, name, metadata), request)
    },

    async register(request: RestRequest) {
      const [namespace] = request.names as [string]
      const name = text(request.body.name, 'name').toLowerCase()
      const metadataLocation = text(request.body['metadata-location'], 'metadata-location')
      if (await glue.getTable(namespace, name)) throw alreadyExists(`Table ${namespace}.${name}`)
      return loadResult(await tables.register(namespace, name, metadataLocation), request)
    },

    async load(request: RestRequest) {
      const [namespace, name] = request.names as [string, string]
      return loadResult(await tables.load(await existing(namespace, name)), request)
    },

    async check({ names: [namespace, name] }: RestRequest) {
      await existing(namespace!, name!)
    },

    async commit(request: RestRequest) {
      const [namespace, name] = request.names as [string, string]
      const requirements = (request.body.requirements ?? []) as Requirement[]
      const updates = (request.body.updates ?? []) as Update[]
      if (requirements.some(({ type }) => type === 'assert-create')) {
        if (await glue.getTable(namespace, name))
          throw commitFailed('Requirement failed: table already exists')
        const { location, ...metadata } = updated(blankMetadata(updates), updates)
        const target = location || (await defaultLocation(namespace, name))
        return loadResult(
          await tables.create(namespace, name, { location: target, ...metadata } as TableMetadata),
          request,
        )
      }
      await existing(namespace, name)
      const loaded = await tables.commit(namespace, name, (metadata) => {
        for (const requirement of requirements) {
          const why = unmet(metadata, requirement)
          if (why !== undefined) throw commitFailed(why)
        }
        return updates.length === 0 ? metadata : updated(metadata, updates)
      })
      return loadResult(loaded, request)
    },

    async drop({ names: [namespace, name], query }: RestRequest) {
      const entry = await existing(namespace!, name!)
      await tables.drop(entry, query.get('purgeRequested') === 'true' ? 'delete' : 'keep')
    },

    async rename({ body }: RestRequest) {
      const source = (body.source ?? {}) as Identifier
      const destination = (body.destination ?? {}) as Identifier
      const entry = await existing(namespaceName(source.namespace), text(source.name, 'source.name'))
      const namespace = namespaceName(destination.namespace)
      const name = text(destination.name, 'destination.name').toLowerCase()
      if (!(await glue.getDatabase(namespace))) throw noSuchNamespace(namespace)
      if (await glue.getTable(namespace, name)) throw alreadyExists(`Table ${namespace}.${name}`)
      await tables.rename(entry, namespace, name)
    },

    async credentials({ names: [namespace, name] }: RestRequest) {
      await existing(namespace!, name!)
      return { 'storage-credentials': [] }
    },
  }
}

/** The address of the files for clients: the one at which they found the catalog. */
function clientConfig(host: string, region: string): Record<string, string> {
  return {
    's3.endpoint': `http://${host}`,
    's3.path-style-access': 'true',
    's3.region': region,
    'client.region': region,
  }
}

/** The starting point for the updates of a new table: they can only raise the version of its format. */
function blankMetadata(updates: readonly Update[]): TableMetadata {
  return {
    'format-version': updates.some(({ action }) => action === 'upgrade-format-version') ? 1 : 2,
    'table-uuid': randomUUID(),
    location: '',
    'last-sequence-number': 0,
    'last-updated-ms': Date.now(),
    'last-column-id': 0,
    'current-schema-id': -1,
    schemas: [],
    'default-spec-id': -1,
    'partition-specs': [],
    'last-partition-id': 999,
    'default-sort-order-id': -1,
    'sort-orders': [],
    properties: {},
    ...withoutSnapshots(),
  }
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw badRequest(`${name} is missing`)
  return value
}
