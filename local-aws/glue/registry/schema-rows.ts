// Schemas and their versions in the store.
import { GlueError, invalidInput } from '../api/errors.ts'
import { arnOf, type CatalogContext } from '../catalog/context.ts'
import type { Compatibility } from './compatibility.ts'
import { registryName } from './registries.ts'
import type { DataFormat } from './schema-format.ts'

export interface SchemaId {
  SchemaArn?: string
  SchemaName?: string
  RegistryName?: string
}
export interface VersionNumber {
  LatestVersion?: boolean
  VersionNumber?: number
}

interface SchemaData {
  DataFormat: DataFormat
  Compatibility: Compatibility
  Description?: string
  /** Versions before it are not compared with new ones. */
  checkpoint: number
  /** Version numbers are never reused. */
  next: number
}
export interface SchemaRow {
  readonly registry: string
  readonly name: string
  readonly created: number
  readonly updated: number
  readonly value: SchemaData
}
export interface VersionRow {
  readonly id: string
  readonly registry: string
  readonly name: string
  readonly version: number
  readonly created: number
  readonly status: 'AVAILABLE' | 'FAILURE'
  readonly definition: string
}

/** The registry's form of times, unlike the rest of Glue. */
export const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString()

export class SchemaRows {
  readonly #context: CatalogContext

  constructor(context: CatalogContext) {
    this.#context = context
  }

  /** The names in a schema id. @throws GlueError InvalidInputException for an id without a name */
  names({ SchemaArn, SchemaName, RegistryName }: SchemaId): { registry: string; name: string } {
    if (SchemaArn !== undefined) {
      const [registry = '', name = ''] = SchemaArn.split('/').slice(-2)
      return { registry, name }
    }
    if (SchemaName === undefined) throw invalidInput('One of SchemaArn and SchemaName is required')
    return { registry: registryName(RegistryName === undefined ? {} : { RegistryName }), name: SchemaName }
  }

  /** @throws GlueError EntityNotFoundException */
  find(id: SchemaId): SchemaRow {
    const { registry, name } = this.names(id)
    const sql = 'SELECT * FROM schemas WHERE registry = ? AND name = ?'
    const row = this.#context.store.one<Omit<SchemaRow, 'value'> & { data: string }>(sql, registry, name)
    if (!row) {
      const text = `Schema is not found. RegistryName: ${registry}, SchemaName: ${name}, SchemaArn: ${id.SchemaArn ?? 'null'}`
      throw new GlueError('EntityNotFoundException', text)
    }
    const { data, ...rest } = row
    return { ...rest, value: JSON.parse(data) }
  }

  save({ registry, name }: SchemaRow, value: SchemaData): void {
    const sql = 'UPDATE schemas SET updated = ?, data = ? WHERE registry = ? AND name = ?'
    this.#context.store.run(sql, Date.now() / 1000, JSON.stringify(value), registry, name)
  }

  arn({ registry, name }: Pick<SchemaRow, 'registry' | 'name'>): string {
    return arnOf(this.#context, `schema/${registry}/${name}`)
  }

  /** Newest first. */
  versions({ registry, name }: Pick<SchemaRow, 'registry' | 'name'>): VersionRow[] {
    const sql = 'SELECT * FROM schema_versions WHERE registry = ? AND name = ? ORDER BY version DESC'
    return this.#context.store.all<VersionRow>(sql, registry, name)
  }

  /** @throws GlueError EntityNotFoundException, InvalidInputException if the request does not identify a version */
  version(request: {
    SchemaId?: SchemaId
    SchemaVersionId?: string
    SchemaVersionNumber?: VersionNumber
  }): VersionRow {
    const { SchemaId, SchemaVersionId, SchemaVersionNumber } = request
    if (SchemaVersionId !== undefined) {
      const sql = 'SELECT * FROM schema_versions WHERE id = ?'
      const row = this.#context.store.one<VersionRow>(sql, SchemaVersionId)
      if (!row) throw versionNotFound(`SchemaVersionId: ${SchemaVersionId}`)
      return row
    }
    if (!SchemaId || !SchemaVersionNumber) {
      throw invalidInput('SchemaVersionId, or SchemaId and SchemaVersionNumber, are required')
    }
    const schema = this.find(SchemaId)
    const { LatestVersion, VersionNumber } = SchemaVersionNumber
    const row = this.versions(schema).find(({ version, status }) =>
      VersionNumber === undefined ? LatestVersion && status === 'AVAILABLE' : version === VersionNumber,
    )
    if (!row) throw versionNotFound(`SchemaName: ${schema.name}, VersionNumber: ${VersionNumber ?? 'latest'}`)
    return row
  }
}

const versionNotFound = (which: string) =>
  new GlueError('EntityNotFoundException', `Schema version is not found. ${which}`)
