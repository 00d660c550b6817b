// Schemas of a registry: their operations; the versions are in schema-versions.ts.
import { GlueError, invalidInput } from '../api/errors.ts'
import { nextToken, startAfter } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import { arnOf, type CatalogContext, nowSeconds } from '../catalog/context.ts'
import { addTags, deleteTags, type Tags } from '../catalog/tags.ts'
import type { Compatibility } from './compatibility.ts'
import { needRegistry, type RegistryId, registryName } from './registries.ts'
import { type DataFormat, formats } from './schema-format.ts'
import { isoTime, type SchemaId, type SchemaRow, SchemaRows, type VersionNumber } from './schema-rows.ts'
import { addVersion } from './schema-versions.ts'

interface CreateSchema {
  RegistryId?: RegistryId
  SchemaName: string
  DataFormat: DataFormat
  Compatibility?: Compatibility
  Description?: string
  Tags?: Tags
  SchemaDefinition?: string
}

export function schemaOperations(context: CatalogContext): Handlers {
  const { store } = context
  const rows = new SchemaRows(context)
  const named = (row: Pick<SchemaRow, 'registry' | 'name'>) => ({
    RegistryName: row.registry,
    SchemaName: row.name,
    SchemaArn: rows.arn(row),
  })
  const described = (row: SchemaRow) => ({
    ...named(row),
    RegistryArn: arnOf(context, `registry/${row.registry}`),
    DataFormat: row.value.DataFormat,
    Compatibility: row.value.Compatibility,
    ...(row.value.Description === undefined ? {} : { Description: row.value.Description }),
    SchemaCheckpoint: row.value.checkpoint,
    LatestSchemaVersion: rows.versions(row).find(({ status }) => status === 'AVAILABLE')?.version ?? 0,
    NextSchemaVersion: row.value.next,
    SchemaStatus: 'AVAILABLE',
  })
  const times = (row: SchemaRow) => ({ CreatedTime: isoTime(row.created), UpdatedTime: isoTime(row.updated) })

  return {
    CreateSchema(request: CreateSchema) {
      const {
        SchemaName: name,
        DataFormat,
        Compatibility = 'BACKWARD',
        Description,
        SchemaDefinition,
      } = request
      const registry = registryName(request.RegistryId)
      const problem =
        SchemaDefinition === undefined ? undefined : formats[DataFormat].problem(SchemaDefinition)
      if (problem) throw invalidInput(problem)
      return store.transaction(() => {
        needRegistry(context, registry)
        const now = nowSeconds()
        const value = {
          DataFormat,
          Compatibility,
          ...(Description === undefined ? {} : { Description }),
          checkpoint: 1,
          next: 1,
        }
        const { changes } = store.run(
          'INSERT INTO schemas (registry, name, created, updated, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
          registry,
          name,
          now,
          now,
          JSON.stringify(value),
        )
        if (changes === 0) {
          const text = `Schema already exists. SchemaName: ${name}, RegistryName: ${registry}`
          throw new GlueError('AlreadyExistsException', text)
        }
        addTags(context, `schema/${registry}/${name}`, request.Tags)
        const id = { RegistryName: registry, SchemaName: name }
        const first =
          SchemaDefinition === undefined
            ? undefined
            : addVersion(rows, store, rows.find(id), SchemaDefinition)
        return {
          ...described(rows.find(id)),
          ...(request.Tags ? { Tags: request.Tags } : {}),
          ...(first ? { SchemaVersionId: first.id, SchemaVersionStatus: first.status } : {}),
        }
      })
    },

    GetSchema({ SchemaId }: { SchemaId: SchemaId }) {
      const row = rows.find(SchemaId)
      return { ...described(row), ...times(row) }
    },

    ListSchemas({
      RegistryId,
      NextToken,
      MaxResults = 100,
    }: {
      RegistryId?: RegistryId
      NextToken?: string
      MaxResults?: number
    }) {
      const registry = RegistryId ? registryName(RegistryId) : ''
      if (RegistryId) needRegistry(context, registry)
      const found = store.all<{ registry: string; name: string }>(
        `SELECT registry, name FROM schemas WHERE (? = '' OR registry = ?) AND registry || '/' || name > ?
          ORDER BY registry || '/' || name LIMIT ?`,
        registry,
        registry,
        startAfter(NextToken) ?? '',
        MaxResults + 1,
      )
      const page = found.slice(0, MaxResults)
      const last = page.at(-1)
      return {
        Schemas: page.map((names) => {
          const row = rows.find({ RegistryName: names.registry, SchemaName: names.name })
          const { Description } = row.value
          return {
            ...named(row),
            ...(Description === undefined ? {} : { Description }),
            SchemaStatus: 'AVAILABLE',
            ...times(row),
          }
        }),
        ...(found.length > MaxResults ? { NextToken: nextToken(`${last!.registry}/${last!.name}`) } : {}),
      }
    },

    UpdateSchema({
      SchemaId,
      SchemaVersionNumber,
      Compatibility,
      Description,
    }: {
      SchemaId: SchemaId
      SchemaVersionNumber?: VersionNumber
      Compatibility?: Compatibility
      Description?: string
    }) {
      const row = rows.find(SchemaId)
      if (!SchemaVersionNumber && !Compatibility && Description === undefined) {
        throw invalidInput('One of SchemaVersionNumber, Compatibility and Description is required')
      }
      const latest = rows.versions(row).find(({ status }) => status === 'AVAILABLE')?.version
      const checkpoint = SchemaVersionNumber
        ? rows.version({ SchemaId, SchemaVersionNumber }).version
        : latest
      rows.save(row, {
        ...row.value,
        ...(Compatibility ? { Compatibility } : {}),
        ...(Description === undefined ? {} : { Description }),
        ...(checkpoint !== undefined && (Compatibility || SchemaVersionNumber) ? { checkpoint } : {}),
      })
      return named(row)
    },

    DeleteSchema({ SchemaId }: { SchemaId: SchemaId }) {
      const row = rows.find(SchemaId)
      store.run('DELETE FROM schemas WHERE registry = ? AND name = ?', row.registry, row.name)
      deleteTags(context, `schema/${row.registry}/${row.name}`)
      const { SchemaArn, SchemaName } = named(row)
      return { SchemaArn, SchemaName, Status: 'DELETING' }
    },
  }
}
