// Versions of schemas: registered if compatible, found by id, number or definition; and their metadata.
import { randomUUID } from 'node:crypto'
import { GlueError, invalidInput } from '../api/errors.ts'
import { pageOf, startAfterNumber } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import { type CatalogContext, nowSeconds } from '../catalog/context.ts'
import type { Store } from '../catalog/store.ts'
import { isCompatible } from './compatibility.ts'
import { jsonPatch } from './json-patch.ts'
import { type DataFormat, formats } from './schema-format.ts'
import {
  isoTime,
  type SchemaId,
  type SchemaRow,
  SchemaRows,
  type VersionNumber,
  type VersionRow,
} from './schema-rows.ts'

interface OfVersion {
  SchemaId?: SchemaId
  SchemaVersionId?: string
  SchemaVersionNumber?: VersionNumber
}
interface Metadata {
  MetadataKey?: string
  MetadataValue?: string
}

/** AWS's limit for one version. */
const mostMetadata = 10

/** Adds the next version; an incompatible one is kept with the status FAILURE. */
export function addVersion(
  rows: SchemaRows,
  store: Store,
  schema: SchemaRow,
  definition: string,
): VersionRow {
  const { DataFormat, Compatibility, checkpoint, next } = schema.value
  const earlier = rows
    .versions(schema)
    .filter(({ version, status }) => status === 'AVAILABLE' && version >= checkpoint)
  const isAccepted = isCompatible(
    DataFormat,
    Compatibility,
    definition,
    earlier.map((version) => version.definition),
  )
  const row: VersionRow = {
    id: randomUUID(),
    registry: schema.registry,
    name: schema.name,
    version: next,
    created: nowSeconds(),
    status: isAccepted ? 'AVAILABLE' : 'FAILURE',
    definition,
  }
  store.transaction(() => {
    store.run(
      `INSERT INTO schema_versions (id, registry, name, version, created, status, definition)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[row.id, row.registry, row.name, row.version, row.created, row.status, row.definition],
    )
    rows.save(schema, { ...schema.value, next: next + 1 })
  })
  return row
}

export function schemaVersionOperations(context: CatalogContext): Handlers {
  const { store } = context
  const rows = new SchemaRows(context)
  const schemaOf = (version: VersionRow) =>
    rows.find({ RegistryName: version.registry, SchemaName: version.name })
  const sameDefinition = (schema: SchemaRow, definition: string) => {
    const wanted = comparable(definition)
    return rows
      .versions(schema)
      .find((version) => version.status === 'AVAILABLE' && comparable(version.definition) === wanted)
  }
  const labelled = (version: VersionRow, { MetadataKey, MetadataValue }: Metadata) => ({
    SchemaArn: rows.arn(version),
    SchemaName: version.name,
    RegistryName: version.registry,
    LatestVersion: rows.versions(version).find(({ status }) => status === 'AVAILABLE')?.id === version.id,
    VersionNumber: version.version,
    SchemaVersionId: version.id,
    MetadataKey,
    MetadataValue,
  })

  return {
    CheckSchemaVersionValidity({
      DataFormat,
      SchemaDefinition,
    }: {
      DataFormat: DataFormat
      SchemaDefinition: string
    }) {
      const problem = formats[DataFormat].problem(SchemaDefinition)
      return problem ? { Valid: false, Error: problem } : { Valid: true }
    },

    RegisterSchemaVersion({ SchemaId, SchemaDefinition }: { SchemaId: SchemaId; SchemaDefinition: string }) {
      const schema = rows.find(SchemaId)
      const problem = formats[schema.value.DataFormat].problem(SchemaDefinition)
      if (problem) throw invalidInput(problem)
      const version =
        sameDefinition(schema, SchemaDefinition) ?? addVersion(rows, store, schema, SchemaDefinition)
      return { SchemaVersionId: version.id, VersionNumber: version.version, Status: version.status }
    },

    GetSchemaVersion(request: OfVersion) {
      const version = rows.version(request)
      return {
        SchemaVersionId: version.id,
        SchemaDefinition: version.definition,
        DataFormat: schemaOf(version).value.DataFormat,
        SchemaArn: rows.arn(version),
        VersionNumber: version.version,
        Status: version.status,
        CreatedTime: isoTime(version.created),
      }
    },

    GetSchemaByDefinition({ SchemaId, SchemaDefinition }: { SchemaId: SchemaId; SchemaDefinition: string }) {
      const schema = rows.find(SchemaId)
      const version = sameDefinition(schema, SchemaDefinition)
      if (!version) {
        const text = `Schema version is not found by its definition. SchemaName: ${schema.name}`
        throw new GlueError('EntityNotFoundException', text)
      }
      return {
        SchemaVersionId: version.id,
        SchemaArn: rows.arn(version),
        DataFormat: schema.value.DataFormat,
        Status: version.status,
        CreatedTime: isoTime(version.created),
      }
    },

    GetSchemaVersionsDiff(request: {
      SchemaId: SchemaId
      FirstSchemaVersionNumber: VersionNumber
      SecondSchemaVersionNumber: VersionNumber
    }) {
      const { SchemaId, FirstSchemaVersionNumber, SecondSchemaVersionNumber } = request
      const first = rows.version({ SchemaId, SchemaVersionNumber: FirstSchemaVersionNumber })
      const second = rows.version({ SchemaId, SchemaVersionNumber: SecondSchemaVersionNumber })
      return { Diff: JSON.stringify(jsonPatch(JSON.parse(first.definition), JSON.parse(second.definition))) }
    },

    ListSchemaVersions({
      SchemaId,
      NextToken,
      MaxResults = 100,
    }: {
      SchemaId: SchemaId
      NextToken?: string
      MaxResults?: number
    }) {
      const before = startAfterNumber(NextToken) ?? Number.MAX_SAFE_INTEGER
      const older = rows.versions(rows.find(SchemaId)).filter(({ version }) => version < before)
      const { rows: page, next } = pageOf(older, MaxResults, ({ version }) => String(version))
      return {
        Schemas: page.map((version) => ({
          SchemaArn: rows.arn(version),
          SchemaVersionId: version.id,
          VersionNumber: version.version,
          Status: version.status,
          CreatedTime: isoTime(version.created),
        })),
        ...next,
      }
    },

    DeleteSchemaVersions({ SchemaId, Versions }: { SchemaId: SchemaId; Versions: string }) {
      const schema = rows.find(SchemaId)
      const [from = 0, to = from] = Versions.split('-').map(Number)
      const wanted = rows.versions(schema).filter(({ version }) => version >= from && version <= to)
      const SchemaVersionErrors: object[] = []
      for (const { id, version } of wanted.reverse()) {
        if (version === schema.value.checkpoint) {
          const ErrorMessage = `Version ${version} is the checkpoint of the schema and cannot be deleted`
          SchemaVersionErrors.push({
            VersionNumber: version,
            ErrorDetails: { ErrorCode: 'InvalidInputException', ErrorMessage },
          })
        } else store.run('DELETE FROM schema_versions WHERE id = ?', id)
      }
      return { SchemaVersionErrors }
    },

    PutSchemaVersionMetadata({ MetadataKeyValue: pair, ...of }: OfVersion & { MetadataKeyValue: Metadata }) {
      const version = rows.version(of)
      const { MetadataKey: key = '', MetadataValue: value = '' } = pair
      const there = store.all<{ key: string; value: string }>(
        'SELECT key, value FROM schema_metadata WHERE version_id = ?',
        version.id,
      )
      if (there.some((other) => other.key === key && other.value === value)) {
        throw new GlueError('AlreadyExistsException', `Metadata ${key} with this value already exists.`)
      }
      if (there.length >= mostMetadata) {
        throw new GlueError(
          'ResourceNumberLimitExceededException',
          `A schema version has at most ${mostMetadata} metadata pairs`,
        )
      }
      const sql = 'INSERT INTO schema_metadata (version_id, key, value, created) VALUES (?, ?, ?, ?)'
      store.run(sql, version.id, key, value, nowSeconds())
      return labelled(version, pair)
    },

    RemoveSchemaVersionMetadata({
      MetadataKeyValue: pair,
      ...of
    }: OfVersion & { MetadataKeyValue: Metadata }) {
      const version = rows.version(of)
      const sql = 'DELETE FROM schema_metadata WHERE version_id = ? AND key = ? AND value = ?'
      if (store.run(sql, version.id, pair.MetadataKey ?? '', pair.MetadataValue ?? '').changes === 0) {
        throw new GlueError('EntityNotFoundException', `Metadata ${pair.MetadataKey} is not found.`)
      }
      return labelled(version, pair)
    },

    QuerySchemaVersionMetadata({ MetadataList = [], ...of }: OfVersion & { MetadataList?: Metadata[] }) {
      const version = rows.version(of)
      const all = store.all<{ key: string; value: string; created: number }>(
        'SELECT key, value, created FROM schema_metadata WHERE version_id = ? ORDER BY key, created DESC',
        version.id,
      )
      const wanted = all.filter(({ key, value }) =>
        MetadataList.every(
          ({ MetadataKey, MetadataValue }) =>
            (MetadataKey ?? key) === key && (MetadataValue ?? value) === value,
        ),
      )
      const MetadataInfoMap: Record<string, { OtherMetadataValueList: object[] }> = {}
      for (const { key, value, created } of wanted) {
        const info = { MetadataValue: value, CreatedTime: isoTime(created) }
        const known = MetadataInfoMap[key]
        if (known) known.OtherMetadataValueList.push(info)
        else MetadataInfoMap[key] = { ...info, OtherMetadataValueList: [] }
      }
      return { MetadataInfoMap, SchemaVersionId: version.id }
    },
  }
}

/** A change of white space alone makes no new version. */
function comparable(definition: string): string {
  try {
    return JSON.stringify(JSON.parse(definition))
  } catch {
    return definition
  }
}
