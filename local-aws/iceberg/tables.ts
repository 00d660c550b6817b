// Iceberg tables of the Data Catalog: Glue's entry names the newest metadata file, and a commit changes that name.
import { randomUUID } from 'node:crypto'
import { GlueError } from '../glue/api/errors.ts'
import { longsFromJson, longsToJson } from '../glue/api/long-json.ts'
import type { GlueService } from '../glue/api/service.ts'
import type { Table, TableInput } from '../glue/api/shapes.ts'
import { icebergColumns } from '../glue/hive/iceberg-type.ts'
import { currentSchema, type TableMetadata, withoutSlash } from './metadata.ts'
import type { TableFiles } from './s3.ts'

/** How often a commit is attempted while others change the same table. */
const mostAttempts = 20

/** The folder of a table's files, below its location. */
const ownFolders = ['data', 'metadata']

/** Other engines' notes about an entry's metadata, which become false with the next commit. */
const enginesNotes = /^trino_table_metadata_/

export interface LoadedTable {
  readonly entry: Table
  readonly metadata: TableMetadata
  readonly metadataLocation: string
}

/** The Data Catalog has an Iceberg table whose metadata is missing or invalid. */
export class MetadataUnreadable extends Error {}

/** Others keep changing the table. */
export class CommitConflict extends Error {}

export interface IcebergTables {
  /** @throws MetadataUnreadable */
  load(entry: Table): Promise<LoadedTable>
  /**
   * Writes the first metadata, then the entry.
   * @param entry the rest of the entry
   * @throws GlueError when a table of that name exists
   */
  create(
    database: string,
    name: string,
    metadata: TableMetadata,
    entry?: Omit<TableInput, 'Name'>,
  ): Promise<LoadedTable>
  /** Registers a table whose metadata exists. @throws GlueError, MetadataUnreadable */
  register(database: string, name: string, metadataLocation: string): Promise<LoadedTable>
  /**
   * Writes changed metadata, and makes it current; if another commit came first, starts again.
   * @param change gets the current metadata; an error that it throws ends the commit
   * @throws GlueError, MetadataUnreadable, CommitConflict
   */
  commit(
    database: string,
    name: string,
    change: (metadata: TableMetadata, loaded: LoadedTable) => TableMetadata,
  ): Promise<LoadedTable>
  /** Gives the entry another name; its files stay where they are. @throws GlueError */
  rename(entry: Table, database: string, name: string): Promise<void>
  /** Removes the table from the catalog, and deletes its files unless they are to be kept. @throws GlueError */
  drop(entry: Table, files?: 'delete' | 'keep'): Promise<void>
}

export function isIcebergTable(entry: Pick<Table, 'Parameters'>): boolean {
  return entry.Parameters?.table_type?.toUpperCase() === 'ICEBERG'
}

export function openIcebergTables(glue: GlueService, files: TableFiles): IcebergTables {
  async function read(metadataLocation: string, name: string): Promise<TableMetadata> {
    const text = await files.read(metadataLocation)
    if (text === undefined)
      throw new MetadataUnreadable(`Metadata not found in metadata location for table ${name}`)
    try {
      return longsFromJson(text) as TableMetadata
    } catch {
      throw new MetadataUnreadable(`Metadata file ${metadataLocation} of table ${name} is no JSON`)
    }
  }

  async function load(entry: Table): Promise<LoadedTable> {
    const { metadata_location: metadataLocation } = entry.Parameters ?? {}
    const name = `${entry.DatabaseName}.${entry.Name}`
    if (!metadataLocation)
      throw new MetadataUnreadable(`Table is missing [metadata_location] property: ${name}`)
    return { entry, metadata: await read(metadataLocation, name), metadataLocation }
  }

  async function entryOf(database: string, name: string): Promise<Table> {
    return (await glue.call<{ Table: Table }>('GetTable', { DatabaseName: database, Name: name })).Table
  }

  async function addEntry(
    database: string,
    name: string,
    metadata: TableMetadata,
    metadataLocation: string,
    own: Omit<TableInput, 'Name'> = {},
  ): Promise<LoadedTable> {
    const input = entryFor(metadata, metadataLocation, undefined, {
      Owner: 'hadoop',
      Retention: 0,
      ...own,
      Name: name,
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [],
    })
    await glue.createTable(database, input)
    return { entry: await entryOf(database, name), metadata, metadataLocation }
  }

  return {
    load,

    async create(database, name, metadata, entry) {
      const metadataLocation = metadataFile(metadata, 0)
      await files.write(metadataLocation, longsToJson(metadata))
      try {
        return await addEntry(database, name, metadata, metadataLocation, entry)
      } catch (error) {
        await files.remove([metadataLocation])
        throw error
      }
    },

    async register(database, name, metadataLocation) {
      const metadata = await read(metadataLocation, `${database}.${name}`)
      return addEntry(database, name, metadata, metadataLocation)
    },

    async commit(database, name, change) {
      for (let attempt = 1; ; attempt++) {
        const loaded = await load(await entryOf(database, name))
        const { entry, metadataLocation: previous } = loaded
        const changed = change(loaded.metadata, loaded)
        if (changed === loaded.metadata) return loaded
        const { metadata, droppedFiles } = withLog(changed, loaded)
        const metadataLocation = metadataFile(metadata, versionOf(previous) + 1)
        await files.write(metadataLocation, longsToJson(metadata))
        try {
          await glue.call('UpdateTable', {
            DatabaseName: database,
            TableInput: entryFor(metadata, metadataLocation, previous, entry),
            VersionId: entry.VersionId,
            SkipArchive: true,
          })
        } catch (error) {
          await files.remove([metadataLocation])
          if (!(error instanceof GlueError && error.type === 'ConcurrentModificationException')) throw error
          if (attempt < mostAttempts) continue
          throw new CommitConflict(`${database}.${name} was changed by others ${mostAttempts} times`)
        }
        await files.remove(droppedFiles)
        return { entry: await entryOf(database, name), metadata, metadataLocation }
      }
    },

    async rename(entry, database, name) {
      await glue.createTable(database, { ...entry, Name: name })
      await glue.dropTable(entry.DatabaseName, entry.Name)
    },

    async drop(entry, kept = 'delete') {
      await glue.dropTable(entry.DatabaseName, entry.Name)
      const location = entry.StorageDescriptor?.Location
      // The files of a resource link are its target's.
      if (kept === 'keep' || !location || entry.TargetTable) return
      // Not the whole location: it may contain other things, such as another table or a bucket's results.
      for (const folder of ownFolders) await files.removeFolder(`${withoutSlash(location)}/${folder}/`)
    },
  }
}

function metadataFile({ location }: TableMetadata, version: number): string {
  return `${location}/metadata/${String(version).padStart(5, '0')}-${randomUUID()}.metadata.json`
}

/** The number at the start of a metadata file's name. */
function versionOf(metadataLocation: string): number {
  const name = metadataLocation.slice(metadataLocation.lastIndexOf('/') + 1)
  return Number(/^v?(\d+)/.exec(name)?.[1] ?? 0)
}

/** The metadata with the previous file in its log, and the files that dropped out of the log and are to be deleted. */
function withLog(
  changed: TableMetadata,
  { metadata: before, metadataLocation }: LoadedTable,
): { metadata: TableMetadata; droppedFiles: string[] } {
  const most = Number(changed.properties['write.metadata.previous-versions-max'] ?? 100)
  const entry = { 'metadata-file': metadataLocation, 'timestamp-ms': before['last-updated-ms'] }
  const log = [...(before['metadata-log'] ?? []), entry]
  const kept = log.slice(Math.max(0, log.length - most))
  const isDeleted = changed.properties['write.metadata.delete-after-commit.enabled'] === 'true'
  return {
    metadata: {
      ...changed,
      'last-updated-ms': Math.max(Date.now(), before['last-updated-ms']),
      'metadata-log': kept,
    },
    droppedFiles: isDeleted
      ? log.slice(0, log.length - kept.length).map((dropped) => dropped['metadata-file'])
      : [],
  }
}

/** Glue's entry of a table, based on its previous one. */
function entryFor(
  metadata: TableMetadata,
  metadataLocation: string,
  previous: string | undefined,
  before: TableInput,
): TableInput {
  const { comment } = metadata.properties
  const kept = Object.entries(before.Parameters ?? {}).filter(
    ([name]) => !enginesNotes.test(name) && name !== 'comment',
  )
  return {
    ...before,
    StorageDescriptor: {
      ...before.StorageDescriptor,
      Columns: icebergColumns(currentSchema(metadata).fields),
      Location: metadata.location,
    },
    Parameters: {
      ...Object.fromEntries(kept),
      ...(comment === undefined ? {} : { comment }),
      table_type: 'ICEBERG',
      metadata_location: metadataLocation,
      ...(previous === undefined ? {} : { previous_metadata_location: previous }),
    },
  }
}
